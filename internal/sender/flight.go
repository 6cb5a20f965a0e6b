package sender

import (
	"bytes"
	"errors"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

const (
	attemptTime = 30 * time.Second // a transport with time-outs of its own ends before that
	maxFlights  = 4
	calm        = 40 << 10    // bytes that the bodies of requests keep while the sender sleeps
	aground     = time.Second // for which a goroutine that has made an attempt waits for the next one
)

// flight is one attempt. It is owned by the sender's goroutine, but for the time from launch until it comes back.
type flight struct {
	entry blackbox.Entry // Seq is 0 for a report or probe
	body  []byte         // the envelope; of a compressed one what is not compressed in it
	joined
	aboard
	began time.Duration
	told  bool           // a client report goes along
	used  bool           // between launch and landing
	halts uint32         // Sender.halts when it began
	life  unsafe.Pointer // *lifetime, atomic
	timer *time.Timer    // of the attempt, nil before the first one
	alone func()         // makes attempts in a goroutine of its own, nil before the first one that does
	turns chan bool      // to that goroutine: whether there is one more
	waits bool           // that goroutine is there and gets the next attempt
	req   transport.Request
	resp  transport.Response
	err   error
}

// fleet is all flights of a sender, owned by its goroutine.
type fleet struct {
	flights [maxFlights]flight
	limit   int          // of flights at once; immutable after New
	under   int          // flights under way in goroutines of their own
	back    chan *flight // those that have ended
	answers bool         // the latest attempt was accepted

	flown time.Duration // when the latest of them was launched
}

var (
	errPanicked = errors.New("the transport panicked")
	errExited   = errors.New("the transport called runtime.Goexit")
)

// begin begins the body of a request.
func (s *Sender) begin(f *flight, e blackbox.Entry, now time.Time) {
	f.entry, f.told, f.began, f.pack, f.aboard = e, false, s.now(), false, aboard{}
	h := s.cfg.Header
	if h.EventID = e.ID; s.dead() || s.Traced.Load() {
		h.TraceID = "" // it would say release and trace of this run, or which of its traces, where there are several
	}
	f.body = protocol.AppendEnvelopeHeader(f.body[:0], &h, now)
}

// load builds the request for an entry, or reports false for an entry that is none.
func (s *Sender) load(f *flight, e *blackbox.Entry) bool {
	now := time.Now()
	s.begin(f, *e, now)
	by := s.moved(e)
	if e.Encoding != 0 && by == 0 && !e.Open && !s.plain.Load() {
		return s.join(f, e, now)
	}
	item, ok := len(f.body), false
	if f.body, ok = s.appendItem(f.body, e); !ok {
		return false
	}
	if by != 0 {
		f.body = protocol.AppendMoved(f.body[:item], bytes.Clone(f.body[item:]), by)
	}
	if e.Length != 0 {
		f.body = s.cfg.Heirs.hang(f.body, item, e.Length)
	}
	f.body = appendAttachments(f.body, e)
	s.board(f, e)
	s.ride(f, now)
	return true
}

// moved returns by how much the clock was set since the times of an entry were told, 0 for less than a minute: a device may learn
// the time only when it is online.
func (s *Sender) moved(e *blackbox.Entry) int64 {
	begun := int64(0)
	switch {
	case e.Start == 0:
		return 0
	case s.dead():
		begun = s.cfg.Heirs.Start()
	case s.cfg.Start == nil:
		return 0
	default:
		begun = s.cfg.Start()
	}
	by := begun - e.Start
	if by > -int64(time.Minute) && by < int64(time.Minute) {
		return 0
	}
	return by
}

// fly calls the transport. A panic in it is as good as a refusal: the fault may lie in what it was given.
func (s *Sender) fly(f *flight) {
	life := &lifetime{began: int64(s.now())}
	f.halts = s.halts.Load()
	atomic.StorePointer(&f.life, unsafe.Pointer(life))
	if s.stopping() {
		life.end(errStopped)
	}
	defer life.end(errStopped)
	if f.timer == nil {
		f.timer = time.AfterFunc(attemptTime, func() { s.timeout(f) })
	} else {
		f.timer.Reset(attemptTime)
	}
	defer f.timer.Stop()
	defer func() {
		if recover() != nil {
			f.err = errPanicked
		}
	}()
	content := ""
	if f.pack {
		content = s.content
	}
	s.post(f, life, f.request(), content)
	if f.pack && f.err == nil && (f.resp.Status == 415 || f.resp.Status == 400) {
		s.postPlain(f, life)
	}
}

// post calls the transport with that body.
//
//go:noinline
func (s *Sender) post(f *flight, life *lifetime, body []byte, content string) {
	f.req = s.request // a transport that changes its request changes a copy
	f.req.Body, f.req.ContentEncoding = body, content
	f.err = errExited
	f.resp, f.err = s.call(life, &f.req)
}

// timeout ends an attempt that takes too long, and not the next one where it comes late.
func (s *Sender) timeout(f *flight) {
	if life := (*lifetime)(atomic.LoadPointer(&f.life)); int64(s.now())-life.began >= int64(attemptTime) {
		life.end(errTimeout)
	}
}

// launch lets a goroutine of its own make the attempt, or reports false for an entry that is none.
func (s *Sender) launch(e *blackbox.Entry) bool {
	f := &s.flights[0]
	for i := range s.flights {
		if f = &s.flights[i]; !f.used {
			break
		}
	}
	if !s.load(f, e) {
		return false
	}
	f.used = true
	s.under++
	s.box.Lend(e.Seq, true)
	s.flown = s.now()
	if f.waits {
		f.turns <- true
		return true
	}
	if f.alone == nil { // made once, as each go statement would make it anew
		f.turns = make(chan bool, 1)
		f.alone = func() {
			for more := true; more; more = <-f.turns {
				s.attempt(f)
			}
		}
	}
	go f.alone()
	return true
}

// attempt makes one in a goroutine of its own. After Goexit in the transport that goroutine is not there any more.
func (s *Sender) attempt(f *flight) {
	f.waits = false
	defer func() { s.back <- f }()
	s.fly(f)
	f.waits = true
}

// dismiss ends the goroutines that wait for an attempt, and returns 0. While the latest launch is less than a second ago it returns how
// long they still wait: a new goroutine for each attempt of a burst would grow its stack anew, a tenth of what a delivered event costs.
func (s *Sender) dismiss(now time.Duration) (wait time.Duration) {
	for i := range s.flights {
		if f := &s.flights[i]; !f.used && f.waits { // in this order: one that is used owns waits
			if wait = s.flown + aground - now; wait > 0 {
				return wait
			}
			f.waits = false
			f.turns <- false
		}
	}
	return 0
}

// land waits for one of the flights under way and settles it.
func (s *Sender) land() {
	f := <-s.back
	f.used = false
	s.under--
	s.box.Lend(f.entry.Seq, false)
	s.hand = f.entry
	s.settle(f)
	s.hand = blackbox.Entry{}
}

// ground waits for the flights under way and looks at no answer: what they carry goes again.
func (s *Sender) ground() {
	for ; s.under > 0; s.under-- {
		f := <-s.back
		f.used = false
		s.reports.settle(f, s.cfg.Tally, false)
		s.alight(f, unanswered)
		s.box.Lend(f.entry.Seq, false)
	}
}

// wide reports whether another attempt may be made beside those under way, of n entries that have no answer.
func (s *Sender) wide(n int) bool {
	least := 1 // that wait
	if s.under == 0 {
		least = 2
	}
	return s.under < s.limit && s.limit > 1 && s.answers && n-s.under >= least && (s.cfg.Aloft <= 0 || s.aloft() < s.cfg.Aloft)
}

// aloft returns the bytes of the requests under way.
func (s *Sender) aloft() (n int) {
	for i := range s.flights {
		if f := &s.flights[i]; f.used {
			n += len(f.request())
		}
	}
	return n
}

// tidy gives back what the sender does not need while it sleeps.
func (s *Sender) tidy() {
	kept := 0
	for i := range s.flights {
		f := &s.flights[i]
		size := cap(f.body) + cap(f.wire)
		if kept += size; !f.used && kept > calm {
			kept -= size
			f.body, f.wire = nil, nil
		}
	}
}
