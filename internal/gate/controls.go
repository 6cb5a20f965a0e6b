package gate

import (
	"errors"
	"sync/atomic"
	"unsafe"
)

// Controls is where a controller and its client meet: the controller writes what the client reads without waiting. Neither
// package links the other, and no field has a type of the controller's: whatever descriptor a client reaches is in every
// program, and those of a controller are 38 KiB on 32-bit ARM. The zero Controls have no controller.
type Controls struct {
	_      [0]func()      // no code to compare it
	hooks  unsafe.Pointer // *Hooks, atomic
	player unsafe.Pointer // *string, atomic

	policy  unsafe.Pointer // *string, atomic
	panics  atomic.Uint32  // share<<2, 0 where this client was picked by name; bit 1: see State.Doubt; bit 0: it sends them
	killed  atomic.Bool
	reports atomic.Bool
	bytes   atomic.Int64
}

// No is what Program.Answer holds while the player wants no reports.
const No = 2

// ErrSilent is why the context of a policy source ends when the player says no. It compares by ==.
var ErrSilent = errors.New("the player wants no reports")

// Hooks are what a client calls of its controller.
type Hooks struct {
	Owner unsafe.Pointer                                                               // *sampling.Controller, which the functions are given: method values would be 1.5 KiB on 32-bit ARM
	Adopt func(owner unsafe.Pointer, c *Channel)                                       // puts a channel under the controller
	Login func(owner unsafe.Pointer)                                                   // Controls.Player or Program.Answer has changed
	Kind  func(owner unsafe.Pointer, kind uint32, panicked, doubt bool) (Fate, uint32) // what the policy says about an event of a kind, in doubt only whether it is raised, and the share of one that is Raised
	Close func(owner unsafe.Pointer)                                                   // may wait for the game's storage
}

// Program is what a client tells its controller about itself.
type Program struct {
	Base                         map[string]Thresholds // by channel, below every policy; a level may be Inherit
	Channels                     []*Channel            // those made so far
	Release, Env, Platform, Arch string                // count where Identity leaves them empty
	Install                      string                // likewise, where Identity has no ID
	Answer                       *atomic.Uint32        // what the player says to reports, as krunk.Consent has it; nil: nobody asks
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
	Doubt     bool   // it does not, but may send those of a kind that is raised
	Killed    bool   // queues are to be dropped, not flushed
	Reports   bool   // a policy is in force and this client is in its cohort
	Bytes     int64  // that may be encoded in an hour, 0 for no limit
}

// Publish is for the controller. It allocates when the policy's name changes.
func (c *Controls) Publish(s *State) {
	if p := (*string)(atomic.LoadPointer(&c.policy)); p == nil || *p != s.Policy {
		name := s.Policy
		atomic.StorePointer(&c.policy, unsafe.Pointer(&name))
	}
	w := s.PanicsPPM << 2
	if s.Doubt {
		w |= 2
	}
	if s.Panics {
		w |= 1
	}
	c.panics.Store(w)
	c.killed.Store(s.Killed)
	c.reports.Store(s.Reports)
	c.bytes.Store(s.Bytes)
}

// Hang puts the controller's hooks in place, after its first Publish; they stay for good.
func (c *Controls) Hang(h *Hooks) { atomic.StorePointer(&c.hooks, unsafe.Pointer(h)) }

// Hooks returns nil where there is no controller.
func (c *Controls) Hooks() *Hooks { return (*Hooks)(atomic.LoadPointer(&c.hooks)) }

// Panics returns the share of clients that send panics, in ppm, and whether this one does. It never blocks and does not
// allocate, nor do the methods below.
func (c *Controls) Panics() (ppm uint32, wanted bool) {
	if atomic.LoadPointer(&c.hooks) == nil {
		return Million, true
	}
	w := c.panics.Load()
	return w >> 2, w&1 != 0
}

// PanicShare is Panics, and reports whether this client may send those of a kind that is raised, where it does not send panics.
func (c *Controls) PanicShare() (ppm uint32, doubt, wanted bool) {
	ppm, wanted = c.Panics()
	return ppm, c.panics.Load()&2 != 0, wanted
}

// Fate is what becomes of an event whose kind is known.
type Fate uint8

// The fates of an event.
const (
	Goes   Fate = iota
	Muted       // a policy keeps its kind back
	Raised      // it goes, with the share of its kind
	Missed      // nobody is to know of it but its channel, which has counted it where it counts: a draw or a rate, or this client is not among those that send it
)

// Event is one whose kind is known.
type Event struct {
	_          [0]func() // no code to compare it
	ID         uint32    // the end of it
	Kind       uint32
	Share      uint32
	Level      Level
	Suppressed uint32 // how many of it were not captured, since there were too many of them; those in doubt were not drawn before that
	Panic      bool
	Hang       bool     // frames stand still
	Doubt      bool     // its share is not settled
	Drawn      bool     // with its log record, of which Share is
	Sent       bool     // that goes
	Channel    *Channel // of one in doubt; nil for a panic, which is not drawn
}

// Settle decides about an event and changes its share: by that of its kind where it is raised, else by the draw of its channel if that waits
// for it, and then by what keeps its kind back. It takes the controller's lock and may store what it has let through, on
// a goroutine of its own.
func (c *Controls) Settle(e *Event) Fate {
	h := (*Hooks)(atomic.LoadPointer(&c.hooks))
	if e.Doubt {
		if h != nil {
			if fate, share := h.Kind(h.Owner, e.Kind, e.Panic, true); fate != Goes {
				e.Share = share
				return fate
			}
		}
		ok := false
		if e.Channel != nil {
			e.Share, ok = e.Channel.Settle(e)
		}
		if !ok {
			return Missed
		}
	}
	if h == nil {
		return Goes
	}
	fate, share := h.Kind(h.Owner, e.Kind, e.Panic, false)
	if fate == Raised {
		e.Share = share
	}
	return fate
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
	atomic.StorePointer(&c.player, unsafe.Pointer(&next))
	c.Told()
}

// Told tells the controller that the player is somebody else, or says something else to reports. It takes the controller's lock.
func (c *Controls) Told() {
	if h := (*Hooks)(atomic.LoadPointer(&c.hooks)); h != nil {
		h.Login(h.Owner)
	}
}

func textOf(p *unsafe.Pointer) string {
	if s := (*string)(atomic.LoadPointer(p)); s != nil {
		return *s
	}
	return ""
}
