package krunk

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/session"
)

// closeGrace is what a transport has to return in after its context ended, where the time of Close is over.
const closeGrace = 100 * time.Millisecond

// life is what Close ends.
type life struct {
	_         [0]func() // no code to compare it
	after     afterlife // immutable after Start
	closed    atomic.Bool
	closing   sync.Once
	delivered bool // immutable after closing
	sessions  session.Life
	session   *session.Life // sessions, nil where servers are told of none; immutable after Start
	say       say
	progress  notify.Signal // of recorder, sender and what is below
	run       *run          // owned by who took idle, at first by Close
	idle      atomic.Bool   // the goroutines have ended and nobody runs them again
}

// run is both goroutines.
type run struct {
	_    [0]func() // no code to compare it
	left atomic.Uint32
}

func (r *run) ended() bool { return r.left.Load() == 0 }

// Flush waits until everything that was captured before the call was delivered or counted as dropped, for at most d, and what runs that
// died have left in Config.RunFile as well. It reports false when the time ran out, and at once where Consent holds something back. A pause after a failed attempt ends early, once a
// second at most, but not one that the server asked for.
func (c *Client) Flush(d time.Duration) bool {
	if c == nil {
		return true
	}
	c.parts.take()
	limit := c.limit(d)
	done := c.flush(limit) && (c.sender == nil || c.denied() || c.sender.FlushHeirs(limit))
	limit.Stop()
	return done
}

// Online says that there is a network again: a pause ends, once a second at most, and what runs that died have left is sent now. It
// never blocks.
func (c *Client) Online() {
	if c != nil && c.sender != nil {
		c.sender.Online()
	}
}

// limit is over after d, or soon where nothing may be sent: then what is captured is encoded, as far as there is room.
func (c *Client) limit(d time.Duration) *notify.Limit {
	if c.held() {
		d = min(d, closeGrace)
	}
	return c.progress.Limit(d)
}

func (c *Client) flush(limit *notify.Limit) bool {
	if !c.recorder.Flush(limit, c.ring.Head()) {
		return false
	}
	return c.sender == nil || c.sender.Flush(limit)
}

// Close stops capturing, ends the session, flushes for at most d, and ends both goroutines; it reports what Flush reported. Later calls of any
// method do nothing, and Close reports the same again. A panic that meets a closed Client is the exception: it is reported on
// the time of who recovers it, so the order of `defer client.Close(d)` and `defer client.Repanic()` decides nothing. A
// transport that does not return when its context ends is left behind, and so is a controller's storage that takes longer
// than d.
func (c *Client) Close(d time.Duration) bool {
	if c == nil {
		return true
	}
	c.closing.Do(func() {
		begin := time.Now()
		c.parts.take()
		stored := c.shut()
		panics := panicking()
		if !panics && !c.denied() { // who has said no has no session, which nobody would take
			c.session.End(session.Exited, 0)
		}
		limit := c.limit(d)
		c.delivered = c.flush(limit)
		limit.Stop()
		c.await(stored.Load, remains(d, begin))
		r := c.rest()
		c.await(r.ended, max(remains(d, begin), closeGrace))
		bits := blackbox.StateClean
		if panics { // what it dies of is written behind the block
			bits = 0
		}
		if c.delivered {
			bits |= blackbox.StateDrained
		}
		c.mark(bits, 0)
		switch run := c.after.living(); {
		case run == nil:
		case r.ended() && !panics && c.holdsNothing():
			run.Remove()
		case run.Leave != nil:
			run.Leave()
		}
	})
	return c.delivered
}

// holdsNothing reports whether nothing is left that a next start could send.
func (c *Client) holdsNothing() bool {
	if c.outbox == nil {
		return true
	}
	events, logs := c.recorder.Left()
	n, _, _ := c.outbox.Usage()
	return uint64(n)+events+logs == 0
}

// panicking reports whether a deferred function calls, as a panic unwinds: then it is not known yet how the session ends.
func panicking() bool {
	return onStack("runtime.gopanic")
}

// onStack reports whether the name of a function that calls begins with one of these.
//
//go:noinline
func onStack(names ...string) bool {
	var pcs [record.MaxPCs]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		for _, name := range names {
			if len(f.Function) >= len(name) && f.Function[:len(name)] == name {
				return true
			}
		}
		if !more {
			return false
		}
	}
}

// shut closes the gates and the controller. What it returns becomes true when the controller has stored its policy, which may
// take as long as the game's storage does: nothing waits for that with c.mu held.
func (c *Client) shut() *atomic.Bool {
	c.mu.Lock()
	c.closed.Store(true)
	c.mark(blackbox.StateClosing, 0)
	c.watchdog.Call()
	ctl := c.controls.Hooks()
	for _, ch := range c.channels {
		ch.gate.Set(gate.Off())
	}
	c.mu.Unlock()
	stored := new(atomic.Bool)
	if ctl == nil {
		stored.Store(true)
		return stored
	}
	go func() {
		ctl.Close(ctl.Owner) // shuts the gates again: a policy may have come in between
		stored.Store(true)
		c.progress.Broadcast()
	}()
	return stored
}

// work runs both goroutines. It is called by Start and by who took idle.
func (c *Client) work() {
	r := new(run)
	c.run = r
	r.left.Store(1)
	if c.sender != nil {
		r.left.Store(2)
		go c.goes(r, c.sender.Work)
	}
	go c.goes(r, c.recorder.Work)
}

// goes is one of the goroutines of a run. Once both have ended, somebody else may run them.
func (c *Client) goes(r *run, work func()) {
	if c.guard != nil {
		c.guard.Hold()
	}
	defer func() {
		if r.left.Add(^uint32(0)) == 0 { // one less
			c.idle.Store(true)
			c.progress.Broadcast()
		}
	}()
	work()
}

// rest tells both goroutines to end and returns their run.
func (c *Client) rest() *run {
	r := c.run
	c.recorder.Stop()
	if c.sender != nil {
		c.sender.Stop()
	}
	return r
}

// deliver is Flush with Config.Panics.Wait, for a panic that is about to kill the program or meets a closed client. Where Close
// has ended the goroutines, or does so meanwhile, they run again for as long as this waits; crashes are sent before all else.
// A transport that never came back from Close keeps its goroutine, and with it the turn.
func (c *Client) deliver() {
	wait := c.plan.Panics.Wait
	if wait <= 0 {
		return
	}
	begin, limit := time.Now(), c.limit(wait)
	defer limit.Stop()
	if c.flush(limit) || !c.closed.Load() || c.sender == nil {
		return
	}
	if !c.progress.Wait(limit, func() bool { return c.idle.CompareAndSwap(true, false) }) {
		return
	}
	c.recorder.Resume()
	c.sender.Resume()
	c.work()
	c.flush(limit)
	c.await(c.rest().ended, min(remains(wait, begin), closeGrace))
}

// remains returns how much of d is left that began then, in one place: reading the clock is some 50 bytes in each.
//
//go:noinline
func remains(d time.Duration, begin time.Time) time.Duration { return d - time.Since(begin) }

// await waits until done, for at most d.
func (c *Client) await(done func() bool, d time.Duration) {
	limit := c.progress.Limit(max(d, 0))
	c.progress.Wait(limit, done)
	limit.Stop()
}
