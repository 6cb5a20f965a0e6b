package krunk

import (
	"runtime"
	"slices"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/record"
)

// A transport may log, and its log may be a bridge to Krunk. What is captured inside of Transport.Send is history at most: an event
// or a log record of it would be sent, which captures the next one.

// inside returns a return address that is on the stack of what runs inside of Transport.Send, 0 while nothing does.
func (c *Client) inside() uintptr {
	if c.sender == nil {
		return 0
	}
	return c.sender.Inside()
}

// insideHere reports whether the calling goroutine is inside of Transport.Send. A log record pays for this walk only while
// something is being sent.
//
//go:noinline
func (c *Client) insideHere() bool {
	at := c.inside()
	return at != 0 && !c.walker.Without(at) && insideCalled(at)
}

//go:noinline
func insideCalled(at uintptr) bool {
	var pcs [fewPCs]uintptr
	n := runtime.Callers(self, pcs[:])
	if n == len(pcs) {
		return insideDeep(at)
	}
	return slices.Contains(pcs[:n], at)
}

//go:noinline
func insideDeep(at uintptr) bool {
	var pcs [record.MaxPCs]uintptr
	return slices.Contains(pcs[:runtime.Callers(self, pcs[:])], at)
}

// inside is Client.insideHere for a capture that may have its stack already.
func (r *capture) inside(c *Client) bool {
	at := c.inside()
	if at == 0 || r.pcs == nil {
		return at != 0 && c.insideHere()
	}
	return slices.Contains(r.pcs, at)
}

// demote keeps as history what would have been an event.
//
//go:noinline
func (c *Channel) demote(v gate.Verdict, base *capture, cause any) EventID {
	r := *base
	err, _ := cause.(error)
	switch {
	case r.Type == record.PanicType:
		r.Flags |= record.FlagTrail
		c.client.stamp(&r)
		c.putChain(blackbox.History, &r, cause, nil)
	case v&gate.Trail != 0:
		c.client.stamp(&r)
		c.keep(gate.Trail, &r, err)
	}
	return EventID{}
}
