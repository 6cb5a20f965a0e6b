package sampling

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// ChannelState is what a controller publishes about one channel. Get it once from Controller.Channel and keep it. All
// methods may be called by any goroutine; those of the hot path never block and do not allocate.
type ChannelState struct {
	gate Gate
	draw atomic.Pointer[draw]
	name string
	salt uint64   // tells fingerprints of channels apart
	_    [32]byte // counters on a cache line of their own: a storm of drops must not slow Enabled on other cores
	out  [4]atomic.Uint64
}

// draw is what Take needs beyond the gate. It is immutable after publication, apart from limiters and novelty.
type draw struct {
	ppm     uint32 // of being in the cohort; 0 is forced
	records uint32
	thinned uint32 // ppm times records
	closed  bool   // this client is not in the cohort
	first   uint16
	novel   *novelty
	limits  [4]*limiter
	start   time.Time
}

// NewChannel returns a channel that no controller decides about yet: its gate is closed until Set is called, and it keeps
// every record that passes.
func NewChannel(name string) *ChannelState {
	name = fold(name)
	return &ChannelState{name: name, salt: sum64([]byte(name))}
}

// Name returns the channel's name, in lower case.
func (c *ChannelState) Name() string { return c.name }

// Gate returns the gate. It belongs to the controller once there is one: only it may call Set then.
func (c *ChannelState) Gate() *Gate { return &c.gate }

// Enabled is Gate.Enabled.
func (c *ChannelState) Enabled(l Level) bool { return c.gate.Enabled(l) }

// Decide is Gate.Decide.
func (c *ChannelState) Decide(l Level) Verdict { return c.gate.Decide(l) }

// Take settles a verdict that has Draw set: it clears Send and Issue if the record is sampled out or above the rate, and
// counts it. The second result is the probability with which such a record is kept, in parts per million: Million means
// all of them, 0 that this client was picked by name and stands for nobody else. The key is the record's fingerprint, for
// "first". It reads the clock only if a rate or first is set.
func (c *ChannelState) Take(v Verdict, key uint64) (Verdict, uint32) {
	d := c.draw.Load()
	if v&Draw == 0 || d == nil {
		return v &^ Draw, Million
	}
	if d.closed {
		return v & Trail, Million
	}
	v &^= Draw
	ppm, now := d.ppm, int64(-1)
	if d.records < Million {
		if d.first > 0 {
			now = int64(time.Since(d.start))
		}
		if d.first == 0 || !d.novel.fresh(key^c.salt, d.first, now) {
			if uint32(rand.Uint64()>>32*Million>>32) >= d.records {
				return c.drop(v, 0), ppm
			}
			ppm = d.thinned
		}
	}
	for i, l := range d.limits {
		if l == nil {
			break
		}
		if now < 0 {
			now = int64(time.Since(d.start))
		}
		if !l.take(now) {
			for _, before := range d.limits[:i] {
				before.back()
			}
			return c.drop(v, 2), ppm
		}
	}
	return v, ppm
}

// WantsKey reports whether Take looks at its key, since the policy says "first": making one may cost the caller something.
// It never blocks and does not allocate.
func (c *ChannelState) WantsKey() bool {
	d := c.draw.Load()
	return d != nil && d.first > 0
}

// drop counts a record; an event that is a log record too counts as an event.
func (c *ChannelState) drop(v Verdict, why int) Verdict {
	if v&Issue != 0 {
		why++
	}
	c.out[why].Add(1)
	return v & Trail
}

// Dropped counts what passed the thresholds and was not wanted after all.
type Dropped struct {
	SampledRecords, SampledEvents uint64 // lost the draw: "sample_rate" in a client report
	LimitedRecords, LimitedEvents uint64 // above a rate: "ratelimit_backoff"
}

// Dropped returns the counts since the channel was made.
func (c *ChannelState) Dropped() Dropped {
	return Dropped{c.out[0].Load(), c.out[1].Load(), c.out[2].Load(), c.out[3].Load()}
}

// TakeDropped returns the counts since its last call and starts them again from zero.
func (c *ChannelState) TakeDropped() Dropped {
	return Dropped{c.out[0].Swap(0), c.out[1].Swap(0), c.out[2].Swap(0), c.out[3].Swap(0)}
}

// publish brings what was resolved into force: first what Take reads, then the gate that sends callers there.
func (c *ChannelState) publish(r *resolved, p *plan, b *budgets) {
	t := r.Thresholds
	if !r.in {
		t.Send, t.Issue = LevelOff, LevelOff
	}
	if p.killed {
		t = Thresholds{LevelOff, LevelOff, LevelOff}
	}
	d := draw{ppm: r.ppm, records: r.records, thinned: product(r.ppm, r.records), closed: !r.in || p.killed, start: b.start}
	if r.ppm == 0 && !d.closed {
		d.thinned = 0
	}
	if r.first > 0 && r.records < Million && !d.closed {
		d.first, d.novel = r.first, b.novelty()
	}
	if !d.closed {
		b.limits(&d, r, p)
	}
	need := d.closed || d.ppm != Million || d.records < Million || d.limits[0] != nil
	switch old := c.draw.Load(); {
	case !need:
		c.draw.Store(nil)
	case old == nil || *old != d:
		c.draw.Store(&d)
	}
	c.gate.set(t, need && !d.closed)
}
