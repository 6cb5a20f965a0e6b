package krunk

import (
	"sync/atomic"
	"time"
)

// clock tells when a record was made, and in which frame.
type clock struct {
	_      [0]func() // no code to compare it
	start  time.Time // immutable after Start
	frame  atomic.Uint32
	beatAt atomic.Int64
}

// Beat says that a frame of the game loop begins. Every record carries the number of its frame and how far into it the
// record was made. One clock reading and two atomic stores; it never blocks and does not allocate.
func (c *Client) Beat() {
	if c == nil {
		return
	}
	c.beatAt.Store(c.now())
	c.frame.Add(1)
}

// now returns the nanoseconds since Start: half the price of the wall clock, and it never jumps.
func (c *clock) now() int64 { return int64(time.Since(c.start)) }

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
