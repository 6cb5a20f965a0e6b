package gate

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
	"unsafe"
)

// Channel is what a controller publishes about one channel and what a client asks. All methods may be called by any
// goroutine; Enabled, Decide, Take and WantsKey never block and do not allocate.
type Channel struct {
	_    [0]func() // no code to compare it
	gate Gate
	draw unsafe.Pointer // *Settings, atomic
	dice func() uint64  // for simulations; else nil, and draws come from their number
	name string
	salt uint64   // tells fingerprints of channels apart
	_    [40]byte // counters on a cache line of their own: a storm of drops must not slow Enabled on other cores

	// By use:
	draws [uses]draws
	held  [uses]held   // what rates keep back
	seen  [uses]uint32 // sums of held when they were told last; guarded by whoever calls TakeDropped
}

// draws count those of one kind.
type draws struct {
	_     [0]func()     // no code to compare it
	drawn atomic.Uint64 // how many there were, in the lower half, and in the upper how many of these lost: one word, so that nobody finds one without the other
	lost  atomic.Uint64 // beside them, what a rate kept back and no later record stands for
	told  uint32        // of the upper half, as far as that was told; guarded by whoever calls TakeDropped
	seed  uint32        // tells draws apart; immutable after NewChannel
}

// Settings are what Take needs beyond the gate. They are immutable after Publish, apart from limiters and novelty.
type Settings struct {
	Clients float32     // how many clients this one stands for, below zero if it was picked by name: then for itself
	Records uint32      // share of records that are kept, in ppm
	Closed  bool        // this client is not in the cohort
	Doubt   bool        // a kind of issue is raised: what becomes of an event is settled when its kind is known
	early   bool        // Closed or Doubt
	First   uint16      // records of each fingerprint and hour that are kept whatever the share says
	Novel   *Novelty    // counts them; needed where first is not 0
	Limits  [4]*Limiter // all must agree to one more record; the first nil ends the list
	Start   time.Time   // of the limiters' clock
}

// NewChannel returns a channel that no controller decides about yet: its gate is closed until Set is called, and it keeps
// every record that passes.
func NewChannel(name string) *Channel {
	name = Fold(name)
	c := &Channel{name: name, salt: Sum64([]byte(name))}
	c.sow(rand.Uint32())
	return c
}

func (c *Channel) sow(seed uint32) {
	for u := range c.draws {
		c.draws[u].seed = seed + uint32(u)*0x6a09e667 // far from each other, and no power of two: draws would be alike
	}
}

// Name returns the channel's name, in lower case.
func (c *Channel) Name() string { return c.name }

// Gate returns the gate. It belongs to the controller once there is one: only it may call Set then.
func (c *Channel) Gate() *Gate { return &c.gate }

// Enabled is Gate.Enabled.
func (c *Channel) Enabled(l Level) bool { return c.gate.Enabled(l) }

// Decide is Gate.Decide.
func (c *Channel) Decide(l Level) Verdict { return c.gate.Decide(l) }

// Take settles a verdict that has Draw set: it clears Send and Issue if the record is sampled out or above the rate, and
// counts it. The second result is the share of the record, for how many it stands: one that is let through stands also for those
// of its level and use that rates kept back since the last one. The key is the record's fingerprint, for "first". It reads the clock only
// if a rate or first is set.
func (c *Channel) Take(v Verdict, l Level, key uint64) (Verdict, uint32) {
	d := (*Settings)(atomic.LoadPointer(&c.draw))
	if v&Draw == 0 || d == nil {
		return v &^ Draw, Million
	}
	if d.early && (v&late == 0 || d.Closed) {
		return c.postpone(d, v, l, key)
	}
	v &^= Draw
	records, now := float32(1), int64(-1)
	if d.Records < Million {
		if d.First > 0 {
			now = int64(time.Since(d.Start))
		}
		if d.First == 0 || !d.Novel.fresh(key^c.salt, d.First, now) {
			for draws := &c.draws[useOf(v)]; ; { // again only where another draw was counted meanwhile
				old := draws.drawn.Load()
				roll := rolled(draws.seed, uint32(old)+1)
				if c.dice != nil {
					roll = uint32(c.dice() >> 32)
				}
				if project(roll) < d.Records { // a branch and no choice between two sums: the processor goes on before it knows the roll
					if draws.drawn.CompareAndSwap(old, old+1) {
						break
					}
				} else if draws.drawn.CompareAndSwap(old, old+1+oneLost) { // which makes one more lost of four billion
					return v & Trail, Million
				}
			}
			records = Million / float32(d.Records)
		}
	}
	for i, limit := range &d.Limits {
		if limit == nil {
			break
		}
		if now < 0 {
			now = int64(time.Since(d.Start))
		}
		if !limit.take(now) {
			for _, before := range d.Limits[:i] {
				before.back()
			}
			return c.hold(v, l, records), Million
		}
	}
	if d.Limits[0] != nil {
		records += c.held[useOf(v)].take(l)
	}
	return v, shareOf(records, d.Clients)
}

// postpone settles what is known before an event's kind is: whether the record is sent as a log record.
//
//go:noinline
func (c *Channel) postpone(d *Settings, v Verdict, l Level, key uint64) (Verdict, uint32) {
	event, share := v&Issue, uint32(Million)
	switch {
	case !d.Doubt || v&late != 0:
		return v & Trail, Million
	case event == 0:
	case d.Closed:
		event, share = event|Doubt|Outside, 0
	default:
		event, share = event|Doubt, d.unsettled()
	}
	if v &^= Issue; v&Send != 0 && !d.Closed {
		if event != 0 {
			event |= Drawn // and costs of the rates once, as it does where no kind is in doubt
		}
		v, share = c.Take(v|late, l, key)
	} else {
		v &= Trail
	}
	return v&(Trail|Send) | event, share
}

// unsettled returns the share of an event that is in doubt, for who settles it where no policy is known any more: as if no kind was raised, but
// for rates. 0: it does not go.
func (d *Settings) unsettled() uint32 {
	records := float32(1)
	if d.Records < Million {
		if project(rand.Uint32()) >= d.Records {
			return 0
		}
		records = Million / float32(d.Records)
	}
	return shareOf(records, d.Clients)
}

// Settle draws an event that Take let pass with Doubt, now that its kind is known, which counts for "first" as a fingerprint. What it does not
// let through it has counted as Take does. One that was drawn at the call goes with its log record. Where nothing is drawn
// any more, as for a dead run whose policy nobody has stored, its share is what Take gave it: more would go than that policy wanted, and stand for fewer.
func (c *Channel) Settle(e *Event) (share uint32, ok bool) {
	d := (*Settings)(atomic.LoadPointer(&c.draw))
	if d != nil && d.Records < Million { // of what repeats have kept back tells as much as would have been drawn
		e.Suppressed = uint32((uint64(e.Suppressed)*uint64(d.Records) + uint64(project(rand.Uint32()))) / Million)
	}
	if e.Drawn {
		switch limited := d != nil && d.Limits[0] != nil; {
		case limited && e.Sent: // its log record stands for records alone
			e.Share = shareOf(1+c.held[asEvent].take(e.Level), d.Clients)
		case limited:
			c.hold(Issue, e.Level, 1)
		case !e.Sent:
			c.draws[asEvent].drawn.Add(oneLost)
		}
		return e.Share, e.Sent
	}
	if d == nil {
		return e.Share, e.Share != 0
	}
	v, share := c.Take(Issue|Draw|late, e.Level, uint64(e.Kind))
	return share, v&Issue != 0
}

// SetDice replaces what draws are made from, for simulations of one goroutine, before the first Take.
func (c *Channel) SetDice(f func() uint64) { c.dice = f }

const oneLost = 1 << 32 // in draws.drawn

// rolled returns 32 random bits: SplitMix32 of a draw's number from a seed on. A generator with a state of its own, such as math/rand's,
// would cost as much as all the rest of a draw.
func rolled(seed, n uint32) uint32 {
	x := seed + n*0x9e3779b9
	x = (x ^ x>>16) * 0x21f0aaad
	x = (x ^ x>>15) * 0x735a2d97
	return x ^ x>>15
}

// hold counts a record that a rate keeps back. What no counter has room for, as in a storm on a channel of a few an hour, is told by
// a client report.
func (c *Channel) hold(v Verdict, l Level, records float32) Verdict {
	n := uint32(unit)
	if records != 1 {
		n = units(records)
	}
	if u := useOf(v); c.held[u].at(l).Add(n) < n {
		c.draws[u].lost.Add(full)
	}
	return v & Trail
}

// Return takes back what a record stood for beside itself that Take let through and that was lost on its way, which whoever lost it
// counts. An event that is in doubt stands for nothing yet.
//
//go:noinline
func (c *Channel) Return(v Verdict, l Level, share uint32) {
	if v&Doubt != 0 {
		v &^= Issue
	}
	d := (*Settings)(atomic.LoadPointer(&c.draw))
	if d == nil || d.Limits[0] == nil {
		return
	}
	n, _ := Weight(share)
	own := float32(1)
	if d.Records < Million {
		own = Million / float32(d.Records)
	}
	clients := d.Clients
	if clients < 0 {
		clients = 1
	}
	if more := float32(n)/clients - own; more > 0 {
		c.hold(v, l, more)
	}
}

// use is what a record passes the gate for, beside history.
type use uint8

// The uses of a record. One that goes out both ways is lost both ways, and what is let through stands for its like in both.
const (
	asRecord use = 1 + iota
	asEvent
	asBoth
	uses
)

func useOf(v Verdict) use { return use(v/Send) % uses }

// Outside reports whether this client is not in the channel's cohort: of what passes the gate all the same, since a kind of issue is
// raised, nothing else is sent.
func (c *Channel) Outside() bool {
	d := (*Settings)(atomic.LoadPointer(&c.draw))
	return d != nil && d.Closed
}

// WantsKey reports whether Take looks at its key, since the policy says "first": making one may cost the caller something.
// It never blocks and does not allocate.
func (c *Channel) WantsKey() bool {
	d := (*Settings)(atomic.LoadPointer(&c.draw))
	return d != nil && d.First > 0
}

// Dropped counts what passed the thresholds and was not wanted after all: log records, events, and records that were to go out as both.
type Dropped struct {
	SampledRecords, SampledEvents, SampledBoth uint64 // lost the draw: "sample_rate" in a client report
	LimitedRecords, LimitedEvents, LimitedBoth uint64 // above a rate, and no later record stands for them: "sample_rate" too, since the other name is for limits of a server
}

// Dropped returns the counts since the channel was made or TakeDropped was called, with what rates keep back.
func (c *Channel) Dropped() Dropped {
	sampled := func(u use) uint64 { return c.draws[u].unlucky() }
	limited := func(u use) uint64 { return c.draws[u].lost.Load() + uint64(c.held[u].sum()/unit) }
	return Dropped{sampled(asRecord), sampled(asEvent), sampled(asBoth), limited(asRecord), limited(asEvent), limited(asBoth)}
}

// unlucky returns how many lost their draw since that was told last.
func (d *draws) unlucky() uint64 { return uint64(uint32(d.drawn.Load()>>32) - d.told) }

// Window says what TakeDropped does with what rates keep back.
type Window uint8

// Where a window stands.
const (
	Open   Window = iota // the next record that is let through stands for it
	Over                 // an hour has passed, in which each bucket lets one through: what has not moved meanwhile is told
	Closed               // nothing comes any more: all is told
)

// TakeDropped returns how many log records and events there were of what Dropped tells, since its last call, and starts the counts again from zero. It
// is called by one goroutine at a time.
func (c *Channel) TakeDropped(w Window) (records, events uint64) {
	for u := asRecord; u < uses; u++ {
		draws := &c.draws[u]
		if w != Open {
			sum := c.held[u].sum()
			if sum != 0 && (w == Closed || sum == c.seen[u]) {
				draws.lost.Add(c.held[u].empty())
				sum = 0
			}
			c.seen[u] = sum
		}
		sampled := draws.unlucky()
		draws.told += uint32(sampled)
		sampled += draws.lost.Swap(0)
		if u&asRecord != 0 {
			records += sampled
		}
		if u&asEvent != 0 {
			events += sampled
		}
	}
	return records, events
}

// Publish brings thresholds and settings into force: first what Take reads, then the gate that sends callers there. Settings
// that leave nothing for Take to do are not kept. It allocates when they change.
func (c *Channel) Publish(t Thresholds, d Settings) {
	d.early = d.Closed || d.Doubt
	need := d.early || d.Clients != 1 || d.Records < Million || d.Limits[0] != nil
	old := (*Settings)(atomic.LoadPointer(&c.draw))
	switch {
	case !need:
		atomic.StorePointer(&c.draw, nil)
	case old == nil || *old != d:
		atomic.StorePointer(&c.draw, unsafe.Pointer(&d))
	}
	if old != nil && (!need || d.Clients != old.Clients) {
		for u := range c.held { // another client's share does not stand for what this one's has kept back
			c.draws[u].lost.Add(c.held[u].empty())
		}
	}
	c.gate.set(t, need && (d.Doubt || !d.Closed))
}
