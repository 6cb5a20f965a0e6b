package sender

import (
	"math/rand/v2"
	"time"
)

const (
	backoffMin = time.Second
	backoffMax = 5 * time.Minute
	urgeEvery  = time.Second // between two attempts that a flush ends a pause for
	overQuota  = time.Second // the least pause after a 429
)

// pauses knows when nothing may be sent. All moments are the sender's.
type pauses struct {
	_        [0]func()     // no code to compare it
	line     time.Duration // no attempt before that, unless somebody waits for a flush
	wish     time.Duration // no attempt before that: the server asked for it
	failures int           // attempts in a row that say that the server is away
	awayAt   time.Duration // when the latest of them ended
	suspect  uint64        // Seq of the only entry that was refused since one was accepted, 0 if none was

	owed    uint64        // the newest entry that the flush waits for which is served
	seen    uint64        // flushes asked for, as pump saw it
	urged   uint64        // the newest of the flushes that a pause was ended for
	urging  bool          // the next attempt is made although it is too early
	urgedAt time.Duration // when that was done last, long ago if never
}

// held returns for how long nothing may be sent.
func (p *pauses) held(now time.Duration) time.Duration {
	switch {
	case p.wish > now:
		return p.wish - now
	case p.seen == p.urged:
	case now < p.urgedAt+urgeEvery:
		return max(min(p.line, p.urgedAt+urgeEvery)-now, 0)
	default:
		p.urged, p.urging = p.seen, true
		if p.line > now {
			p.line = 0
			p.spend(now)
		}
	}
	return max(p.line-now, 0)
}

// spend takes note of an attempt that is made too early.
//
//go:noinline
func (p *pauses) spend(now time.Duration) { p.urging, p.urgedAt = false, now }

// away takes note of an attempt without a usable answer that began then: the pause doubles each time, and once for those that
// were under way together.
func (p *pauses) away(now, began time.Duration) {
	if p.failures > 0 && began < p.awayAt {
		return
	}
	p.line, p.awayAt = now+backoff(p.failures), now
	p.failures++
}

// back takes note of an answer.
func (p *pauses) back() { p.failures, p.suspect, p.line = 0, 0, 0 }

// obey takes note of a Retry-After, of at most backoffMax.
func (p *pauses) obey(now, wish time.Duration) { p.wish = max(p.wish, now+min(wish, backoffMax)) }

// backoff doubles from a second to five minutes; half of it is random, so that a fleet does not come back in one second.
func backoff(n int) time.Duration {
	pause := min(backoffMin<<min(n, 10), backoffMax)
	return pause/2 + time.Duration(rand.Uint64()%uint64(pause/2)) // rand.N is 2 KiB
}
