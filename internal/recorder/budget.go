package recorder

import (
	"math"
	"time"
)

// budget knows how many bytes went out in the last hour, minute by minute. A bucket that refills would let through twice its
// size in an hour; here no span of sixty minutes has more than the limit, wherever it begins. What is over is at most a minute late.
type budget struct {
	minutes [61]int64 // by minute modulo 61: the one that is under way and the sixty before it
	now     int64     // the minute that is under way
	used    int64     // sum of minutes
}

// left returns how many bytes may go out at that time since the start of the run, which never goes back. No limit is 0.
//
//go:noinline
func (b *budget) left(at time.Duration, limit int64) int64 {
	b.turn(int64(at / time.Minute))
	if limit <= 0 {
		return math.MaxInt64
	}
	return max(limit-b.used, 0)
}

// charge notes that n bytes go out. As with left, a copy at each call would be a kilobyte on 32-bit ARM.
//
//go:noinline
func (b *budget) charge(at time.Duration, n int) {
	b.turn(int64(at / time.Minute))
	b.minutes[b.now%int64(len(b.minutes))] += int64(n)
	b.used += int64(n)
}

// turn forgets the minutes that are more than an hour old.
//
//go:noinline
func (b *budget) turn(minute int64) {
	b.now = max(b.now, minute-int64(len(b.minutes)))
	for b.now < minute {
		b.now++
		slot := &b.minutes[b.now%int64(len(b.minutes))]
		b.used -= *slot
		*slot = 0
	}
}
