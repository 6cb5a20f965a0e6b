package sender

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
)

const maxRefusals = 8 // that count against an envelope until it is given up

// settle does with an entry what the answer asks for.
func (s *Sender) settle(f *flight) {
	if s.stopping() && f.err != nil {
		s.alight(f, unanswered)
		return // the program closes; the entry stays
	}
	e := &f.entry
	switch s.took(f) {
	case accepted:
		s.Sent.Add(1)
		s.done(e)
		s.box.Accepted()
	case limited: // what was over a quota was counted by the server, the rest of the envelope was taken
		if !s.mustWait(e) {
			s.done(e)
		}
	case final:
		switch {
		case f.again:
		case carries(e): // that may be what it does not take
			s.detach(e, protocol.ReasonSendError)
		default:
			s.drop(e, protocol.ReasonSendError)
		}
	case tooLarge:
		s.tooLarge(e)
	case unanswered:
		s.Retries.Add(1)
		s.gone(f.began)
	case refused:
		s.refused(e, f.began)
	case held:
	}
	if e.Kind == blackbox.Fatal && f.err != nil && s.cfg.Sync != nil {
		s.keep.Store(true) // it is worth waiting for the disk
	}
}

// took takes note of what an answer means for all that follows.
func (s *Sender) took(f *flight) outcome {
	if f.err == errHeld || f.err != nil && f.halts != s.halts.Load() {
		s.reports.settle(f, s.cfg.Tally, false)
		s.alight(f, held)
		return held
	}
	resp := &f.resp
	what := judge(resp, f.err)
	s.answers = what == accepted
	s.reports.settle(f, s.cfg.Tally, what <= limited)
	if text := explain(resp, f.err, s.cfg.URL); text != "" {
		s.fail(text)
	}
	if f.err == nil {
		s.limits.Update(resp.RateLimits, resp.RetryAfter, resp.Status, s.now(), time.Now().UnixNano())
	}
	f.again = s.alight(f, what)
	switch what {
	case unanswered:
	case refused:
		s.pauses.obey(s.now(), retryAfter(resp.RetryAfter))
	case limited:
		s.pauses.obey(s.now(), overQuota)
		fallthrough
	default:
		s.pauses.back()
		s.away.Store(false)
	}
	return what
}

// refused puts an entry behind the others and lets it rest. The first one that is refused holds nothing up: the fault may be
// its own. When another one is refused as well before any is accepted, the server is in trouble, and all wait. An entry against
// which maxRefusals count is given up.
func (s *Sender) refused(e *blackbox.Entry, began time.Duration) {
	s.Retries.Add(1)
	refusals, row := s.box.Refused(e.Seq)
	if refusals >= maxRefusals {
		s.drop(e, protocol.ReasonSendError)
		return
	}
	now := s.now()
	s.box.Rest(e.Seq, now+backoff(max(refusals, row-1)))
	if s.pauses.suspect == 0 || s.pauses.suspect == e.Seq {
		s.pauses.suspect = e.Seq
		return
	}
	s.gone(began)
}

// gone takes note that the server gives no usable answers, in an attempt that began then.
func (s *Sender) gone(began time.Duration) {
	s.pauses.away(s.now(), began)
	if !s.away.Swap(true) {
		s.cfg.Freed() // log records that wait for room must not stop events now
	}
}

// tooLarge has what follows built smaller. An event that has attachments goes again without them, and one that has breadcrumbs without those.
func (s *Sender) tooLarge(e *blackbox.Entry) {
	s.box.TooLarge(s.size(e))
	if carries(e) {
		s.detach(e, protocol.ReasonSendError)
		return
	}
	if e.Cut > 0 && !e.Shorten {
		s.box.Shorten(e.Seq)
		return
	}
	s.drop(e, protocol.ReasonSendError)
}

// retryAfter reads the seconds of a Retry-After header; a date counts as nothing.
func retryAfter(v string) time.Duration {
	d, _ := protocol.ParseSeconds(v)
	return d
}
