package sampling

import (
	"time"

	"github.com/krunk-go/krunk/internal/plan"
)

// clock is the server's time as far as it is known, carried on by this machine. Player machines have wrong clocks, and a
// monotonic clock may stop during sleep: the faster of both counts, so that what is limited in time ends early, never late.
type clock struct {
	server  time.Time
	at      time.Time // monotonic
	wallAt  time.Time // by wall
	trusted bool      // a server has told the time
	wallNow func() time.Time
}

const year2020 = 1577836800

// never is a time after the end of everything; what is limited in time is over then.
func never() time.Time { return time.Unix(1<<40, 0) }

// wall returns the machine's wall clock without its monotonic part; tests replace it, since no bubble makes the two differ.
func (c *clock) wall() time.Time {
	if c.wallNow != nil {
		return c.wallNow()
	}
	return time.Unix(0, time.Now().UnixNano()) // Round(0) would bring a kilobyte of division
}

func (c *clock) set(server time.Time, trusted bool) {
	c.server, c.at, c.wallAt = server, time.Now(), c.wall()
	c.trusted = c.trusted || trusted
}

func (c *clock) now() time.Time {
	return c.server.Add(max(time.Since(c.at), c.wall().Sub(c.wallAt)))
}

// guess returns the server's time at which a document is judged: what came with it, or what an earlier one told, or the
// wall clock, but not before it was issued. A wall clock that was never set means that nothing limited in time holds.
func (c *clock) guess(given, issued time.Time) (now time.Time, trusted bool) {
	now, trusted = given, true
	switch {
	case !given.IsZero():
	case c.trusted:
		now = c.now()
	default:
		now, trusted = c.wall(), false
		if now.Unix() < year2020 && issued.IsZero() {
			return never(), false
		}
	}
	if !plan.Over(issued, now) && !issued.IsZero() {
		now = issued
	}
	return now, trusted
}
