package sampling

import (
	"time"

	"github.com/krunk-go/krunk/internal/plan"
)

// clock is the server's time as far as it is known, carried on by this machine. Player machines have wrong clocks, and a
// monotonic clock may stop during sleep: the faster of both counts, so that what is limited in time ends early, never late.
type clock struct {
	server  plan.Moment
	at      time.Time   // when it was set, for the monotonic clock
	wallAt  plan.Moment // likewise, by wall
	least   plan.Moment // server's time by what is certain: equal to server but where that is a guess in favour of ends
	still   bool        // stands, for simulations
	trusted bool        // a server has told the time
	wallNow func() time.Time
}

const (
	oneDay               = 24 * 60 * 60 * plan.Second
	year2020             = plan.Epoch + 18262*oneDay
	never    plan.Moment = 1 << 60 // after the end of everything; what is limited in time is over then
)

// wall returns the machine's wall clock; tests replace it, since no bubble makes it differ from the monotonic one.
func (c *clock) wall() plan.Moment {
	now := time.Now()
	if c.wallNow != nil {
		now = c.wallNow()
	}
	return plan.MomentOf(now)
}

func (c *clock) set(server plan.Moment, trusted bool) {
	c.server, c.least, c.at, c.wallAt = server, server, time.Now(), c.wall()
	c.trusted = c.trusted || trusted
}

// learn sets the time by a document; least is how late it is at least, zero for not less than now.
func (c *clock) learn(now, least, issued plan.Moment, trusted bool) {
	if c.set(now, trusted); least != 0 || now >= never {
		c.least = least
		if issued-least <= slow {
			c.least = max(least, issued)
		}
	}
}

// ran is how long ago the time was set, by the monotonic clock.
//
//go:noinline
func (c *clock) ran() plan.Moment {
	if c.still {
		return 0
	}
	return plan.Moment(time.Since(c.at) / time.Microsecond)
}

// now is the time that ends go by.
func (c *clock) now() plan.Moment {
	if c.still {
		return c.server
	}
	return c.server + max(c.ran(), c.wall()-c.wallAt)
}

// begun is the time that beginnings go by, which come late rather than early.
func (c *clock) begun() plan.Moment { return c.least + c.ran() }

// slow is how far before its document a server's clock may lie and still be the one that is slow.
const slow = oneDay

// guess returns the server's time at which a document is judged: what came with it, or what an earlier one told, or the
// wall clock, but not before it was issued; a document that lies more than a day ahead of the time that a server told is wrong
// about that, and moves no clock. told is the time without regard to the document, as far as any is known. A wall clock that
// was never set means that nothing limited in time holds.
func (c *clock) guess(given, issued plan.Moment) (now, told plan.Moment, trusted bool) {
	now, trusted = given, true
	switch {
	case given != 0:
	case c.trusted:
		now = c.now()
	default:
		now, trusted = c.wall(), false
		if now < year2020 && issued == 0 {
			return never, never, false
		}
	}
	told = now
	if issued > now && (issued-now <= slow || !trusted) {
		now = issued
	}
	if told < year2020 {
		told = now
	}
	return now, told, trusted
}
