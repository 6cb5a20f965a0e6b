package sender

import (
	"errors"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/transport"
)

// While somebody may still say that nothing is to be sent, everything waits: Config.Held is asked before each attempt, and once more where the
// transport is called. What is under way as it changes is ended by Halt.

var errHeld = errors.New("nothing may be sent for now")

//go:noinline
func (s *Sender) held() bool { return s.cfg.Held.Load() != 0 }

// Ask has the sender's goroutine do something while nothing is under way; what waits is forgotten. It must not panic, and tells itself when it is
// done.
func (s *Sender) Ask(do func()) {
	atomic.StorePointer(&s.errand, unsafe.Pointer(&do))
	s.bell.Ring()
}

// Errand does what somebody has asked for. It is called by who owns the sender.
func (s *Sender) Errand() {
	if f := (*func())(atomic.SwapPointer(&s.errand, nil)); f != nil {
		(*f)()
	}
}

// asked is Config.Held while somebody may still say yes.
const asked = 1

// hold is what a turn is while nothing may be sent, or somebody has asked for something. Dead runs are looked at all the same until
// there is a no, since they must not take more room than they may.
func (s *Sender) hold() (wait time.Duration) {
	s.landAll()
	if n := s.halts.Load(); n != s.hung { // a connection that is kept goes on talking to its server
		s.hung = n
		transport.CloseIdle(s.cfg.Transport)
	}
	s.Errand()
	if !s.held() {
		return time.Nanosecond // look again
	}
	if h := s.cfg.Heirs; h != nil && s.cfg.Held.Load() == asked { // whoever removes them would find one held
		h.List()
	}
	s.cfg.Progress.Broadcast()
	return 0
}

func (s *Sender) landAll() {
	for s.under > 0 {
		s.land()
	}
}

// Halt ends all attempts that are under way.
func (s *Sender) Halt() {
	s.halts.Add(1)
	s.cut(errHeld)
}

// Wipe forgets all that waits, and fills the memory with zeros in which it was. It is called by Ask, while Config.Held says so.
func (s *Sender) Wipe() {
	if s.cfg.Heirs != nil {
		s.cfg.Heirs.Lose()
	}
	s.box, s.hand, s.pauses.suspect = s.cfg.Outbox, blackbox.Entry{}, 0
	s.cfg.Outbox.Wipe()
	for i := range s.flights {
		f := &s.flights[i]
		clear(f.body[:cap(f.body)])
		clear(f.wire[:cap(f.wire)])
		f.body, f.wire, f.entry, f.req.Body = nil, nil, blackbox.Entry{}, nil
	}
	s.cfg.Session.Wipe()
	s.cfg.Freed()
}
