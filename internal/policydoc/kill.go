package policydoc

import (
	"fmt"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// KillHolds is how long a kill switch holds over a policy that has an end, and so may need one for its signature: when a policy
// ends clients report again as they were compiled, which nobody means who stops everything.
const KillHolds = 10 * 365 * 24 * time.Hour

// Kill is the kill switch alone, for a policy that is wrong elsewhere or has no room for one member more: mistakes must not keep it from
// being thrown. Panics is the text of that member, nil if there is none; whether crashes are sent stays as it was.
func Kill(v sampling.Version, now time.Time, by, note, salt string, panics []byte) []byte {
	b := fmt.Sprintf("{\n  \"krunk\": 1, \"epoch\": %d, \"version\": %d, \"issued\": %s,\n  \"author\": %s, \"note\": %s,\n  \"enabled\": false",
		v.Epoch, v.N, Stamp(now), Quote(by), Quote(note))
	if panics != nil {
		b += ",\n  \"panics\": " + string(panics)
	}
	if salt != "" {
		b += ",\n  \"salt\": " + Quote(salt)
	}
	return []byte(b + ",\n  \"expires\": " + Stamp(now.Add(KillHolds)) + "\n}\n")
}

// Following returns the version after v.
func Following(v sampling.Version) sampling.Version {
	if v == (sampling.Version{}) || v.N == 1<<53-1 {
		return sampling.Version{Epoch: v.Epoch + 1, N: 1}
	}
	return sampling.Version{Epoch: v.Epoch, N: v.N + 1}
}
