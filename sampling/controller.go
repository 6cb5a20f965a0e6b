// Package sampling decides who reports what. A game server publishes one small JSON document, the policy; every client
// evaluates it by itself and turns it into one atomic word per channel. The package does no I/O and links neither net,
// crypto, fmt nor encoding/json.
//
// What is sent says for how many it stands, as krunk.weight of a log record and as one over krunk.p of an event; the sum is the number
// of all records that reached a threshold, on all clients, under shares of clients and of records, rates, bursts and "first", together
// with what client reports tell of rates, which is of their client alone: one over the share of clients times as much. It cannot hold
// where nobody is drawn: with "by" player or match, clients without a player or outside of a match are out (but at 100 percent), and
// what they record is in no sum. Crumbs, levels below the thresholds, what the kill switch stops and what comes before the first policy
// (Options.Wait) are in none either, nor is what Config.MaxRepeats and the rate of one kind keep back: the next event of its stack tells how many ("suppressed").
// A fleet with few clients inside of a small share is estimated from few: with n of them the error is about one over the root of n.
package sampling

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"

	"github.com/krunk-go/krunk/internal/plan"
)

// Options configure a Controller. The zero Options accept unsigned policies, keep nothing and report everything until one
// arrives.
type Options struct {
	Default  []byte                // compiled-in policy, in force until one arrives and under what that does not state, but for the salt: each has its own; nil: clients and panics 100. See Cautious
	Wait     time.Duration         // how long, up to a minute, a client without a policy sends nothing but panics; what it records is kept for breadcrumbs. A policy ends it, and so does a source that hears there is none; zero: Default counts at once
	Limits   Limits                // what no policy may exceed
	Verifier Seal                  // Require(verifier); nil: signatures are not asked for
	Storage  Keeper                // Keep(storage) keeps the last good policy; nil: nothing is kept
	Hash     func([]byte) [32]byte // SHA-256, see package signed; nil: ids that a policy gives as hashes match nobody
	OnChange func(Change)          // called after each change and once per rejected version; one call at a time, in order; may call the controller
}

// Change is what OnChange is told.
type Change struct {
	_        [0]func() // no code to compare it
	Old, New Version
	Reason   string // "applied", "expired", "killed" or "rejected"; changes of identity, steps of ramps and starts and ends of rules are not told
	Err      error  // of "rejected", and of "killed" by a document that was malformed otherwise
}

// Controller turns policies into gates. Its methods may be called by any goroutine. Make it with New.
type Controller struct {
	opt      chosen
	base     []plan.Entry
	fallback *plan.Document
	limits   plan.Fields
	news     news

	mu     sync.Mutex // guards all below
	id     plan.Identity
	sticky bool
	steered
	channels []*gate.Channel
	budgets  plan.Budgets
	plan     *plan.Plan
	clock    clock
	timer    *time.Timer
	closed   bool
	run      running
	memo     []done
	told     plan.Keys // versions and codes of rejections that were told, at most maxTold
}

// chosen is what a controller needs of its Options from then on, without their types that it can do without: each has a descriptor. It is
// immutable after New.
type chosen struct {
	verifier Seal
	storage  Keeper
	hash     func([]byte) [32]byte
	onChange func(Change)
	pull     func(*Controller)
	bytes    int64 // an hour
	panics   bool  // always
}

// steered is the client under a controller.
type steered struct {
	_         [0]func()      // no code to compare it
	controls  *gate.Controls // of the client; nil while there is none
	client    *gate.Program  // what the client told of itself, likewise
	followers []*follower    // sources that run or rest while the client's player says no
}

// running is what the controller knows about documents.
type running struct {
	policy  *plan.Document
	kid     string      // whose signature it has, or the document whose head has stopped everything
	issued  plan.Moment // when that was made, but not after it came: a key whose documents lie in the future locks no other one out
	source  string
	etag    string
	since   time.Time // of the last successful apply
	seen    Version
	err     error
	fetch   error     // of a source that could not reach its origin
	kill    plan.Head // whose version is zero while nothing was stopped by a head
	floors  []floor
	storage error
	waits   bool   // for the first answer, see Options.Wait
	log     uint32 // mark of the request for a flight log that was answered last, of those of the policy; 0 for none
}

// floor is the newest version that one key has brought.
type floor struct {
	_       [0]func() // no code to compare it
	kid     string
	version Version
	sum     uint64
}

// floor returns that of a key.
//
//go:noinline
func (r *running) floor(kid string) *floor {
	for i := range r.floors {
		if r.floors[i].kid == kid {
			return &r.floors[i]
		}
	}
	r.floors = append(r.floors, floor{kid: kid})
	return &r.floors[len(r.floors)-1]
}

// New returns a controller for a client. The stored policy, or else the default, is in force on return. It fails if Default
// is not a valid policy or Limits name a level that does not exist; what is stored never makes it fail.
func New(id Identity, o Options) (*Controller, error) {
	limits := &o.Limits
	c := &Controller{
		opt: chosen{o.Verifier, o.Storage, o.Hash, o.OnChange, limits.Pull.look, max(limits.MaxBytesPerHour, 0), limits.PanicsAlways},
		id:  plan.Identity(id), sticky: id.ID != "",
	}
	own(&c.id)
	for len(c.id.ID) < 16 && !c.sticky {
		c.id.ID += plan.KindName(rand.Uint32())
	}
	if wrong := c.limits.Bound([...]string{limits.Trail, limits.Send, limits.Issue}, plan.Rate(limits.MaxRate)); wrong != "" {
		return nil, errors.New("sampling: Options.Limits." + wrong)
	}
	if o.Default != nil {
		var err error
		if c.fallback, err = parsed(o.Default); err != nil {
			return nil, err
		}
	}
	if uint64(o.Wait) > uint64(time.Minute) {
		return nil, errWait
	}
	c.budgets.Start, c.run.source = time.Now(), "default"
	c.clock.set(c.clock.wall(), false)
	c.mu.Lock()
	if o.Storage != nil {
		o.Storage.restore(c)
	}
	if o.Wait > 0 {
		c.run.waits = true
		time.AfterFunc(o.Wait, c.answered)
	}
	c.rebuild()
	c.unlock()
	return c, nil
}

// Join puts the client behind controls under this controller, which owns client from then on. It is for krunk.Steer. It fails if there was a client already or
// the controller is closed.
func (c *Controller) Join(controls *gate.Controls, client *gate.Program) error {
	c.mu.Lock()
	switch {
	case c.client != nil:
		c.mu.Unlock()
		return errSteers
	case c.closed:
		c.mu.Unlock()
		return ErrClosed
	}
	if !c.sticky && client.Install != "" {
		c.id.ID, c.sticky = client.Install, true
	}
	c.clock.still = client.Still
	c.controls, c.client, c.channels = controls, client, client.Channels
	c.base = plan.Compiled(client.Base)
	c.rebuild()
	c.mu.Unlock()
	controls.Hang(&gate.Hooks{Owner: unsafe.Pointer(c), Adopt: adopt, Login: login, Kind: kind, Close: shut})
	login(unsafe.Pointer(c)) // who logged in meanwhile told nobody
	return nil
}

// adopt puts one more channel under the controller, which nobody else knows yet. One that comes behind Close stays shut, but what dead runs were in
// doubt about is drawn there.
func adopt(owner unsafe.Pointer, ch *gate.Channel) {
	c := (*Controller)(owner)
	c.mu.Lock()
	c.channels = append(c.channels, ch)
	c.plan.Publish(ch, &c.budgets)
	c.budgets.Next()
	if c.closed {
		ch.Gate().Set(gate.Off())
	}
	c.mu.Unlock()
}

// login decides anew for another player, unless the game has said who plays, and sources hear what the player says.
func login(owner unsafe.Pointer) {
	c := (*Controller)(owner)
	c.mu.Lock()
	for _, f := range c.followers {
		f.turned()
	}
	if c.id.Player == "" && c.plan.ID.Player != c.controls.Player() {
		c.rebuild()
	}
	c.mu.Unlock()
}

// identity is what the game told, and what it left out as far as the client knows it.
func (c *Controller) identity() *plan.Identity {
	id := c.id
	if c.client == nil {
		return &id
	}
	for _, f := range [...]struct {
		to   *string
		from string
	}{
		{&id.Player, c.controls.Player()}, {&id.Release, c.client.Release}, {&id.Env, c.client.Env},
		{&id.Platform, c.client.Platform}, {&id.Arch, c.client.Arch},
	} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	return &id
}

// Update changes what the controller knows about its client, at login or match start, and decides anew. f must not retain
// its argument nor call the controller.
func (c *Controller) Update(f func(*Identity)) {
	c.mu.Lock()
	defer c.unlock()
	id := c.id
	own(&id)
	f((*Identity)(&id))
	if id.ID == "" {
		id.ID = c.id.ID
	} else if id.ID != c.id.ID {
		c.sticky = true
	}
	c.id = id
	c.rebuild()
}

// unlock lets go of the lock and tells what has changed.
//
//go:noinline
func (c *Controller) unlock() {
	c.mu.Unlock()
	c.news.deliver(c.opt.onChange)
}

// Close shuts all gates, stops the timer and waits for a policy that is being stored. Later policies give ErrClosed.
func (c *Controller) Close() {
	c.mu.Lock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	for _, ch := range c.channels {
		ch.Gate().Set(gate.Off())
	}
	c.mu.Unlock()
	if c.opt.storage != nil {
		c.opt.storage.wait()
	}
}

func shut(owner unsafe.Pointer) { (*Controller)(owner).Close() }

// rebuild makes a plan for this moment, publishes it channel by channel and sets the timer to when the next thing starts, steps or ends.
func (c *Controller) rebuild() {
	if c.closed {
		return
	}
	s := &plan.Situation{
		Base: c.base, Fallback: c.fallback, Policy: c.run.policy, ID: c.identity(), Hash: c.opt.hash, Now: c.clock.now(), Begun: c.clock.begun(),
		Ceiling: &c.limits, Always: c.opt.panics,
	}
	if p := s.Policy; p != nil && !p.Disabled && p.Expires.Over(s.Now) {
		c.news.add((*Version)(&p.Version), new(Version), "expired", nil)
		c.run.policy, c.run.source, c.run.err, s.Policy = nil, "default", ErrExpired, nil
	}
	p := s.Plan()
	if c.run.waits && s.Policy == nil {
		p.Nobody()
	}
	if k := &c.run.kill; k.Version.N != 0 {
		p.Killed, p.Muted, p.Silence = true, k.Mutes, k.Panics
	} else if s.Policy == nil {
		c.run.issued = 0 // nothing holds that another one could be older than
	}
	c.plan = p
	for _, ch := range c.channels {
		p.Publish(ch, &c.budgets)
	}
	c.budgets.Sweep()
	if c.client != nil {
		c.show(p)
	}
	if c.opt.pull != nil {
		c.opt.pull(c)
	}
	c.wake(s.Now)
}

// show tells the client what holds beside channels.
func (c *Controller) show(p *plan.Plan) {
	share, mine := p.PanicShare()
	state := gate.State{PanicsPPM: share, Panics: mine, Doubt: p.PanicsInDoubt(), Killed: p.Killed, Bytes: c.opt.bytes}
	if c.run.policy != nil {
		state.Policy, state.Reports = c.version().String(), p.InCohort()
	}
	c.controls.Publish(&state)
}

// answered ends Options.Wait.
func (c *Controller) answered() {
	c.mu.Lock()
	if c.run.waits {
		c.run.waits = false
		c.rebuild()
	}
	c.mu.Unlock()
}

// wake arms the timer. It never sleeps for more than a minute while something is limited in time, because the monotonic
// clock may stand still while the machine sleeps.
func (c *Controller) wake(now plan.Moment) {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if c.plan.NextExpiry == 0 {
		return
	}
	c.timer = time.AfterFunc(time.Duration(min(c.plan.NextExpiry-now, 60*plan.Second))*time.Microsecond, c.tick)
}

func (c *Controller) tick() {
	c.mu.Lock()
	if now := c.clock.now(); !c.closed && c.plan.NextExpiry.Over(now) {
		c.rebuild()
	} else if !c.closed {
		c.wake(now)
	}
	c.unlock()
}
