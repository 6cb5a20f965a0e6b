package httpsource

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultEvery = 5 * time.Minute
	leastEvery   = 30 * time.Second
	mostEvery    = 24 * time.Hour
	mostBackoff  = time.Hour
	coldPhase    = 10 * time.Second // first poll of a client that has no policy at all
	chunk        = time.Minute      // longest sleep, so that a suspended machine is noticed
)

// schedule says when to ask next. A fleet that starts or reconnects at once spreads over one interval and stays spread.
type schedule struct {
	rand  *rand.Rand
	every time.Duration // between polls, as the server or the policy wants it
	fails int
}

// first returns the wait before the first poll: anywhere within the interval, or within 10 s for a client without a policy.
func (s *schedule) first(cold bool) time.Duration {
	if cold {
		return s.below(coldPhase)
	}
	return s.below(s.every)
}

// next returns the wait after an answer: the interval, give or take 20 %.
func (s *schedule) next() time.Duration {
	s.fails = 0
	return s.every*4/5 + s.below(s.every*2/5)
}

// retry returns the wait after a failure. For an hour, and three times at least, it is the interval, give or take 20 %: the kill
// switch may be the next answer. While it stays it doubles up to an hour with full jitter, never shorter than the interval on
// average: where an hour is too little for that the jitter narrows. The server's Retry-After, from 30 s to an hour, takes the place
// of the interval if it is longer, spread by a fifth, and of all doubling.
func (s *schedule) retry(after time.Duration) time.Duration {
	least := s.every * 4 / 5
	if after > 0 {
		after = max(min(max(after, leastEvery), mostBackoff), least)
		return after + s.below(after/5)
	}
	patient := s.patient()
	s.fails = min(s.fails+1, patient+12)
	if s.fails <= patient {
		return least + s.below(s.every*2/5)
	}
	limit := min(s.every<<(s.fails-patient), max(s.every*6/5, mostBackoff))
	low := max(2*s.every-limit, 0)
	return max(low+s.below(limit-low), leastEvery/6)
}

// patient is how many failures in a row change nothing.
func (s *schedule) patient() int { return max(3, int(mostBackoff/s.every)) }

// busy is that the server has asked for fewer requests.
func (s *schedule) busy() { s.fails = max(s.fails, s.patient()) }

func (s *schedule) below(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	if s.rand == nil {
		return rand.N(d)
	}
	return time.Duration(s.rand.Int64N(int64(d)))
}

// pace settles the interval: the policy's, or max-age, or what the program says.
func pace(policy time.Duration, h http.Header, own time.Duration) time.Duration {
	every := policy
	if every == 0 {
		every = maxAge(h.Get("Cache-Control"))
	}
	if every == 0 {
		every = own
	}
	return min(max(every, leastEvery), mostEvery)
}

func maxAge(header string) time.Duration {
	for part := range strings.SplitSeq(header, ",") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(part), "max-age="); ok {
			return seconds(v)
		}
	}
	return 0
}

func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(n) * time.Second // 136 years at most
}

// retryAfter reads the header in both of its forms; the date is taken relative to the server's own clock.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if d := seconds(v); d > 0 {
		return d
	}
	at, err := http.ParseTime(v)
	now, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return max(at.Sub(now), 0)
}

// oldestCopy is the most that is believed of how long an answer lay in caches; nothing that a policy limits in time may last longer.
const oldestCopy = 30 * 24 * time.Hour

// serverTime is when the answer left its origin plus what it spent in caches; zero if it does not say.
func serverTime(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.Add(min(seconds(h.Get("Age")), oldestCopy))
}
