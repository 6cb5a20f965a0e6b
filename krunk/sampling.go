package krunk

import (
	"encoding/binary"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/sampling"
)

// Steering says who decides what this client reports; make it with Steer. The zero Steering leaves that to Config.Channels,
// until Client.Sampling is called.
type Steering struct {
	join func(*gate.Controls, *gate.Program) error // a pointer to the controller would cost every lean program 38 KiB
}

// Steer puts a client under a controller that the game made with sampling.New, with limits, signatures or storage of its
// choice:
//
//	ctl, err := sampling.New(sampling.Identity{ID: installID}, sampling.Options{Storage: sampling.Keep(file)})
//	client, err := krunk.Start(krunk.Config{Sampling: krunk.Steer(ctl), …})
//
// A controller steers one client, whose Config.Channels is below every policy, and Client.Close closes it. A nil ctl gives
// the zero Steering.
func Steer(ctl *sampling.Controller) Steering {
	if ctl == nil {
		return Steering{}
	}
	return Steering{ctl.Join}
}

// Sampling returns the controller through which the game server decides who reports what: that of Config.Sampling, or else one
// that it makes, which accepts unsigned policies and stores none. Until a policy arrives Config.Channels is in force. Call it
// right after Start and hand it what the server sends:
//
//	err := client.Sampling().Apply(bytesFromTheGameServer)
//
// A controller made here knows no install id but that of Config.RunFile: without one, who is among the 10 % of a policy is drawn anew at
// each start of the game, and Status.Sticky is false. The player of SetUser counts, so a share by player stays. On a nil or closed Client it returns a
// controller that decides about nothing.
func (c *Client) Sampling() *sampling.Controller {
	if c != nil {
		c.mu.Lock()
		if h := c.controls.Hooks(); h != nil {
			c.mu.Unlock()
			return (*sampling.Controller)(h.Owner)
		}
	}
	ctl, _ := sampling.New(sampling.Identity{}, sampling.Options{}) // which cannot fail
	if c != nil {
		if !c.closed.Load() {
			_ = c.steer(ctl.Join) // it is new, so it can join
		}
		c.mu.Unlock()
	}
	return ctl
}

// steer puts the channels under a controller; the caller holds c.mu or has not given c away yet.
func (c *Client) steer(join func(*gate.Controls, *gate.Program) error) error {
	p := gate.Program{
		Client: unsafe.Pointer(c), Answer: &c.say.state, Base: c.plan.levels, Release: c.plan.Release, Env: c.plan.Environment, Platform: runtime.GOOS, Arch: runtime.GOARCH,
	}
	p.Install = c.installID()
	for _, ch := range c.channels {
		p.Channels = append(p.Channels, ch.state)
	}
	return join(&c.controls, &p)
}

// settle decides about an event whose kind is known; see gate.Controls. The recorders of dead runs ask too, of which a channel may not have
// been made yet in this one.
func (c *Client) settle(e *gate.Event, channel string) gate.Fate {
	e.Channel = nil
	if e.Doubt && !e.Panic {
		e.Channel = c.known(channel).state
	}
	fate := c.controls.Settle(e)
	if (e.Panic || e.Hang) && (fate == gate.Missed || fate == gate.Muted) {
		if c.missed.add(e.ID); e.Hang && c.diary != nil && e.ID == c.hungEnd.Load() {
			c.diary.Hangs(EventID{})
		}
	}
	return fate
}

// missed are the ends of the ids of the last panics and hangs that became no event, which depended on their kind.
type missed struct {
	_   [0]func() // no code to compare it
	n   uint32
	ids [8]uint32
}

func (m *missed) add(id uint32) {
	atomic.StoreUint32(&m.ids[atomic.AddUint32(&m.n, 1)%uint32(len(m.ids))], id)
}

//go:noinline
func (m *missed) has(id EventID) bool {
	for i := range m.ids {
		if end := atomic.LoadUint32(&m.ids[i]); end != 0 && end == id.end() {
			return true
		}
	}
	return false
}

func (id EventID) end() uint32 { return binary.LittleEndian.Uint32(id[12:]) }

// known returns a channel without a lock, unless nobody has asked for it so far.
func (c *Client) known(name string) *Channel {
	for _, ch := range c.channelList() {
		if ch.name == name {
			return ch
		}
	}
	return c.Channel(name)
}

// refuse counts an error that the channel's issue threshold did not let through; collect settles whether a policy did that.
func (c *Channel) refuse() {
	if c.owner().controls.Hooks() != nil && !c.owner().closed.Load() {
		c.refused.Add(1)
	}
}

// collect moves what the channels sampled out or did not raise into the tally. Errors that were not raised are told only where
// a policy is in force and this client is one that reports: one outside of the cohort tells nobody anything.
func (c *Client) collect() {
	if c.guard != nil {
		defer c.letGo(c.guard.Hold())
	}
	n := c.collectChannels()
	if n > 0 {
		c.failed(n)
	}
	if n > 0 && c.controls.Reports() {
		c.tally.Add(protocol.ReasonIgnored, protocol.CategoryError, n)
	}
}

// window says whether what rates keep back is told by now; the caller holds c.mu.
func (c *Client) window() gate.Window {
	switch now := c.now(); {
	case c.closed.Load():
		return gate.Closed
	case now-c.windowAt >= int64(time.Hour):
		c.windowAt = now
		return gate.Over
	}
	return gate.Open
}

// collectChannels returns how many errors were refused that Config.Channels alone would have raised.
func (c *Client) collectChannels() (refused uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.repeats.issues.Untold() + c.repeats.panics.Untold(); n > 0 {
		c.tally.Add(protocol.ReasonSampleRate, protocol.CategoryError, n)
	}
	window := c.window()
	for name, ch := range c.channels {
		if n := ch.refused.Swap(0); n > 0 && c.plan.levels.of(name).Issue <= gate.LevelError {
			refused += n
		}
		records, events := ch.state.TakeDropped(window)
		if records > 0 {
			c.tally.Add(protocol.ReasonSampleRate, protocol.CategoryLogItem, records)
		}
		if events > 0 {
			c.tally.Add(protocol.ReasonSampleRate, protocol.CategoryError, events)
		}
	}
	return refused
}
