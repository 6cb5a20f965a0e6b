package plan

import "github.com/krunk-go/krunk/internal/gate"

// PullMark is how a client names a request that it has answered: 32 bits of a hash of the request's id, never 0.
func PullMark(id string) uint32 { return uint32(PullKey(id)) | 1 }

// PullKey is under which a client remembers a request.
func PullKey(id string) uint64 { return gate.Sum64([]byte("pull " + id)) }
