package gate

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Channel is what a controller publishes about one channel and what a client asks. All methods may be called by any
// goroutine; Enabled, Decide, Take and WantsKey never block and do not allocate.
type Channel struct {
	_    [0]func() // no code to compare it
	gate Gate
	draw atomic.Pointer[Settings]
	name string
	salt uint64   // tells fingerprints of channels apart
	_    [32]byte // counters on a cache line of their own: a storm of drops must not slow Enabled on other cores
	out  [4]atomic.Uint64
}

// Settings are what Take needs beyond the gate. They are immutable after Publish, apart from limiters and novelty.
type Settings struct {
	PPM     uint32      // share of clients in the cohort, 0 if this one was picked by name
	Records uint32      // share of records that are kept, in ppm
	Closed  bool        // this client is not in the cohort
	First   uint16      // records of each fingerprint and hour that are kept whatever the share says
	Novel   *Novelty    // counts them; needed where first is not 0
	Limits  [4]*Limiter // all must agree to one more record; the first nil ends the list
	Start   time.Time   // of the limiters' clock
}

// NewChannel returns a channel that no controller decides about yet: its gate is closed until Set is called, and it keeps
// every record that passes.
func NewChannel(name string) *Channel {
	name = Fold(name)
	return &Channel{name: name, salt: Sum64([]byte(name))}
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
// counts it. The second result is the probability with which such a record is kept, in parts per million: Million means
// all of them, 0 that this client was picked by name and stands for nobody else. The key is the record's fingerprint, for
// "first". It reads the clock only if a rate or first is set.
func (c *Channel) Take(v Verdict, key uint64) (Verdict, uint32) {
	d := c.draw.Load()
	if v&Draw == 0 || d == nil {
		return v &^ Draw, Million
	}
	if d.Closed {
		return v & Trail, Million
	}
	v &^= Draw
	ppm, now := d.PPM, int64(-1)
	if d.Records < Million {
		if d.First > 0 {
			now = int64(time.Since(d.Start))
		}
		if d.First == 0 || !d.Novel.fresh(key^c.salt, d.First, now) {
			if uint32(rand.Uint64()>>32*Million>>32) >= d.Records {
				return c.drop(v, 0), ppm
			}
			ppm = Product(d.PPM, d.Records)
		}
	}
	for i, l := range d.Limits {
		if l == nil {
			break
		}
		if now < 0 {
			now = int64(time.Since(d.Start))
		}
		if !l.take(now) {
			for _, before := range d.Limits[:i] {
				before.back()
			}
			return c.drop(v, 2), ppm
		}
	}
	return v, ppm
}

// WantsKey reports whether Take looks at its key, since the policy says "first": making one may cost the caller something.
// It never blocks and does not allocate.
func (c *Channel) WantsKey() bool {
	d := c.draw.Load()
	return d != nil && d.First > 0
}

// drop counts a record; an event that is a log record too counts as an event.
func (c *Channel) drop(v Verdict, why int) Verdict {
	if v&Issue != 0 {
		why++
	}
	c.out[why].Add(1)
	return v & Trail
}

// Dropped counts what passed the thresholds and was not wanted after all.
type Dropped struct {
	SampledRecords, SampledEvents uint64 // lost the draw: "sample_rate" in a client report
	LimitedRecords, LimitedEvents uint64 // above a rate: "sample_rate" too, since the other name is for limits of a server
}

// Dropped returns the counts since the channel was made.
func (c *Channel) Dropped() Dropped {
	return Dropped{c.out[0].Load(), c.out[1].Load(), c.out[2].Load(), c.out[3].Load()}
}

// TakeDropped returns the counts since its last call and starts them again from zero.
func (c *Channel) TakeDropped() Dropped {
	return Dropped{c.out[0].Swap(0), c.out[1].Swap(0), c.out[2].Swap(0), c.out[3].Swap(0)}
}

// Publish brings thresholds and settings into force: first what Take reads, then the gate that sends callers there. Settings
// that leave nothing for Take to do are not kept. It allocates when they change.
func (c *Channel) Publish(t Thresholds, d Settings) {
	need := d.Closed || d.PPM != Million || d.Records < Million || d.Limits[0] != nil
	switch old := c.draw.Load(); {
	case !need:
		c.draw.Store(nil)
	case old == nil || *old != d:
		c.draw.Store(&d)
	}
	c.gate.set(t, need && !d.Closed)
}
