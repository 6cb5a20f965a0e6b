package sender

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/session"
)

// Updates of the run's session go along with its events, and for themselves where none goes; see package session. How a session ended
// is an entry of the outbox, which goes along with a crash.

// aboard is what of sessions goes along with an envelope.
type aboard struct {
	_      [0]func() // no code to compare it
	update bool      // of the run that lives
	again  bool      // it is refused, and goes once more without what went along
	end    uint64    // Seq of the entry in the same outbox that tells how a session ended, 0 if none
}

// sessions is what the sender knows of them.
type sessions struct {
	_     [0]func() // no code to compare it
	apart bool      // a server refused an envelope that they went along with: they go for themselves
	mute  bool      // it refused one of their own: it is told nothing more of the session that runs
}

// expired reports whether an entry tells how a session ended that is too old for every server.
func (s *Sender) expired(e *blackbox.Entry) bool {
	return e.Category == uint8(protocol.CategorySession) && session.TooOld(e.Body, time.Now().UnixNano())
}

// board lets what is to be told of sessions go along with an event.
func (s *Sender) board(f *flight, e *blackbox.Entry) {
	if e.Category != uint8(protocol.CategoryError) || s.apart || s.cfg.Killed() || s.limited(blackbox.Meta{Category: uint8(protocol.CategorySession)}) {
		return
	}
	if l := s.cfg.Session; l != nil && !s.mute && !s.dead() {
		f.body, f.update = l.Append(f.body)
	}
	if crash, ok := s.box.Newest(blackbox.Fatal, 0); !ok || crash.Seq != e.Seq {
		return
	}
	if end, ok := s.box.Latest(uint8(protocol.CategorySession)); ok && end.Encoding == 0 && !s.expired(&end) {
		f.body, f.end = append(f.body, end.Body...), end.Seq
		s.box.Lend(end.Seq, true)
	}
}

// alight takes note of what became of what went along. It reports whether the event is to go once more without that: a server that
// does not want one of the two refuses both.
func (s *Sender) alight(f *flight, what outcome) (again bool) {
	if !f.update && f.end == 0 {
		return false
	}
	again = what == final && f.entry.Seq != 0
	s.apart = s.apart || again
	taken := what == accepted || what == limited && !s.limits.Limited(protocol.CategorySession, s.now())
	if f.update {
		f.update = false
		s.cfg.Session.Answered(taken)
	}
	if seq := f.end; seq != 0 {
		f.end = 0
		s.box.Lend(seq, false)
		if taken {
			s.box.Done(seq)
		}
	}
	return again
}

// endSession puts how the session ended into the outbox, once it has: at a crash only when its event is there, or will not come as
// somebody waits in Flush, where all that was captured has been read.
func (s *Sender) endSession() {
	l := s.cfg.Session
	l.Note()
	over, last, crash, after := l.Ends()
	if !over {
		return
	}
	if crash && s.served.Load() >= s.pauses.seen {
		if e, ok := s.cfg.Outbox.Newest(blackbox.Fatal, 0); !ok || e.Upto <= after {
			return
		}
	}
	s.landAll()     // the answer says whether the session is known
	s.cfg.Collect() // errors
	m := blackbox.Meta{Kind: blackbox.Event, Category: uint8(protocol.CategorySession), Count: 1}
	if !s.cfg.Outbox.Put(m, l.AppendEnd(nil)) {
		if last {
			return // there may be room later, and an heir makes it as well
		}
		s.cfg.Tally.Add(protocol.ReasonBufferOverflow, protocol.CategorySession, 1)
	}
	l.Ended()
}

// due returns how long it takes until the next update of the running session is to be made, not more than 0 if it is time, or false if
// there is none: not before a pause ends, and not while the server wants to hear nothing of sessions.
func (s *Sender) due(now time.Duration) (time.Duration, bool) {
	ms, ok := s.cfg.Session.Due()
	if !ok || s.mute || s.cfg.Killed() {
		return 0, false
	}
	until := max(s.pauses.wish, s.pauses.line, s.limits.Until(protocol.CategorySession))
	return max(time.Duration(ms)*time.Millisecond, until-now), true
}

// restless reports whether there is something to tell of sessions now.
func (s *Sender) restless(now time.Duration) bool {
	if over, last, _, _ := s.cfg.Session.Ends(); over && !last {
		return true
	}
	wait, ok := s.due(now)
	return ok && wait <= 0
}

// tells tells the next update of the running session in an envelope of its own, if it is time and nothing else may be sent. If it does
// not, wait becomes the time until then where that is shorter; 0 is for ever.
func (s *Sender) tells(now time.Duration, wait *time.Duration) bool {
	if s.cfg.Session == nil {
		return false
	}
	rest, ok := s.due(now)
	if !ok {
		return false
	}
	if rest > 0 {
		if *wait == 0 || rest < *wait {
			*wait = rest
		}
		return false
	}
	f := &s.flights[0]
	s.begin(f, blackbox.Entry{}, time.Now())
	f.body, f.update = s.cfg.Session.Append(f.body)
	s.fly(f)
	switch what := s.took(f); {
	case what == held:
	case what == unanswered || what == refused:
		s.gone(f.began)
	case what > limited:
		s.mute = true
		s.cfg.Tally.Add(protocol.ReasonSendError, protocol.CategorySession, 1)
	}
	return true
}
