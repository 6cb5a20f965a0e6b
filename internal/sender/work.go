package sender

import (
	"sync/atomic"
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
			s.broken(errExited.Error())
			s.Work()
		}
	}()
	timer := notify.NewAlarm(&s.bell)
	for !s.stopping() {
		wait := s.turn()
		if s.cfg.Sync != nil && s.keep.Swap(false) {
			s.cfg.Sync()
		}
		s.bell.Sleep()
		if !s.ready() && !s.stopping() {
			s.tidy()
			timer.Stop()
			if idle := s.dismiss(s.now()); idle > 0 && (wait <= 0 || idle < wait) {
				wait = idle
			}
			if wait > 0 {
				timer.Set(wait)
			}
			<-s.bell.C()
		}
		s.bell.Awake()
	}
	timer.Stop()
	over = true
	s.end()
}

// end says that Work has returned.
func (s *Sender) end() {
	s.ground() // there is something only behind a panic
	if s.cfg.Heirs != nil {
		s.cfg.Heirs.Leave()
		s.box = s.cfg.Outbox
	}
	defer func() { // the last use of foreign code
		_ = recover()
		s.ended.Store(true)
		s.cfg.Progress.Broadcast()
	}()
	s.dismiss(1 << 62)
	transport.CloseIdle(s.cfg.Transport)
}

// turn is one pump, whatever happens in it.
func (s *Sender) turn() (wait time.Duration) {
	defer func() {
		if v := recover(); v != nil {
			if s.cfg.Fault != nil && s.cfg.Fault(v) { // what was under way goes again
				s.hand.Seq, wait = 0, time.Nanosecond
				return
			}
			if s.dead() || s.asking { // its memory may be what fails
				s.cfg.Heirs.abandon(s)
			}
			s.broken("a panic inside of Krunk")
			wait = time.Nanosecond // look again
		}
	}()
	return s.pump()
}

// broken ends the attempt that a panic or Goexit came out of.
func (s *Sender) broken(text string) {
	s.fail(text)
	if s.under == 0 {
		s.reports.settle(&s.flights[0], s.cfg.Tally, false)
		s.alight(&s.flights[0], unanswered)
	}
	if e := s.hand; e.Seq != 0 {
		s.hand = blackbox.Entry{}
		s.refused(&e, s.now())
	}
	s.pauses.line = max(s.pauses.line, s.now()+backoffMin)
}

// ready reports whether there is anything to do now; it is asked after the bell was armed, so nothing is missed.
func (s *Sender) ready() bool {
	if atomic.LoadPointer(&s.errand) != nil || s.keep.Load() {
		return true
	}
	if s.held() {
		return false
	}
	if s.asked.Load() > s.pauses.seen || atomic.LoadPointer(&s.probing) != nil {
		return true
	}
	now := s.now()
	if s.cfg.Session != nil && s.restless(now) {
		return true
	}
	if s.pauses.held(now) > 0 {
		return false
	}
	if h := s.cfg.Heirs; h != nil && h.later(s, now) {
		return true
	}
	_, ok := s.box.Next(now, s.mustWait)
	return ok
}

// pump sends until the outbox is empty or has to wait, and returns how long; 0 means until the bell rings.
func (s *Sender) pump() time.Duration {
	for !s.stopping() {
		if atomic.LoadPointer(&s.errand) != nil || s.held() {
			return s.hold()
		}
		if wait, over := s.step(); over {
			if h := s.cfg.Heirs; h != nil {
				wait = h.sooner(s, wait)
			}
			return wait
		}
	}
	s.landAll()
	return 0
}

// step makes one attempt, or waits for one that is under way; over says that there is nothing more to do for so long.
func (s *Sender) step() (wait time.Duration, over bool) {
	now := s.now()
	s.pauses.seen = s.asked.Load()
	if p := (*probe)(atomic.LoadPointer(&s.probing)); p != nil && s.under == 0 {
		p.make(s, p)
	}
	if s.cfg.Session != nil {
		s.endSession()
	}
	if s.cfg.Heirs != nil {
		s.cfg.Heirs.choose(s, now)
	}
	n, _, _ := s.box.Usage()
	if n == 0 {
		if s.tells(now, &wait) {
			return 0, false
		}
		s.idle(now)
		return wait, true
	}
	wide := s.wide(n)
	if s.under > 0 && (!wide || atomic.LoadPointer(&s.probing) != nil) {
		s.land()
		return 0, false
	}
	wait = s.pauses.held(now)
	if wait == 0 {
		s.overflow()
		e, ok := s.next(now)
		if ok {
			s.handle(&e, wide)
			return 0, false
		}
		wait = s.rest(now)
	}
	if s.under > 0 {
		s.land()
		return 0, false
	}
	return wait, !s.tells(now, &wait)
}

// next returns what is sent now. For who waits in Flush it is what was there when he called, but for panics, since others may
// capture more than can be sent, all of it more important; and also what rests.
func (s *Sender) next(now time.Duration) (blackbox.Entry, bool) {
	if !s.dead() && s.owes() {
		e, ok := s.box.Next(now, func(e *blackbox.Entry) bool {
			return s.mustWait(e) || e.Seq > s.pauses.owed && e.Kind != blackbox.Fatal
		})
		if ok {
			return e, true
		}
	}
	e, ok := s.box.Next(now, s.mustWait)
	if !ok && s.pauses.urging {
		e, ok = s.box.Next(-1, s.mustWait)
		s.pauses.spend(now)
	}
	return e, ok
}

// owes reports whether a flush waits for an entry. One flush after the other is served, as the newest entry moves on while others
// flush as well.
func (s *Sender) owes() bool {
	if s.box.Drained(s.pauses.owed) {
		s.pauses.owed = s.flushTo.Load()
	}
	return !s.box.Drained(s.pauses.owed)
}

// handle sends an entry or drops it.
func (s *Sender) handle(e *blackbox.Entry, wide bool) {
	s.hand = *e
	f := &s.flights[0]
	if carries(e) && s.limits.Limited(protocol.CategoryAttachment, s.now()) {
		s.detach(e, protocol.ReasonRateLimitBackoff)
	}
	switch {
	case s.cfg.Killed() && e.Kind != blackbox.Fatal:
		s.drop(e, protocol.ReasonIgnored)
	case s.expired(e):
		s.drop(e, protocol.ReasonCacheOverflow)
	case s.limited(e.Meta):
		s.drop(e, protocol.ReasonRateLimitBackoff)
	case wide:
		if !s.launch(e) {
			s.drop(e, protocol.ReasonInternalSDKError)
		}
	case !s.load(f, e):
		s.drop(e, protocol.ReasonInternalSDKError)
	default:
		s.fly(f)
		s.settle(f)
	}
	s.hand = blackbox.Entry{}
}

// rest returns how long nothing in the outbox may be sent: something fatal waits behind a rate limit, or what was refused rests.
func (s *Sender) rest(now time.Duration) time.Duration {
	at := s.box.Wakes(now)
	e, fatal := s.box.Newest(blackbox.Fatal, 0)
	if fatal = fatal && !s.foreign(&e); fatal {
		if until := s.limits.Until(protocol.CategoryError); until > now && (at == 0 || until < at) {
			at = until
		}
	}
	if again := s.pauses.urgedAt + urgeEvery; s.pauses.seen > s.pauses.urged && again > now && (at == 0 || again < at) {
		at = again
	}
	if at == 0 && !fatal { // only what is foreign is there
		return 0
	}
	return max(at-now, time.Millisecond)
}

// mustWait reports whether an entry stays in the outbox until its rate limit ends: a crash is worth that, everything else is
// dropped and counted as Sentry's documents demand. One that this program cannot read stays for good, and what is not over until it is, or
// somebody flushes: a heir knows how it ended.
func (s *Sender) mustWait(e *blackbox.Entry) bool {
	return e.Kind == blackbox.Fatal && s.limited(e.Meta) || s.foreign(e) || e.Open && e.Length == 0 && e.Seq > s.flushTo.Load()
}

func (s *Sender) limited(m blackbox.Meta) bool {
	now, c := s.now(), protocol.Category(m.Category)
	return s.limits.Limited(c, now) || c == protocol.CategoryLogItem && s.limits.Limited(protocol.CategoryLogByte, now)
}

// overflow drops the newest of the panics that wait for the end of a rate limit and take more than a quarter of the outbox. Log
// records may fill half of it: a quarter is left to them, which holds the longest batch.
func (s *Sender) overflow() {
	for s.limits.Limited(protocol.CategoryError, s.now()) {
		e, ok := s.box.Newest(blackbox.Fatal, s.box.Size()/4)
		if !ok {
			return
		}
		s.drop(&e, protocol.ReasonRateLimitBackoff)
	}
}

// drop gives an entry up and counts what was in it.
func (s *Sender) drop(e *blackbox.Entry, r protocol.Reason) {
	c := protocol.Category(e.Category)
	if carries(e) {
		s.detach(e, r)
	}
	s.cfg.Tally.Add(r, c, uint64(e.Count))
	if c == protocol.CategoryLogItem {
		s.cfg.Tally.Add(r, protocol.CategoryLogByte, uint64(s.size(e)))
	}
	s.done(e)
}

func (s *Sender) done(e *blackbox.Entry) {
	s.box.Done(e.Seq)
	s.cfg.Freed()
	s.cfg.Progress.Broadcast()
}
