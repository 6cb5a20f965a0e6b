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
}

const (
	aYear  = int64(366 * 24 * time.Hour)
	jitter = int64(50 * time.Millisecond)
)

// set returns the Unix nanoseconds of the run's start.
func (c *clock) set() int64 {
	if now := c.read(); now > c.start || now < c.start-jitter {
		c.start = now
	}
	return c.start
}

// of returns the Unix nanoseconds of a record, with the start as set returned it. A bridge brings times of its own: one more than
// a year from now becomes a bound, and so does one before 1970, as a device without a clock may tell it; FlagTime says so.
func (c *clock) of(rec *record.Record, start int64) int64 {
	t := rec.Time
	if t > aYear || t < -aYear {
		now := int64(time.Since(c.began))
		if t = min(max(t, now-aYear), now+aYear); t != rec.Time {
			rec.Flags |= record.FlagTime
		}
	}
	if t += start; t < 0 {
		rec.Flags |= record.FlagTime
		t = 0
	}
	return t
}
