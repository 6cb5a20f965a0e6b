// Package sender carries envelopes from the outbox to a transport. One goroutine owns it and it is the only one that waits
// for the network. It sees bytes and categories, not events.
package sender

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/transport"
)

const (
	attemptTime = 30 * time.Second // a transport with time-outs of its own ends before that
	backoffMin  = time.Second
	backoffMax  = 5 * time.Minute
	maxScratch  = 256 << 10
	reportEvery = 5 * time.Second // client reports ride along; in a storm not with every envelope
)

// Config is what a Sender works with, immutable after New.
type Config struct {
	Transport transport.Transport
	URL       string
	Auth      string
	UserAgent string
	Header    protocol.Header // of every envelope; EventID is set for each
	Outbox    *blackbox.Outbox
	Progress  *notify.Signal
	Tally     *tally.Tally
	Freed     func()      // tells the recorder that the outbox has more room
	Collect   func()      // brings the tally up to date; nil: nothing to do
	Killed    func() bool // all but panics, which are the entries of kind Fatal, is to be dropped, and no client report sent; nil: never
}

// Sender is owned by the goroutine that calls Work. Wake, Flush and Counts may be called by others.
type Sender struct {
	cfg     Config
	bell    *notify.Bell
	quit    atomic.Bool              // Stop was called
	ended   atomic.Bool              // Work has returned
	current atomic.Pointer[lifetime] // of the latest attempt

	limits   protocol.RateLimits
	body     []byte
	report   []byte
	discards []protocol.Discard
	request  transport.Request
	away     atomic.Bool
	reported time.Time // when a client report went along
	failures int       // attempts without an answer in a row
	retryAt  time.Time // no attempt before that, zero: any time
	urged    uint64    // the newest of the flushes that a back-off was ended for

	asked  atomic.Uint64 // flushes asked for
	served atomic.Uint64 // flushes after which the outbox was empty

	Counts
}

// Counts is what a Sender has seen.
type Counts struct {
	Sent, Retries atomic.Uint64
	mu            sync.Mutex
	lastError     string // guarded by mu
}

// LastError returns what went wrong at the latest attempt that failed, "" if none ever did.
func (c *Counts) LastError() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastError
}

func (c *Counts) fail(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastError = text
}

// New returns a sender; Work makes it run.
func New(cfg Config) *Sender {
	if cfg.Collect == nil {
		cfg.Collect = func() {}
	}
	if cfg.Killed == nil {
		cfg.Killed = func() bool { return false }
	}
	s := &Sender{cfg: cfg, bell: notify.NewBell()}
	s.request = transport.Request{
		URL: cfg.URL, Auth: cfg.Auth, UserAgent: cfg.UserAgent, ContentType: "application/x-sentry-envelope",
	}
	return s
}

// Wake says that the outbox has something new. It never blocks.
func (s *Sender) Wake() { s.bell.Ring() }

// Flush waits until everything that is in the outbox now was answered or counted, and what was dropped was reported. It ends
// a back-off early. It reports false when cancel was closed first.
func (s *Sender) Flush(cancel <-chan struct{}) bool {
	last, ticket := s.cfg.Outbox.Last(), s.asked.Add(1)
	for {
		changed, ended := s.cfg.Progress.Changed(), s.ended.Load()
		if n, _, _ := s.cfg.Outbox.Usage(); s.served.Load() >= ticket || n > 0 && s.cfg.Outbox.Drained(last) {
			return true
		}
		if ended {
			return s.cfg.Outbox.Drained(last)
		}
		s.bell.Ring()
		select {
		case <-changed:
		case <-cancel:
			return s.cfg.Outbox.Drained(last)
		}
	}
}

// Stop makes Work return and ends an attempt that is under way.
func (s *Sender) Stop() {
	s.quit.Store(true)
	s.bell.Ring()
	if life := s.current.Load(); life != nil {
		life.end(errStopped)
	}
}

// stopping reports whether Stop was called. An attempt publishes itself in current before it asks.
func (s *Sender) stopping() bool { return s.quit.Load() }

// Resume makes a sender whose Work has returned ready for another Work, which tries at once. The caller sees to it that there
// is one at a time.
func (s *Sender) Resume() {
	s.retryAt = time.Time{}
	s.quit.Store(false)
	s.ended.Store(false)
}

func (s *Sender) end() {
	s.ended.Store(true)
	s.cfg.Progress.Broadcast()
}

// Away reports whether the latest attempt got no usable answer.
func (s *Sender) Away() bool { return s.away.Load() }

// Work runs until Stop.
func (s *Sender) Work() {
	defer s.end()
	timer := notify.NewAlarm()
	for !s.stopping() {
		wait := s.pump()
		s.bell.Sleep()
		if !s.work() && !s.stopping() {
			timer.Stop()
			if wait > 0 {
				timer.Set(wait)
			}
			select {
			case <-s.bell.C():
			case <-timer.C():
			}
		}
		s.bell.Awake()
	}
}

// work reports whether there is anything to do now; it is asked after the bell was armed, so nothing is missed.
func (s *Sender) work() bool {
	if s.asked.Load() > s.urged {
		return true
	}
	if !s.retryAt.IsZero() {
		return false
	}
	_, ok := s.cfg.Outbox.Next(0, s.mustWait)
	return ok
}

// pump sends until the outbox is empty or has to wait, and returns how long; 0 means until the bell rings.
func (s *Sender) pump() time.Duration {
	for !s.stopping() {
		if ask := s.asked.Load(); ask > s.urged {
			s.urged, s.retryAt = ask, time.Time{} // somebody waits: try now
		}
		if !s.retryAt.IsZero() {
			if wait := time.Until(s.retryAt); wait > 0 {
				return wait
			}
			s.retryAt = time.Time{}
		}
		e, ok := s.cfg.Outbox.Next(0, s.mustWait)
		if !ok {
			return s.rest()
		}
		if s.cfg.Killed() && e.Kind != blackbox.Fatal {
			s.drop(e, protocol.ReasonIgnored)
			continue
		}
		if s.limited(e.Meta) {
			s.drop(e, protocol.ReasonRateLimitBackoff)
			continue
		}
		s.send(e)
	}
	return 0
}

// rest is what is left to do when nothing can be sent: reports for who waits, or waiting for a limit to end.
func (s *Sender) rest() time.Duration {
	if _, ok := s.cfg.Outbox.Next(0, nil); ok { // something fatal waits behind a rate limit
		return max(time.Until(s.limits.Until(protocol.CategoryError)), time.Millisecond)
	}
	if s.urged > s.served.Load() {
		s.reportAlone()
		s.served.Store(s.urged)
		s.cfg.Progress.Broadcast()
	}
	return 0
}

// mustWait reports whether an entry stays in the outbox until its rate limit ends: a crash is worth that, everything else is
// dropped and counted as Sentry's documents demand.
func (s *Sender) mustWait(e *blackbox.Entry) bool {
	return e.Kind == blackbox.Fatal && s.limited(e.Meta)
}

func (s *Sender) limited(m blackbox.Meta) bool {
	now, c := time.Now(), protocol.Category(m.Category)
	return s.limits.Limited(c, now) || c == protocol.CategoryLogItem && s.limits.Limited(protocol.CategoryLogByte, now)
}

// drop gives an entry up and counts what was in it.
func (s *Sender) drop(e blackbox.Entry, r protocol.Reason) {
	c := protocol.Category(e.Category)
	s.cfg.Tally.Add(r, c, uint64(e.Count))
	if c == protocol.CategoryLogItem {
		s.cfg.Tally.Add(r, protocol.CategoryLogByte, uint64(len(e.Body)))
	}
	s.done(e)
}

func (s *Sender) done(e blackbox.Entry) {
	s.cfg.Outbox.Done(e.Seq)
	s.cfg.Freed()
	s.cfg.Progress.Broadcast()
}
