package sender

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

// Work runs until Stop. A panic or runtime.Goexit in what it calls, the transport above all, costs the attempt that it
// happened in.
func (s *Sender) Work() {
	over := false
	defer func() {
		if !over { // Goexit: the goroutine lives on in this deferred call
			s.broken("the transport called runtime.Goexit")
			s.Work()
		}
	}()
	timer := notify.NewAlarm()
	for !s.stopping() {
		wait := s.turn()
		s.bell.Sleep()
		if !s.ready() && !s.stopping() {
			s.shrink()
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
	timer.Stop()
	over = true
	s.end()
}

// shrink gives back what a long body has left behind, before the sender sleeps.
func (s *Sender) shrink() {
	if s.request.Body = nil; cap(s.body) > calm {
		s.body = nil
	}
}

// end says that Work has returned.
func (s *Sender) end() {
	s.body = nil
	defer func() { // the last use of foreign code
		_ = recover()
		s.ended.Store(true)
		s.cfg.Progress.Broadcast()
	}()
	transport.CloseIdle(s.cfg.Transport)
}

// turn is one pump, whatever happens in it.
func (s *Sender) turn() (wait time.Duration) {
	defer func() {
		if recover() != nil {
			s.broken("a panic inside of Krunk")
			wait = time.Nanosecond // look again
		}
	}()
	return s.pump()
}

// broken ends the attempt that a panic or Goexit came out of.
func (s *Sender) broken(text string) {
	s.fail(text)
	if e := s.hand; e.Seq != 0 {
		s.hand = blackbox.Entry{}
		s.refused(&e)
	}
	s.pauses.line = max(s.pauses.line, s.now()+backoffMin)
}

// ready reports whether there is anything to do now; it is asked after the bell was armed, so nothing is missed.
func (s *Sender) ready() bool {
	if s.asked.Load() > s.pauses.seen || s.probing.Load() != nil {
		return true
	}
	now := s.now()
	if s.pauses.held(now) > 0 {
		return false
	}
	_, ok := s.cfg.Outbox.Next(now, s.mustWait)
	return ok
}

// pump sends until the outbox is empty or has to wait, and returns how long; 0 means until the bell rings.
func (s *Sender) pump() time.Duration {
	for !s.stopping() {
		now := s.now()
		s.pauses.seen = s.asked.Load()
		s.answer()
		if n, _, _ := s.cfg.Outbox.Usage(); n == 0 {
			s.idle(now)
			return 0
		}
		if wait := s.pauses.held(now); wait > 0 {
			return wait
		}
		s.overflow()
		e, ok := s.next(now)
		if !ok {
			return s.rest(now)
		}
		s.hand = e
		s.handle(&e)
		s.hand = blackbox.Entry{}
	}
	return 0
}

// next returns what is sent now. For who waits in Flush it is what was there when he called, but for panics, since others may
// capture more than can be sent, all of it more important; and also what rests.
func (s *Sender) next(now time.Duration) (blackbox.Entry, bool) {
	if s.owes() {
		e, ok := s.cfg.Outbox.Next(now, func(e *blackbox.Entry) bool {
			return s.mustWait(e) || e.Seq > s.pauses.owed && e.Kind != blackbox.Fatal
		})
		if ok {
			return e, true
		}
	}
	e, ok := s.cfg.Outbox.Next(now, s.mustWait)
	if !ok && s.pauses.urging {
		e, ok = s.cfg.Outbox.Next(-1, s.mustWait)
		s.pauses.spend(now)
	}
	return e, ok
}

// owes reports whether a flush waits for an entry. One flush after the other is served, as the newest entry moves on while others
// flush as well.
func (s *Sender) owes() bool {
	if s.cfg.Outbox.Drained(s.pauses.owed) {
		s.pauses.owed = s.flushTo.Load()
	}
	return !s.cfg.Outbox.Drained(s.pauses.owed)
}

func (s *Sender) handle(e *blackbox.Entry) {
	switch {
	case s.cfg.Killed() && e.Kind != blackbox.Fatal:
		s.drop(e, protocol.ReasonIgnored)
	case s.limited(e.Meta):
		s.drop(e, protocol.ReasonRateLimitBackoff)
	default:
		s.send(e)
	}
}

// rest returns how long nothing in the outbox may be sent: something fatal waits behind a rate limit, or what was refused rests.
func (s *Sender) rest(now time.Duration) time.Duration {
	at := s.cfg.Outbox.Wakes(now)
	if _, fatal := s.cfg.Outbox.Newest(blackbox.Fatal, 0); fatal {
		if until := s.limits.Until(protocol.CategoryError).Sub(s.born); until > now && (at == 0 || until < at) {
			at = until
		}
	}
	if again := s.pauses.urgedAt + urgeEvery; s.pauses.seen > s.pauses.urged && again > now && (at == 0 || again < at) {
		at = again
	}
	return max(at-now, time.Millisecond)
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

// overflow drops the newest of the panics that wait for the end of a rate limit and take more than half of the outbox.
func (s *Sender) overflow() {
	for s.limits.Limited(protocol.CategoryError, time.Now()) {
		e, ok := s.cfg.Outbox.Newest(blackbox.Fatal, s.cfg.Outbox.Size()/2)
		if !ok {
			return
		}
		s.drop(&e, protocol.ReasonRateLimitBackoff)
	}
}

// drop gives an entry up and counts what was in it.
func (s *Sender) drop(e *blackbox.Entry, r protocol.Reason) {
	c := protocol.Category(e.Category)
	s.cfg.Tally.Add(r, c, uint64(e.Count))
	if c == protocol.CategoryLogItem {
		s.cfg.Tally.Add(r, protocol.CategoryLogByte, uint64(len(e.Body)))
	}
	s.done(e)
}

func (s *Sender) done(e *blackbox.Entry) {
	s.cfg.Outbox.Done(e.Seq)
	s.cfg.Freed()
	s.cfg.Progress.Broadcast()
}
