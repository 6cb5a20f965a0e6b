// Package sender carries envelopes from the outbox to a transport. One goroutine owns outbox, limits and pauses. It waits for
// the network itself, or lets others do that, one for each envelope, while the server answers and several wait. It sees bytes
// and categories, not events.
package sender

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/session"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/transport"
)

// Config is what a Sender works with, immutable after New.
type Config struct {
	Transport transport.Transport
	URL       string
	Auth      string
	UserAgent string
	Header    protocol.Header // of every envelope; EventID is set for each
	Outbox    *blackbox.Outbox
	Heirs     *Inheritance         // what dead runs have left; nil: nothing
	Session   *session.Life        // of the run; nil: it has none
	Compress  transport.Compressor // that its entries were compressed by; nil: none of them was
	Aloft     int                  // bytes of requests under way beside which no other one begins; 0: as many as there are
	Fault     func(v any) bool     // whether a panic comes from the memory of Outbox, which can be used again; nil: never
	Sync      func()               // waits until what Outbox holds outlasts a power cut; nil: nothing can do that
	Progress  *notify.Signal
	Tally     *tally.Tally
	Freed     func()       // tells the recorder that the outbox has more room
	Collect   func()       // brings the tally up to date; nil: nothing to do
	Start     func() int64 // Unix nanoseconds of the run's start as the clock tells it now; nil: times stay as they were told
	Silence
}

// Silence is who says that something is not to be sent. Nil: nobody does.
type Silence struct {
	Held   *atomic.Uint32 // not 0: nothing is to be sent for now, and nothing told; more than 1: nobody wants what dead runs have left
	Killed func() bool    // all but panics, which are the entries of kind Fatal, is to be dropped, and no client report sent
}

// Sender is owned by the goroutine that calls Work. Wake, Flush, Stop, Away, Inside and Counts may be called by others.
type Sender struct {
	cfg   Config
	bell  notify.Bell
	quit  atomic.Bool // Stop was called
	ended atomic.Bool // Work has returned
	flushes
	away    atomic.Bool
	inside  inside
	probing unsafe.Pointer // *probe, atomic; the question that waits, nil if none does

	born    time.Time // the moments below count from here; immutable after New
	limits  protocol.RateLimits
	pauses  pauses
	reports reports
	format
	fleet
	sessions
	source

	Counts
}

// flushes is who waits.
type flushes struct {
	_       [0]func()     // no code to compare it
	asked   atomic.Uint64 // flushes asked for
	served  atomic.Uint64 // flushes after which the outbox was empty
	flushTo atomic.Uint64 // newest entry that somebody waits for

	errand unsafe.Pointer // *func(), atomic; to be done while nothing is under way, nil if nothing is
	halts  atomic.Uint32  // calls of Halt
	hung   uint32         // of those behind which nothing is kept open; owned by the goroutine of Work
}

// Counts is what a Sender has seen.
type Counts struct {
	_             [0]func() // no code to compare it
	Sent, Retries atomic.Uint64
	mu            sync.Mutex
	lastError     string // guarded by mu
}

// LastError returns what went wrong at the latest attempt that failed, and what to write where that helps; "" if none ever did.
func (c *Counts) LastError() string {
	c.mu.Lock()
	text := c.lastError
	c.mu.Unlock()
	return text
}

func (c *Counts) fail(text string) {
	c.mu.Lock()
	c.lastError = text
	c.mu.Unlock()
}

// New returns a sender; Work makes it run.
func New(cfg Config) *Sender {
	if cfg.Collect == nil {
		cfg.Collect = func() {}
	}
	if cfg.Killed == nil {
		cfg.Killed = func() bool { return false }
	}
	if cfg.Held == nil {
		cfg.Held = new(atomic.Uint32)
	}
	s := &Sender{cfg: cfg, born: time.Now()}
	s.box = cfg.Outbox
	if c := cfg.Compress; c != nil {
		s.form, s.content, _ = c.Form()
	}
	s.bell.Init()
	s.back = make(chan *flight, maxFlights)
	s.limit = min(transport.Parallel(cfg.Transport), maxFlights)
	s.pauses.urgedAt, s.reports.at, s.reports.next = -time.Hour, -time.Hour, -time.Hour
	s.request = transport.Request{
		URL: cfg.URL, Auth: cfg.Auth, UserAgent: cfg.UserAgent, ContentType: "application/x-sentry-envelope",
	}
	return s
}

//go:noinline
func (s *Sender) now() time.Duration { return time.Since(s.born) }

// Wake says that the outbox has something new. It never blocks.
func (s *Sender) Wake() { s.bell.Ring() }

// Flush waits until everything that is in the outbox now was answered or counted, and what was dropped was reported. It ends
// a pause of the sender's own early, but no more often than once a second, and not one that the server asked for. It reports
// false when the limit, one of Config.Progress, was over first.
func (s *Sender) Flush(limit *notify.Limit) bool {
	over := s.cfg.Session.Over() // its end is no entry yet
	last := s.cfg.Outbox.Last()
	for old := s.flushTo.Load(); old < last && !s.flushTo.CompareAndSwap(old, last); old = s.flushTo.Load() {
	}
	ticket := s.asked.Add(1)
	s.cfg.Progress.Wait(limit, func() bool {
		ended := s.ended.Load() || s.held()
		if n, _, _ := s.cfg.Outbox.Usage(); ended || s.served.Load() >= ticket || n > 0 && !over && s.cfg.Outbox.Drained(last) {
			return true
		}
		s.bell.Ring()
		return false
	})
	return s.served.Load() >= ticket || !over && s.cfg.Outbox.Drained(last)
}

// Keep has what was captured outlast a power cut, as far as Config.Sync can do that. It never blocks.
func (s *Sender) Keep() {
	if s.cfg.Sync != nil {
		s.keep.Store(true)
		s.bell.Ring()
	}
}

// Stop makes Work return and ends the attempts that are under way.
func (s *Sender) Stop() {
	s.quit.Store(true)
	s.bell.Ring()
	s.cut(errStopped)
}

// cut ends the attempts that are under way.
func (s *Sender) cut(why error) {
	for i := range s.flights {
		if life := (*lifetime)(atomic.LoadPointer(&s.flights[i].life)); life != nil {
			life.end(why)
		}
	}
}

// stopping reports whether Stop was called. An attempt publishes its lifetime before it asks.
//
//go:noinline
func (s *Sender) stopping() bool { return s.quit.Load() }

// Resume makes a sender whose Work has returned ready for another Work, which tries at once. The caller sees to it that there
// is one at a time.
func (s *Sender) Resume() {
	s.pauses.line = 0
	s.quit.Store(false)
	s.ended.Store(false)
}

// Away reports whether the server gives no usable answers at the moment, or is not asked for any.
func (s *Sender) Away() bool { return s.away.Load() || s.held() }
