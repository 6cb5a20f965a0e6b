package gate

import (
	"sync/atomic"
	"unsafe"
)

// Controls is where a controller and its client meet: the controller writes what the client reads without waiting. Neither
// package links the other, and no field has a type of the controller's: whatever descriptor a client reaches is in every
// program, and those of a controller are 38 KiB on 32-bit ARM. The zero Controls have no controller.
type Controls struct {
	_      [0]func() // no code to compare it
	hooks  atomic.Pointer[Hooks]
	player atomic.Pointer[string]

	policy  atomic.Pointer[string]
	panics  atomic.Uint32 // share<<1, 0 where this client was picked by name; lowest bit: it sends them
	killed  atomic.Bool
	reports atomic.Bool
	bytes   atomic.Int64
}

// Hooks are what a client calls of its controller.
type Hooks struct {
	Owner unsafe.Pointer // *sampling.Controller
	Adopt func(*Channel) // puts a channel under the controller
	Login func()         // Controls.Player has changed
	Mute  func(kind uint32, panicked bool) bool
	Close func() // may wait for the game's storage
}

// Program is what a client tells its controller about itself.
type Program struct {
	Base                         map[string]Thresholds // by channel, below every policy; a level may be Inherit
	Channels                     []*Channel            // those made so far
	Release, Env, Platform, Arch string                // count where Identity leaves them empty
	Install                      string                // likewise, where Identity has no ID
	Client                       unsafe.Pointer        // *krunk.Client, for what krunk gave the controller's options
	Still                        bool                  // the controller's clock stands, for simulations
}

// Pull asks a client for its flight log.
type Pull struct {
	_          [0]func() // no code to compare it
	ID         string
	Bytes      int // of the event at most, 0: as many as it may have anyway
	Goroutines bool
}

// State is what a controller decides beside channels.
type State struct {
	Policy    string // name of the version in force, empty for none
	PanicsPPM uint32 // share of clients that send panics, 0 if this one was picked by name
	Panics    bool   // this client sends them
	Killed    bool   // queues are to be dropped, not flushed
	Reports   bool   // a policy is in force and this client is in its cohort
	Bytes     int64  // that may be encoded in an hour, 0 for no limit
}

// Publish is for the controller. It allocates when the policy's name changes.
func (c *Controls) Publish(s *State) {
	if p := c.policy.Load(); p == nil || *p != s.Policy {
		name := s.Policy
		c.policy.Store(&name)
	}
	w := s.PanicsPPM << 1
	if s.Panics {
		w |= 1
	}
	c.panics.Store(w)
	c.killed.Store(s.Killed)
	c.reports.Store(s.Reports)
	c.bytes.Store(s.Bytes)
}

// Hang puts the controller's hooks in place, after its first Publish; they stay for good.
func (c *Controls) Hang(h *Hooks) { c.hooks.Store(h) }

// Hooks returns nil where there is no controller.
func (c *Controls) Hooks() *Hooks { return c.hooks.Load() }

// Panics returns the share of clients that send panics, in ppm, and whether this one does. It never blocks and does not
// allocate, nor do the methods below.
func (c *Controls) Panics() (ppm uint32, wanted bool) {
	if c.hooks.Load() == nil {
		return Million, true
	}
	w := c.panics.Load()
	return w >> 1, w&1 != 0
}

// Mute reports whether a policy keeps an event of a kind back. It takes the controller's lock and may store what it has let through, on
// a goroutine of its own.
func (c *Controls) Mute(kind uint32, panicked bool) bool {
	h := c.hooks.Load()
	return h != nil && h.Mute(kind, panicked)
}

// Killed reports whether the kill switch is thrown.
func (c *Controls) Killed() bool { return c.killed.Load() }

// Reports reports whether a policy is in force and this client is in its cohort.
func (c *Controls) Reports() bool { return c.reports.Load() }

// Bytes returns how many bytes may be encoded in an hour, 0 without a limit.
func (c *Controls) Bytes() int64 { return c.bytes.Load() }

// Policy returns the name of the version in force, empty for none.
func (c *Controls) Policy() string { return textOf(&c.policy) }

// Player returns whom Login named last.
func (c *Controls) Player() string { return textOf(&c.player) }

// Login notes who plays, and tells the controller if that is somebody else than before: then it takes the controller's lock
// and allocates.
func (c *Controls) Login(player string) {
	if c.Player() == player {
		return
	}
	next := player // so that only a change allocates
	c.player.Store(&next)
	if h := c.hooks.Load(); h != nil {
		h.Login()
	}
}

func textOf(p *atomic.Pointer[string]) string {
	if s := p.Load(); s != nil {
		return *s
	}
	return ""
}
