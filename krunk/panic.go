package krunk

import (
	"runtime"
	"sync/atomic"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/session"
)

// Recover reports a panic and lets the program go on behind the deferring function: `defer client.Recover()` in a frame
// drops the frame, not the game. It must be deferred itself, not called by a deferred function. On a nil Client it still
// recovers, so that a game behaves the same with and without reporting. On a closed Client it waits for the delivery, for at
// most Config.Panics.Wait.
func (c *Client) Recover() {
	if v := recover(); v != nil {
		c.ReportPanic(v)
	}
}

// Recover is Client.Recover for a panic of this channel: the event carries the channel, its attributes of With, and attrs.
// `defer match.Recover()` says in which match a game server panicked.
func (c *Channel) Recover(attrs ...Attr) {
	if v := recover(); v != nil {
		c.ReportPanic(v, attrs...)
	}
}

// Repanic reports a panic, gives the sender Config.Panics.Wait to deliver it, and lets the panic go its way unchanged. It must
// be deferred itself. For main and for goroutines whose panic is to kill the program as it would have without Krunk: its session
// ends as crashed.
func (c *Client) Repanic() {
	if v := recover(); v != nil {
		c.main().dying(v, nil)
		panic(v)
	}
}

// Repanic is Client.Repanic for a panic of this channel: the event carries the channel, its attributes of With, and attrs.
func (c *Channel) Repanic(attrs ...Attr) {
	if v := recover(); v != nil {
		c.dying(v, attrs)
		panic(v)
	}
}

// ReportPanic reports v, the result of recover() in a deferred function of the game's own, and returns the event's id, for
// instance for a crash screen. It must be called before that function returns, as the stack of the panic is gone then. A nil
// v is ignored, and so is one that Config.Code names as no crash. Panics ignore thresholds. On a closed Client it waits as
// Recover does.
func (c *Client) ReportPanic(v any, attrs ...Attr) EventID {
	return c.main().ReportPanic(v, attrs...)
}

// ReportPanic is Client.ReportPanic for a panic of this channel: the event carries the channel, its attributes of With, and
// attrs.
func (c *Channel) ReportPanic(v any, attrs ...Attr) EventID {
	if c == nil || v == nil || c.owner().plan.Code.sentinel(v, &c.owner().repeats.types) {
		return EventID{}
	}
	return c.reportPanic(v, attrs)
}

// Go starts f in a goroutine whose panic is reported before it kills the program; see Repanic. A sentinel of Config.Code is
// reported as well, since nothing above f could take it as the end of a call.
func (c *Client) Go(f func()) { c.main().Go(f) }

// Go is Client.Go for a goroutine of this channel: the event of its panic carries the channel and its attributes of With.
func (c *Channel) Go(f func()) {
	go func() {
		defer func() {
			if v := recover(); v != nil {
				c.lastWords(v, nil)
				panic(v)
			}
		}()
		f()
	}()
}

// main returns the client's own channel.
func (c *Client) main() *Channel {
	if c == nil {
		return nil
	}
	return c.own
}

// dying is lastWords unless v is a sentinel, which goes on at once: the framework that catches it waits.
func (c *Channel) dying(v any, attrs []Attr) {
	if c != nil && !c.owner().plan.Code.sentinel(v, &c.owner().repeats.types) {
		c.lastWords(v, attrs)
	}
}

// lastWords reports a panic that is about to kill the program and gives it time to be delivered.
func (c *Channel) lastWords(v any, attrs []Attr) {
	if c == nil {
		return
	}
	c.owner().session.End(session.Crashed, c.owner().ring.Head())
	id := c.capturePanic(v, attrs, true)
	if !id.IsZero() || !c.owner().closed.Load() {
		c.owner().deliver()
	}
	if c.owner().diary != nil {
		_, wanted := c.owner().controls.Panics()
		refused := id.IsZero() && !wanted
		if c.owner().missed.has(id) { // it depended on its kind
			id, refused = EventID{}, true
		}
		c.owner().diary.Dies(id, c.owner().header.goroutine(), c.owner().now(), refused)
	}
	if run := c.owner().after.living(); run != nil && run.Leave != nil {
		run.Leave()
	}
}

// reportPanic leaves the delivery to the background; where Close has ended that, it delivers on the caller's own time, unless the
// panic is one of too many of its kind and nothing new is there. Closed is looked at last: what was captured before Close is
// flushed by Close.
func (c *Channel) reportPanic(v any, attrs []Attr) EventID {
	before := c.owner().ring.Head()
	id := c.capturePanic(v, attrs, false)
	if c.owner().closed.Load() && c.owner().ring.Head() != before {
		c.owner().deliver()
	}
	return id
}

// capturePanic takes the stack that is still there below the deferred function. Panics ignore thresholds. The last
// one is that of which the program dies.
func (c *Channel) capturePanic(cause any, attrs []Attr, last bool) EventID {
	if c.owner().denied() || c.owner().closed.Load() && (c.owner().plan.Panics.Wait <= 0 || c.owner().sender == nil) {
		return EventID{}
	}
	ppm, doubt, wanted := c.owner().controls.PanicShare()
	v := gate.Issue
	if !wanted {
		if v |= gate.Doubt | gate.Outside; !doubt {
			return EventID{}
		}
	}
	r := capture{Head: record.Head{Type: record.PanicType, Level: int16(LevelFatal), PPM: ppm}, attrs: attrs, last: last}
	return c.raise(v, &r, cause)
}

// header is room for the first line of a stack trace. The runtime's Stack makes its argument escape, so it lies in the Client.
type header struct {
	_    [0]func() // no code to compare it
	busy atomic.Bool
	buf  [64]byte // owned by who has set busy
}

// goroutine returns the number of the calling goroutine, which only the first line of a stack trace tells; 0 if it does not. Some
// microseconds, so for panics only. It allocates where two goroutines panic at the same moment, and else does not.
func (h *header) goroutine() (id uint64) {
	if !h.busy.CompareAndSwap(false, true) {
		h = new(header)
	}
	defer h.busy.Store(false)
	for _, b := range h.buf[len("goroutine "):runtime.Stack(h.buf[:], false)] {
		if b < '0' || b > '9' {
			break
		}
		id = id*10 + uint64(b-'0')
	}
	return id
}
