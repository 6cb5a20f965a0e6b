package recorder

import (
	"time"

	"github.com/krunk-go/krunk/internal/record"
)

// clock tells the wall time of records. Reading the start of the run takes two clocks, between which the recorder may be taken
// off, and then it is too early by that: so the latest reading holds until the clock was set back.
type clock struct {
	read  func() int64 // Unix nanoseconds of the run's start, as the clock tells it now
	start int64        // what holds
	began time.Time
	seen  int64 // nanoseconds of the run when the clock was last asked for them
}

const (
	oldest = int64(89 * 24 * time.Hour) // servers throw a log record of 90 days away
	ahead  = int64(50 * time.Second)    // and move the time of an event that is a minute ahead
	jitter = int64(50 * time.Millisecond)
)

// set returns the Unix nanoseconds of the run's start.
func (c *clock) set() int64 {
	if now := c.read(); now > c.start || now < c.start-jitter {
		c.start = now
	}
	return c.start
}

// of returns the Unix nanoseconds of a record, with the start as set returned it. A bridge brings times of its own: one that has
// not come yet becomes now, one that no server keeps the oldest that they do, and so does one before 1970, as a device without a
// clock may tell it; FlagTime says so.
func (c *clock) of(rec *record.Record, start int64) int64 {
	ns, cut := c.at(rec.Time, start)
	if cut {
		rec.Flags |= record.FlagTime
	}
	return ns
}

// at is of for a record's time alone.
func (c *clock) at(taken, start int64) (ns int64, cut bool) {
	t := taken
	if t > c.seen+ahead || t < c.seen-oldest {
		c.seen = int64(time.Since(c.began))
		if t > c.seen+ahead {
			t = c.seen
		}
		t = max(t, c.seen-oldest)
		cut = t != taken
	}
	if t += start; t < 0 {
		return 0, true
	}
	return t, cut
}

// behind returns the time of a record that comes next and was taken at ns. The order is that of the ring, though two goroutines may
// have read the clock the other way round; a bridge may bring times that are really older.
func behind(last, ns int64) int64 {
	if back := last - ns; back > 0 && back < int64(time.Second) {
		return last
	}
	return ns
}
