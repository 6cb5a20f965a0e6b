package sampling

import (
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
)

// kind returns what the running policy says about an event of a kind: kept back are all of a kind that is muted but the first of each day, and
// what is over a rate; raised is one whose share this client is in. About one in doubt, which its channel has not drawn yet, only what
// raises it says anything, and about a panic only what names panics.
func kind(owner unsafe.Pointer, kind uint32, panicked, doubt bool) (gate.Fate, uint32) {
	c := (*Controller)(owner)
	c.mu.Lock()
	fate, share := c.fate(kind, panicked, doubt)
	c.mu.Unlock()
	return fate, share
}

// fate is kind for who holds the lock.
func (c *Controller) fate(kind uint32, panicked, doubt bool) (gate.Fate, uint32) {
	doc := c.run.policy
	if doc == nil {
		if doc = c.fallback; doc == nil {
			return gate.Goes, 0
		}
	}
	now := c.clock.now()
	for i := range doc.Kinds {
		k := &doc.Kinds[i]
		switch {
		case k.Kind != kind || panicked && !k.Panics || k.Until.Over(now):
			continue
		case k.Clients > 0:
			return c.raised(k, panicked, doubt)
		case doubt, k.Silent && c.first(uint64(kind), now), !k.Silent && c.budgets.TakeKind(c.plan, k, false):
			return gate.Goes, 0
		}
		return gate.Muted, 0
	}
	return gate.Goes, 0
}

// raised decides about an event of a kind that is raised. Its own share counts, unless that is settled: whom a rule picks by name nobody else
// stands for, and panics are never sent by fewer than without it.
func (c *Controller) raised(k *plan.KindRule, panicked, doubt bool) (gate.Fate, uint32) {
	if !c.plan.Raises() {
		return gate.Goes, 0
	}
	share, in := c.plan.Raised(k)
	counts := doubt
	if panicked {
		counts = c.plan.RaisesPanics(share)
	}
	switch {
	case counts && !in:
		return gate.Missed, 0
	case !c.budgets.TakeKind(c.plan, k, counts && !panicked):
		return gate.Muted, 0
	case counts:
		return gate.Raised, share
	}
	return gate.Goes, 0
}

// done remembers on which day something was done last, over restarts where there is a Storage.
type done struct {
	_   [0]func() // no code to compare it
	key uint64
	day uint32
}

const (
	maxMemo  = 128 // twice as many as a policy may name kinds
	memoDays = 31  // what is older is forgotten
)

func dayOf(t plan.Moment) uint32 { return uint32((t - plan.Epoch) / oneDay) }

// last returns the day on which key was noted, 0 for never.
func (c *Controller) last(key uint64) uint32 {
	for i := range c.memo {
		if c.memo[i].key == key {
			return c.memo[i].day
		}
	}
	return 0
}

// first reports whether key was not noted on this day, and notes it.
func (c *Controller) first(key uint64, now plan.Moment) bool {
	day := dayOf(now)
	if c.last(key) == day {
		return false
	}
	c.note(key, day)
	return true
}

// note remembers key, or with day 0 that it is to be forgotten; of too many the oldest is.
func (c *Controller) note(key uint64, day uint32) {
	at := -1
	for i, d := range c.memo {
		if d.key == key {
			at = i
			break
		}
		if old := d.day+memoDays < day || len(c.memo) == maxMemo; old && (at < 0 || d.day < c.memo[at].day) {
			at = i
		}
	}
	if at < 0 {
		at = len(c.memo)
		c.memo = append(c.memo, done{})
	}
	c.memo[at] = done{key: key, day: day}
	if c.opt.storage != nil {
		c.opt.storage.write(c)
	}
}
