package sampling

import (
	"sync/atomic"
	"time"
)

// limiter is a bucket that refills evenly (GCRA) in one atomic word.
type limiter struct {
	rate  Rate
	burst uint32
	step  int64 // nanoseconds from one record to the next
	slack int64 // how far ahead of that a burst may run
	due   atomic.Int64
}

func newLimiter(r Rate, burst uint32) *limiter {
	n := burst
	if n == 0 {
		n = min(10, r.N)
	}
	step := max(int64(r.Per)/int64(r.N), 1)
	return &limiter{rate: r, burst: burst, step: step, slack: int64(n-1) * step}
}

// take reports whether one more record fits at now, in nanoseconds of a clock that never goes back.
func (l *limiter) take(now int64) bool {
	for {
		old := l.due.Load()
		due := max(old, now)
		if due-now > l.slack {
			return false
		}
		if l.due.CompareAndSwap(old, due+l.step) {
			return true
		}
	}
}

// back returns what take took, where another limiter refused the record after all.
func (l *limiter) back() { l.due.Add(-l.step) }

// owe takes over what another limiter has given out lately, in whole records: a part of one counts as one.
func (l *limiter) owe(old *limiter, now int64) {
	if ahead := old.due.Load() - now; ahead > 0 {
		l.due.Store(now + min((ahead+old.step-1)/old.step*l.step, l.slack+l.step))
	}
}

// novelty counts fingerprints per hour in a fixed table of 2 KiB. Where eight fingerprints fall together within the hour,
// the later ones count as known.
type novelty struct {
	slots [256]atomic.Uint64 // 32 bits of the fingerprint, 16 of the hour, 16 of the count
}

// fresh reports whether this is one of the first n of key within the hour.
func (t *novelty) fresh(key uint64, n uint16, now int64) bool {
	x := (key ^ key>>29) * 0x9e3779b97f4a7c15
	x ^= x >> 32
	stamp := x<<32 | uint64(uint16(now/int64(time.Hour))+1)<<16
	for i := 0; i < 8; i++ {
		slot := &t.slots[(x>>40+uint64(i))&255]
		for {
			old := slot.Load()
			same := old&^0xffff == stamp
			if !same && old&0xffff0000 == stamp&0xffff0000 {
				break // another fingerprint of this hour: next slot
			}
			if same && old&0xffff >= uint64(n) {
				return false
			}
			next := stamp | 1
			if same {
				next = old + 1
			}
			if slot.CompareAndSwap(old, next) {
				return true
			}
		}
	}
	return false
}
