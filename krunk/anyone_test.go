package krunk

import "github.com/krunk-go/krunk/internal/recorder"

// anyones returns a client that may be told of nested values.
func anyones() *Client { return &Client{uses: recorder.Uses{Nested: new(recorder.Nested)}} }
