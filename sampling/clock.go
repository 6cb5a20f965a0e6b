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
	least   time.Time // server's time by what is certain: equal to server but where that is a guess in favour of ends
	still   bool      // stands, for simulations
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
	c.server, c.least, c.at, c.wallAt = server, server, time.Now(), c.wall()
	c.trusted = c.trusted || trusted
}

// now is the time that ends go by.
func (c *clock) now() time.Time {
	if c.still {
		return c.server
	}
	return c.server.Add(max(time.Since(c.at), c.wall().Sub(c.wallAt)))
}

// begun is the time that beginnings go by, which come late rather than early.
func (c *clock) begun() time.Time {
	if c.still {
		return c.least
	}
	return c.least.Add(time.Since(c.at))
}

// slow is how far before its document a server's clock may lie and still be the one that is slow.
const slow = 24 * time.Hour

// guess returns the server's time at which a document is judged: what came with it, or what an earlier one told, or the
// wall clock, but not before it was issued; a document that lies more than a day ahead of the time that a server told is wrong
// about that, and moves no clock. told is the time without regard to the document, as far as any is known. A wall clock that
// was never set means that nothing limited in time holds.
func (c *clock) guess(given, issued time.Time) (now, told time.Time, trusted bool) {
	now, trusted = given, true
	switch {
	case !plan.Unset(given):
	case c.trusted:
		now = c.now()
	default:
		now, trusted = c.wall(), false
		if now.Unix() < year2020 && plan.Unset(issued) {
			return never(), never(), false
		}
	}
	told = now
	if d := issued.Sub(now); d > 0 && (d <= slow || !trusted) {
		now = issued
	}
	if told.Unix() < year2020 {
		told = now
	}
	return now, told, trusted
}
