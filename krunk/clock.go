package krunk

import "time"

// clock tells when a record was made, and in which frame.
type clock struct {
	start time.Time // immutable after Start
	frames
}

// now returns the nanoseconds since Start: half the price of the wall clock, and it never jumps.
func (c *clock) now() int64 { return int64(time.Since(c.start)) }

// stampNote is stamp for a record that is no event. One that a bridge brings along with its time reads no other clock.
func (c *clock) stampNote(r *capture) {
	if r.dated {
		f, since := c.frame.Load(), r.Time-c.beatAt.Load()
		if f == 0 {
			return
		}
		if since >= 0 && since < int64(time.Second) {
			r.Frame, r.Since = f, uint32(since/1000)
			return
		}
	}
	c.stamp(r)
}

// stamp notes time and frame, and returns now.
func (c *clock) stamp(r *capture) int64 {
	now := c.now()
	if !r.dated {
		r.Time = now
	}
	if f := c.frame.Load(); f > 0 {
		r.Frame = f
		r.Since = uint32(min(max(now-c.beatAt.Load(), 0)/1000, 1<<32-1))
	}
	return now
}
