package krunk

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

// Consent is what the player says to reports.
type Consent uint8

// The answers. Ask is none yet.
const (
	Granted Consent = iota // reports are captured and sent
	Ask                    // they are captured and kept, and nothing leaves the device
	Denied                 // nothing is captured
)

// say is what the player has said.
type say struct {
	_       [0]func() // no code to compare it
	state   atomic.Uint32
	noes    atomic.Uint32  // how often the player has said no
	mu      sync.Mutex     // one change after the other
	install unsafe.Pointer // *string, atomic; id of the installation, nil if there is none
	forgot  atomic.Bool    // LastRun knows nothing any more
	behind
}

// behind is what was said from inside of code of the game's that Krunk called, and is still to be done.
type behind struct {
	_     [0]func() // no code to compare it
	queue sync.Mutex
	said  []Consent // guarded by queue; in this order
}

// Answer returns what holds: Ask where the player has not been asked yet. It never blocks and does not allocate.
func (c *Client) Answer() Consent {
	if c == nil {
		return Granted
	}
	return Consent(c.say.state.Load())
}

// held reports whether nothing may leave the device.
func (c *Client) held() bool { return c.say.state.Load() != uint32(Granted) }

// denied reports whether nothing is captured.
//
//go:noinline
func (c *Client) denied() bool { return c.say.state.Load() == uint32(Denied) }

// mostConsent is how long Consent waits for the recorder, which may be in the game's own code, and for the transport.
const mostConsent = 2 * time.Second

// Consent says what the player wants from now on; it may be called as often as the player likes, and channels and all else go on working.
//
// Denied: nothing more is captured, and what there is goes, from memory and from disk: the ring, history, tags, user and contexts, what was
// written into a Ring, all that waits to be sent, log records, sessions, losses, what is known of the last run, the crash output, the install id, and the files of all runs
// that no other program holds. What is under way is cut off, and connections that the transport keeps are closed. Sources of policies rest
// (sampling.Controller.Run).
//
// Granted: what was kept since Start, or since Ask, is sent, also what runs that died have left. After Denied it begins anew: tags, user and
// contexts are to be set again, and there is another install id.
//
// Ask: what is captured from now on is kept, and nothing leaves the device, neither reports nor sessions, client reports or Probe.
//
// With Config.RunFile the answer is kept there, in one small file, and holds for the next Start whatever Config.Consent says; Ask takes it back. It takes
// locks, writes to disk, and waits for at most 2 s until what is under way has ended: call it outside of the frame loop. The error says
// that the answer could not be kept, or that it waits for somebody: then it holds all the same, but for what it says.
//
// From inside of what Krunk calls (Config.BeforeSend, the transport, an Attachment's Read, a runfile.Store) it returns at once, with an error that says
// so: nothing leaves any more and no new record is made where the answer is a no, and the rest is done as that returns.
func (c *Client) Consent(answer Consent) error {
	if c == nil {
		return nil
	}
	if answer > Denied {
		return errors.New("krunk: Consent: there is no such answer; say krunk.Granted, krunk.Denied or krunk.Ask")
	}
	err := errInside
	const module = "github.com/krunk-go/krunk/" // what calls code of the game's and is waited for, or holds a lock that is needed
	if !onStack(module+"internal/recorder.", module+"internal/sender.", module+"krunk/runfile.") {
		c.say.mu.Lock()
		c.catchUp()
		err = c.answered(answer)
		c.say.mu.Unlock()
	} else {
		c.later(answer)
	}
	if err != nil {
		return errors.New("krunk: Consent: " + err.Error())
	}
	return nil
}

var errInside = errors.New("it was called from inside of what Krunk itself calls; the rest is done as soon as that returns")

// later has another goroutine do what an answer asks for. One that is stricter than what holds ends at once what it can end by a word.
func (c *Client) later(answer Consent) {
	for old := c.say.state.Load(); old < uint32(answer) && !c.say.state.CompareAndSwap(old, uint32(answer)); old = c.say.state.Load() {
	}
	c.halt()
	c.controls.Told()
	c.say.queue.Lock()
	c.say.said = append(c.say.said, answer)
	c.say.queue.Unlock()
	go func() {
		c.say.mu.Lock()
		c.catchUp()
		c.say.mu.Unlock()
	}()
}

// catchUp does what was said from inside. The caller holds mu.
func (c *Client) catchUp() {
	c.say.queue.Lock()
	said := c.say.said
	c.say.said = nil
	c.say.queue.Unlock()
	for _, answer := range said {
		_ = c.answered(answer) // who said it has been told that it takes its time
	}
}

// answered does what an answer asks for. The caller holds mu.
func (c *Client) answered(answer Consent) error {
	var err error
	if answer == Denied {
		err = c.deny()
	} else if c.denied() {
		err = c.allow(answer)
	} else {
		err = c.keepAnswer(answer)
		c.say.state.Store(uint32(answer))
		if c.halt(); answer == Ask && !c.errand(func() {}, func() {}) { // then nothing is under way
			err = errBusy
		}
	}
	c.controls.Told()
	if c.sender != nil && !c.held() {
		c.sender.Online()
	}
	return err
}

// halt ends what is under way.
func (c *Client) halt() {
	if c.sender != nil && c.held() {
		c.sender.Halt()
	}
}

// keepAnswer keeps it for the next start.
func (c *Client) keepAnswer(answer Consent) error {
	switch run := c.after.living(); {
	case run == nil && c.plan.RunFile != nil:
		return errors.New("the answer is not kept for the next start: " + c.after.why)
	case run != nil && run.Player.Keep != nil:
		return run.Player.Keep(uint8(answer))
	}
	return nil
}

// deny closes the gates first, and then wipes.
func (c *Client) deny() error {
	c.say.state.Store(uint32(Denied))
	c.say.noes.Add(1)
	err := c.keepAnswer(Denied)
	c.gates(true)
	c.parts.take() // lines without their end
	c.say.forgot.Store(true)
	c.controls.Login("")
	c.controls.Told() // also where nobody was logged in
	none := ""
	atomic.StorePointer(&c.say.install, unsafe.Pointer(&none))
	if c.diary != nil {
		c.diary.Silence(true)
	}
	if c.kept.Wipe != nil {
		c.named(c.kept.Wipe)
	}
	c.halt()
	if !c.forget() {
		err = errBusy
	}
	return err
}

// forget is wipe for dead runs as well. One that the sender has in its hands goes when that comes back, also where somebody else has asked for
// something meanwhile.
func (c *Client) forget() bool {
	ok := c.wipe()
	if run := c.after.living(); run != nil && run.Player.Silence != nil {
		if run.Player.Silence(); !ok && c.sender != nil {
			c.sender.Ask(func() {
				c.sender.Wipe()
				run.Player.Silence()
			})
		}
	}
	return ok
}

var errBusy = errors.New("the recorder, in Config.BeforeSend, or the transport has not come back within 2 s; what is in their hands goes when they do")

// allow begins anew after Denied. What somebody wrote who had passed a gate before it closed goes first, and so does what a no that took too long
// has left.
func (c *Client) allow(answer Consent) error {
	if !c.forget() {
		return errBusy
	}
	err := c.keepAnswer(answer)
	install := ""
	if run := c.after.living(); run != nil && run.Player.Speak != nil {
		c.guarded(func() { install = run.Player.Speak() })
	}
	atomic.StorePointer(&c.say.install, unsafe.Pointer(&install))
	c.named(func() {
		for _, ch := range c.channelList() {
			if c.kept.Name != nil {
				c.keepName(ch.name)
			}
		}
	})
	if c.diary != nil {
		c.diary.Silence(false)
	}
	if c.away.Load() {
		c.mark(blackbox.StateBackground, 0)
	}
	c.plays("")
	c.guarded(func() { c.uses.Attachments.Forget(false) })
	c.errand(func() { c.recorder.Keep(install) }, c.session.Anew)
	c.say.state.Store(uint32(answer))
	c.gates(false)
	return err
}

// gates shuts the gates of all channels, or opens them again.
func (c *Client) gates(shut bool) {
	c.named(func() {
		for _, ch := range c.channels {
			ch.gate.Shut(shut)
		}
	})
}

// named calls f with the registry's mutex held, as who writes names into the block has it.
func (c *Client) named(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.guarded(f)
}

// guarded calls f, which touches the block.
func (c *Client) guarded(f func()) {
	if c.guard != nil {
		defer c.letGo(c.guard.Hold())
	}
	f()
}

// wipe has everything forgotten that was captured, and reports whether that was done in time. It is done once more where the memory was taken
// away meanwhile, or somebody is in the middle of a capture call. What the recorder still had in its hands when that took too long goes when
// it comes back: the sender is asked behind it.
func (c *Client) wipe() bool {
	for range 2 { // the memory may be taken away in the middle of the first one
		c.guarded(func() { c.uses.Attachments.Forget(true) })
	}
	c.uses.Deaths.Forget()
	for begin := time.Now(); time.Since(begin) < mostConsent; {
		recorded, sent := false, c.sender == nil
		ok := c.errand(func() {
			if recorded = c.recorder.Wipe(); c.sender != nil {
				c.sender.Ask(c.sender.Wipe)
			}
		}, func() { c.sender.Wipe(); sent = true })
		if !ok {
			return false
		}
		if recorded && sent {
			c.collect() // what lies with channels and kinds
			c.named(c.tally.Wipe)
			c.repeats.issues.Wipe()
			c.repeats.panics.Wipe()
			return true
		}
		c.await(func() bool { return false }, time.Millisecond)
	}
	return false
}

// errand has the recorder do something, and then the sender where there is one. It reports false where that took too long, and does not wait
// for the sender where the recorder has used the time up.
func (c *Client) errand(recorder, sender func()) bool {
	limit := c.progress.Limit(mostConsent)
	defer limit.Stop()
	ok := c.done(limit, c.recorder.Ask, c.recorder.Call, recorder)
	return (c.sender == nil || c.done(limit, c.sender.Ask, c.sender.Wake, sender)) && ok
}

// done asks for something and waits until it is done, and does it itself where nobody else will since both goroutines have ended. What ends in a
// panic, as the memory was taken away, is done as well.
func (c *Client) done(limit *notify.Limit, ask func(func()), call, f func()) bool {
	done := new(atomic.Bool)
	ask(func() {
		defer func() {
			if v := recover(); v != nil && (c.guard == nil || !c.guard.Fault(v)) {
				c.lost(protocol.ReasonInternalSDKError, &record.Head{Flags: record.FlagID}, 0)
			}
			done.Store(true)
			c.progress.Broadcast()
		}()
		f()
	})
	c.progress.Wait(limit, func() bool {
		if !done.Load() && c.idle.CompareAndSwap(true, false) {
			c.alone()
		}
		if !done.Load() {
			call()
		}
		return done.Load()
	})
	return done.Load()
}

// alone is both goroutines, for errands.
func (c *Client) alone() {
	if c.guard != nil {
		was := c.guard.Hold()
		defer c.guard.Let(was)
	}
	c.recorder.Errand()
	if c.sender != nil {
		c.sender.Errand()
	}
	c.idle.Store(true)
	c.progress.Broadcast()
}

// installID is that of this installation, "" if there is none.
//
//go:noinline
func (c *Client) installID() string {
	if id := (*string)(atomic.LoadPointer(&c.say.install)); id != nil {
		return *id
	}
	return ""
}
