package krunk

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/notify"
)

// closeGrace is what a transport has to return in after its context ended.
const closeGrace = 100 * time.Millisecond

// life is what Close ends.
type life struct {
	_         [0]func() // no code to compare it
	closed    atomic.Bool
	closing   sync.Once
	delivered bool          // immutable after closing
	stop      chan struct{} // ends the recorder's goroutine when closed; owned by who took idle, at first by Close
	done      chan struct{} // gets something from each goroutine that has ended
	idle      chan struct{} // holds a token while Close has ended the goroutines and nobody runs them again
}

// Flush waits until everything that was captured before the call was delivered or counted as dropped, for at most d. It
// reports false when the time ran out. A pause after a failed attempt ends early, once a second at most, but not one that the server
// asked for.
func (c *Client) Flush(d time.Duration) bool {
	if c == nil {
		return true
	}
	c.parts.take()
	timeout := make(chan struct{})
	t := time.AfterFunc(d, func() { close(timeout) })
	done := c.flush(timeout)
	t.Stop()
	return done
}

func (c *Client) flush(timeout <-chan struct{}) bool {
	if !c.recorder.Flush(timeout, c.ring.Head()) {
		return false
	}
	return c.sender == nil || c.sender.Flush(timeout)
}

// Close stops capturing, flushes for at most d, and ends both goroutines; it reports what Flush reported. Later calls of any
// method do nothing, and Close reports the same again. A panic that meets a closed Client is the exception: it is reported on
// the time of who recovers it, so the order of `defer client.Close(d)` and `defer client.Repanic()` decides nothing. A
// transport that does not return when its context ends is left behind, and so is a controller's storage that takes longer
// than d.
func (c *Client) Close(d time.Duration) bool {
	if c == nil {
		return true
	}
	c.closing.Do(func() {
		deadline := time.Now().Add(d)
		c.parts.take()
		stored := c.shut()
		c.delivered = c.Flush(d)
		await(stored, time.Until(deadline))
		await(c.rest(), closeGrace)
	})
	return c.delivered
}

// shut closes the gates and the controller. The channel that it returns is closed when the controller has stored its policy,
// which may take as long as the game's storage does: nothing waits for that with c.mu held.
func (c *Client) shut() <-chan struct{} {
	c.mu.Lock()
	c.closed.Store(true)
	ctl := c.controls.Hooks()
	for _, ch := range c.channels {
		ch.gate.Set(gate.Off())
	}
	c.mu.Unlock()
	stored := make(chan struct{})
	if ctl == nil {
		close(stored)
		return stored
	}
	go func() {
		ctl.Close() // shuts the gates again: a policy may have come in between
		close(stored)
	}()
	return stored
}

// work runs both goroutines. It is called by Start and by who took idle.
func (c *Client) work() {
	stop := make(chan struct{})
	c.stop = stop
	go func() {
		defer c.ended()
		c.recorder.Work(stop)
	}()
	if c.sender != nil {
		go func() {
			defer c.ended()
			c.sender.Work()
		}()
	}
}

func (c *Client) ended() { c.done <- struct{}{} }

// rest ends both goroutines. The channel that it returns is closed when they have ended; then somebody else may run them.
func (c *Client) rest() <-chan struct{} {
	close(c.stop)
	if c.sender != nil {
		c.sender.Stop()
	}
	ended := make(chan struct{})
	go func() {
		<-c.done
		if c.sender != nil {
			<-c.done
		}
		c.idle <- struct{}{}
		close(ended)
	}()
	return ended
}

// deliver is Flush with Config.PanicWait, for a panic that is about to kill the program or meets a closed client. Where Close
// has ended the goroutines, or does so meanwhile, they run again for as long as this waits; crashes are sent before all else.
// A transport that never came back from Close keeps its goroutine, and with it the turn.
func (c *Client) deliver() {
	wait := c.plan.PanicWait
	if wait <= 0 {
		return
	}
	deadline, timeout := time.Now().Add(wait), make(chan struct{})
	t := time.AfterFunc(wait, func() { close(timeout) })
	defer t.Stop()
	if c.flush(timeout) || !c.closed.Load() || c.sender == nil {
		return
	}
	select {
	case <-c.idle:
	case <-timeout:
		return
	}
	c.recorder.Resume()
	c.sender.Resume()
	c.work()
	c.flush(timeout)
	await(c.rest(), min(time.Until(deadline), closeGrace))
}

// await waits until done is closed, for at most d.
func await(done <-chan struct{}, d time.Duration) {
	limit := notify.NewAlarm()
	limit.Set(max(d, 0))
	select {
	case <-done:
	case <-limit.C():
	}
	limit.Stop()
}
