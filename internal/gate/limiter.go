package gate

import (
	"sync/atomic"
	"time"
)

// Limiter is a bucket that refills evenly (GCRA) in one atomic word.
type Limiter struct {
	_     [0]func() // no code to compare it
	n     uint32
	burst uint32
	per   time.Duration
	step  int64 // nanoseconds from one record to the next
	slack int64 // how far ahead of that a burst may run
	due   atomic.Int64
}

// NewLimiter returns a full bucket of n records per time and burst at once; burst 0 is the smaller of 10 and n.
func NewLimiter(n uint32, per time.Duration, burst uint32) *Limiter {
	most := burst
	if most == 0 {
		most = min(10, n)
	}
	step := max(int64(per)/int64(n), 1)
	return &Limiter{n: n, per: per, burst: burst, step: step, slack: int64(most-1) * step}
}

// Is reports whether NewLimiter would make the same one.
func (l *Limiter) Is(n uint32, per time.Duration, burst uint32) bool {
	return l.n == n && l.per == per && l.burst == burst
}

// Full reports whether nothing is missing from the bucket.
func (l *Limiter) Full(now int64) bool { return l.due.Load() <= now }

// Take is take, for what is no record of a channel.
func (l *Limiter) Take(now int64) bool { return l.take(now) }

// Back is back.
func (l *Limiter) Back() { l.back() }

// take reports whether one more record fits at now, in nanoseconds of a clock that never goes back.
func (l *Limiter) take(now int64) bool {
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
func (l *Limiter) back() { l.due.Add(-l.step) }

// Owe takes over what another limiter has given out lately, in whole records: a part of one counts as one.
func (l *Limiter) Owe(old *Limiter, now int64) {
	if ahead := old.due.Load() - now; ahead > 0 {
		l.due.Store(now + min((ahead+old.step-1)/old.step*l.step, l.slack+l.step))
	}
}

// Novelty counts fingerprints per hour in a fixed table of 2 KiB. Where eight fingerprints fall together within the hour,
// the later ones count as known.
type Novelty struct {
	_     [0]func()          // no code to compare it
	slots [256]atomic.Uint64 // 32 bits of the fingerprint, 16 of the hour, 16 of the count
}

// fresh reports whether this is one of the first n of key within the hour.
func (t *Novelty) fresh(key uint64, n uint16, now int64) bool {
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
