package krunk

import (
	"runtime"
	"slices"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/record"
)

// A transport may log, and its log may be a bridge to Krunk. What is captured inside of Transport.Send, and of Config.BeforeSend, is history at
// most: an event or a log record of it would be sent, which captures the next one.

// inside reports whether anything runs inside of the game's code that Krunk calls as it sends.
func (c *Client) inside() bool {
	return c.sender != nil && (c.sender.Inside() != 0 || c.hook != nil && c.hook.Inside() != 0)
}

// insideHere reports whether the calling goroutine is inside of it. A log record pays for this walk only while something is being sent.
func (c *Client) insideHere() bool { return c.insideOf(nil) }

// insideOf is insideHere for a stack that was taken already, nil if it was not.
//
//go:noinline
func (c *Client) insideOf(pcs []uintptr) bool {
	places := [2]uintptr{c.sender.Inside()}
	if c.hook != nil {
		places[1] = c.hook.Inside()
	}
	for _, at := range places {
		switch {
		case at == 0:
		case pcs != nil && slices.Contains(pcs, at), pcs == nil && !c.walker.Without(at) && insideCalled(at):
			return true
		}
	}
	return false
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

// demote keeps as history what would have been an event.
//
//go:noinline
func (c *Channel) demote(v gate.Verdict, base *capture, cause any) EventID {
	r := *base
	err, _ := cause.(error)
	c.back(v, &r)
	switch {
	case r.Type == record.PanicType:
		r.Flags |= record.FlagTrail
		c.owner().stamp(&r)
		c.putChain(blackbox.History, &r, cause, nil)
	case v&gate.Trail != 0:
		c.owner().stamp(&r)
		c.keep(gate.Trail, &r, err)
	}
	return EventID{}
}
