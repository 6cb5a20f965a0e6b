package sampling

import "github.com/krunk-go/krunk/internal/plan"

// mute reports whether the running policy keeps an event back: all of its kind but the first of each day, or what is over its rate.
// A panic is kept back only where the policy names panics.
func (c *Controller) mute(kind uint32, panicked bool) bool {
	c.mu.Lock()
	kept := c.keepsBack(kind, panicked)
	c.mu.Unlock()
	return kept
}

// keepsBack is mute for who holds the lock.
func (c *Controller) keepsBack(kind uint32, panicked bool) bool {
	doc := c.run.policy
	if doc == nil {
		if doc = c.fallback; doc == nil {
			return false
		}
	}
	for i := range doc.Kinds {
		k := &doc.Kinds[i]
		now := c.clock.now()
		switch {
		case k.Kind != kind || panicked && !k.Panics || k.Until.Over(now):
		case k.Silent:
			return !c.first(uint64(kind), now)
		default:
			return !c.budgets.Take(plan.KindPath(kind), &k.Rate)
		}
	}
	return false
}

// memo remembers on which day something was done last, over restarts where there is a Storage.
type memo []done

type done struct {
	key uint64
	day uint32
}

const (
	maxMemo  = 64
	memoDays = 31 // what is older is forgotten
)

func dayOf(t plan.Moment) uint32 { return uint32((t - plan.Epoch) / oneDay) }

// forget takes a key out again.
func (c *Controller) forget(key uint64) {
	for i := range c.memo {
		if c.memo[i].key == key {
			c.note(key, 0)
			return
		}
	}
}

// last returns the day on which key was noted, 0 for never.
func (m memo) last(key uint64) uint32 {
	for i := range m {
		if m[i].key == key {
			return m[i].day
		}
	}
	return 0
}

// first reports whether key was not noted on this day, and notes it.
func (c *Controller) first(key uint64, now plan.Moment) bool {
	day := dayOf(now)
	if c.memo.last(key) == day {
		return false
	}
	c.note(key, day)
	return true
}

// note remembers key; of too many the oldest is forgotten.
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
	c.memo[at] = done{key, day}
	if c.opt.Storage != nil {
		c.opt.Storage.write(c)
	}
}
