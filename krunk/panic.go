package krunk

import (
	"runtime"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/sampling"
)

// Recover reports a panic and lets the program go on behind the deferring function: `defer client.Recover()` in a frame
// drops the frame, not the game. It must be deferred itself, not called by a deferred function. On a nil or closed Client it
// still recovers, so that a game behaves the same with and without reporting.
func (c *Client) Recover() {
	if v := recover(); v != nil {
		c.capturePanic(v)
	}
}

// Repanic reports a panic, gives the sender Config.PanicWait to deliver it, and lets the panic go its way unchanged. It must
// be deferred itself. For main and for goroutines whose panic shall kill the program as it would have without Krunk.
func (c *Client) Repanic() {
	if v := recover(); v != nil {
		c.capturePanic(v)
		c.lastFlush()
		panic(v)
	}
}

// CapturePanic reports v, the result of recover() in another deferred function, and returns the event's id. It must be
// called before that function returns, as the stack of the panic is gone then. A nil v is ignored.
func (c *Client) CapturePanic(v any) EventID {
	if v == nil {
		return EventID{}
	}
	return c.capturePanic(v)
}

// Go starts f in a goroutine whose panic is reported before it kills the program; see Repanic.
func (c *Client) Go(f func()) {
	go func() {
		defer c.Repanic()
		f()
	}()
}

// capturePanic takes the stack that is still there below the deferred function. Panics ignore thresholds.
func (c *Client) capturePanic(v any) EventID {
	if c == nil || c.closed.Load() {
		return EventID{}
	}
	ppm := uint32(sampling.Million)
	if ctl := c.control.Load(); ctl != nil {
		if !ctl.panics() {
			return EventID{}
		}
		ppm = ctl.panicsPPM()
	}
	var errs chain
	errs.panicValue(v)
	h := c.own.head(record.PanicType, LevelFatal)
	h.PPM = ppm
	h.Gid = goroutine()
	return c.own.event(2, blackbox.Fatal, &h, "", errs.list(&h), nil)
}

// goroutine returns the number of the calling goroutine, which only the first line of a stack trace tells; 0 if it does
// not. Some microseconds, so for panics only. It does not allocate.
func goroutine() uint64 {
	var buf [64]byte
	var id uint64
	for _, b := range buf[len("goroutine "):runtime.Stack(buf[:], false)] {
		if b < '0' || b > '9' {
			break
		}
		id = id*10 + uint64(b-'0')
	}
	return id
}
