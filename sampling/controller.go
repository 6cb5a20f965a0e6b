// Package sampling decides who reports what. A game server publishes one small JSON document, the policy; every client
// evaluates it by itself and turns it into one atomic word per channel. The package does no I/O and links neither net,
// crypto, fmt nor encoding/json.
package sampling

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// Options configure a Controller. The zero Options accept unsigned policies, keep nothing and report everything until one
// arrives.
type Options struct {
	Default  []byte                // compiled-in policy, in force until one arrives and under what that does not state; nil: clients and panics 100. See Cautious
	Base     map[string]Levels     // the program's own thresholds by channel, below every policy
	Limits   Limits                // what no policy may exceed
	Verifier Seal                  // Require(verifier); nil: signatures are not asked for
	Storage  Keeper                // Keep(storage) keeps the last good policy; nil: nothing is kept
	Hash     func([]byte) [32]byte // SHA-256, see package signed; nil: ids that a policy gives as hashes match nobody
	OnChange func(Change)          // called after each change and once per rejected version; one call at a time, in order; may call the controller
}

// Change is what OnChange is told.
type Change struct {
	Old, New Version
	Reason   string // "applied", "expired", "killed" or "rejected"; changes of identity and ends of rules are not told
	Err      error  // of "rejected", and of "killed" by a document that was malformed otherwise
}

// Controller turns policies into gates. Its methods may be called by any goroutine. Make it with New.
type Controller struct {
	opt      Options
	base     layer
	fallback *Policy
	limits   fields
	panics   atomic.Uint32 // share<<1, 0 where this client was picked by name; lowest bit: it sends them
	killed   atomic.Bool
	news     news

	mu       sync.Mutex // guards all below
	id       Identity
	sticky   bool
	channels map[string]*gate.Channel
	all      []*gate.Channel // of channels, and those that Adopt put others in the place of
	budgets  budgets
	plan     *plan
	clock    clock
	timer    *time.Timer
	closed   bool
	run      running
	told     map[string]struct{} // versions and codes of rejections that were told, at most maxTold
}

// running is what the controller knows about documents.
type running struct {
	policy  *Policy
	kid     string // whose signature it has
	source  string
	etag    string
	since   time.Time // of the last successful apply
	seen    Version
	err     error
	fetch   error // of a source that could not reach its origin
	kill    *envelope
	floors  map[string]floor
	storage error
}

// floor is the newest version that one key has brought.
type floor struct {
	version Version
	sum     uint64
}

// New returns a controller for a client. The stored policy, or else the default, is in force on return. It fails if Default
// is not a valid policy or Base or Limits name a level that does not exist; what is stored never makes it fail.
func New(id Identity, o Options) (*Controller, error) {
	c := &Controller{opt: o, id: id.clone(), sticky: id.ID != "", channels: make(map[string]*gate.Channel)}
	if !c.sticky {
		c.id.ID = strconv.FormatUint(rand.Uint64(), 16) + strconv.FormatUint(rand.Uint64(), 16)
	}
	var err error
	if c.base, err = compiled(o.Base); err != nil {
		return nil, err
	}
	if c.limits, err = o.Limits.fields(); err != nil {
		return nil, err
	}
	if o.Default != nil {
		if c.fallback, err = Parse(o.Default); err != nil {
			return nil, err
		}
	}
	c.budgets = budgets{start: time.Now(), byKey: make(map[string]*gate.Limiter), used: make(map[string]bool)}
	c.run = running{source: "default", floors: make(map[string]floor)}
	c.clock.set(c.clock.wall(), false)
	c.mu.Lock()
	if o.Storage != nil {
		o.Storage.restore(c)
	}
	c.rebuild()
	c.mu.Unlock()
	c.news.deliver(c.opt.OnChange)
	return c, nil
}

// Channel returns the state of the channel with that name, the same one for every call; names fold to lower case. A channel
// made after a policy arrived is decided when it is made. It takes a lock and, the first time, allocates.
func (c *Controller) Channel(name string) *gate.Channel {
	name = gate.Fold(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch, ok := c.channels[name]; ok {
		return ch
	}
	ch := gate.NewChannel(name)
	c.take(ch)
	return ch
}

// Adopt puts a channel that was made by NewChannel under the controller: from now on the policy decides about it. It takes a
// lock. A state that Channel gave out under that name before stays under the controller too.
func (c *Controller) Adopt(ch *gate.Channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.take(ch)
}

func (c *Controller) take(ch *gate.Channel) {
	c.channels[ch.Name()] = ch
	if !slices.Contains(c.all, ch) {
		c.all = append(c.all, ch)
	}
	if !c.closed {
		r := c.plan.resolve(ch.Name())
		c.plan.publish(ch, &r, &c.budgets)
		clear(c.budgets.used)
	}
}

// Channels returns the states of all channels, by name.
func (c *Controller) Channels() []*gate.Channel {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]*gate.Channel, 0, len(c.channels))
	for _, ch := range c.channels {
		out = append(out, ch)
	}
	slices.SortFunc(out, func(a, b *gate.Channel) int {
		if a.Name() < b.Name() {
			return -1
		}
		return 1
	})
	return out
}

// Panics reports whether this client sends panics. It never blocks and does not allocate.
func (c *Controller) Panics() bool { return c.panics.Load()&1 != 0 }

// PanicsPPM returns the share of clients that send panics, in parts per million, or 0 if this client was picked by name and
// stands for nobody else.
func (c *Controller) PanicsPPM() uint32 { return c.panics.Load() >> 1 }

// Killed reports whether the kill switch is thrown: queues are to be dropped, not flushed. It never blocks and does not
// allocate.
func (c *Controller) Killed() bool { return c.killed.Load() }

// Update changes what the controller knows about its client, at login or match start, and decides anew. f must not retain
// its argument nor call the controller.
func (c *Controller) Update(f func(*Identity)) {
	defer c.news.deliver(c.opt.OnChange)
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.id.clone()
	f(&id)
	if id.ID == "" {
		id.ID = c.id.ID
	} else if id.ID != c.id.ID {
		c.sticky = true
	}
	c.id = id
	c.rebuild()
}

// Close shuts all gates, stops the timer and waits for a policy that is being stored. Later policies give ErrClosed.
func (c *Controller) Close() {
	c.mu.Lock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	for _, ch := range c.all {
		ch.Gate().Set(gate.Off())
	}
	c.mu.Unlock()
	if c.opt.Storage != nil {
		c.opt.Storage.wait()
	}
}

// situation gathers what the next plan is made from.
func (c *Controller) situation() situation {
	return situation{
		base: c.base, fallback: c.fallback, policy: c.run.policy, id: &c.id, hash: c.opt.Hash, now: c.clock.now(),
		ceiling: c.limits, always: c.opt.Limits.PanicsAlways,
	}
}

// rebuild makes a plan for this moment, publishes it channel by channel and sets the timer to the next end of something.
func (c *Controller) rebuild() {
	if c.closed {
		return
	}
	s := c.situation()
	if p := s.policy; p != nil && over(p.expires, s.now) {
		c.news.add(Change{Old: p.version, Reason: "expired"})
		c.run.policy, c.run.source, c.run.err, s.policy = nil, "default", ErrExpired, nil
	}
	p := s.plan()
	if k := c.run.kill; k != nil {
		p.killed, p.muted, p.silence = true, k.hasPanics, k.panics
	}
	c.plan = p
	for _, ch := range c.all {
		r := p.resolve(ch.Name())
		p.publish(ch, &r, &c.budgets)
	}
	c.budgets.sweep()
	share, mine := p.panicShare()
	w := share << 1
	if mine {
		w |= 1
	}
	c.panics.Store(w)
	c.killed.Store(p.killed)
	c.wake(s.now)
}

// wake arms the timer. It never sleeps for more than a minute while something is limited in time, because the monotonic
// clock may stand still while the machine sleeps.
func (c *Controller) wake(now time.Time) {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if c.plan.nextExpiry.IsZero() {
		return
	}
	c.timer = time.AfterFunc(min(max(c.plan.nextExpiry.Sub(now), 0), time.Minute), c.tick)
}

func (c *Controller) tick() {
	c.mu.Lock()
	if now := c.clock.now(); !c.closed && over(c.plan.nextExpiry, now) {
		c.rebuild()
	} else if !c.closed {
		c.wake(now)
	}
	c.mu.Unlock()
	c.news.deliver(c.opt.OnChange)
}
