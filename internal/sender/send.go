package sender

import (
	"errors"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/text"
	"github.com/krunk-go/krunk/transport"
)

const (
	attemptTime = 30 * time.Second // a transport with time-outs of its own ends before that
	calm        = 16 << 10         // bytes that the body of a request keeps while the sender sleeps
	maxRefusals = 8
)

// send makes one attempt and does with the entry what the answer asks for.
func (s *Sender) send(e *blackbox.Entry) {
	resp, err := s.post(e)
	if s.stopping() && err != nil {
		return // the program closes; the entry stays
	}
	what := s.took(resp, err)
	switch what {
	case accepted:
		s.Sent.Add(1)
		s.done(e)
		s.cfg.Outbox.Accepted()
	case limited: // what was over a quota was counted by the server, the rest of the envelope was taken
		s.done(e)
	case final:
		s.drop(e, protocol.ReasonSendError)
	case tooLarge:
		s.tooLarge(e)
	case unanswered:
		s.Retries.Add(1)
		s.gone()
	case refused:
		s.refused(e)
	}
}

// took takes note of what an answer means for all that follows.
func (s *Sender) took(resp transport.Response, err error) outcome {
	what := judge(resp, err)
	s.reports.settle(s.cfg.Tally, what == accepted || what == limited)
	if text := explain(resp, err, s.cfg.URL); text != "" {
		s.fail(text)
	}
	if err == nil {
		s.limits.Update(resp.RateLimits, resp.RetryAfter, resp.Status, time.Now())
	}
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
func (s *Sender) refused(e *blackbox.Entry) {
	s.Retries.Add(1)
	refusals, row := s.cfg.Outbox.Refused(e.Seq)
	if refusals >= maxRefusals {
		s.drop(e, protocol.ReasonSendError)
		return
	}
	now := s.now()
	s.cfg.Outbox.Rest(e.Seq, now+backoff(max(refusals, row-1)))
	if s.pauses.suspect == 0 || s.pauses.suspect == e.Seq {
		s.pauses.suspect = e.Seq
		return
	}
	s.gone()
}

// gone takes note that the server gives no usable answers.
func (s *Sender) gone() {
	s.pauses.away(s.now())
	if !s.away.Swap(true) {
		s.cfg.Freed() // log records that wait for room must not stop events now
	}
}

// tooLarge has what follows built smaller. An event that has breadcrumbs goes again without them.
func (s *Sender) tooLarge(e *blackbox.Entry) {
	if e.Cut > 0 && !e.Shorten {
		s.cfg.Outbox.TooLarge(len(e.Body))
		s.cfg.Outbox.Shorten(e.Seq)
		return
	}
	if !e.Shorten {
		s.cfg.Outbox.TooLarge(len(e.Body))
	}
	s.drop(e, protocol.ReasonSendError)
}

// post builds the request for an entry and makes the attempt.
func (s *Sender) post(e *blackbox.Entry) (transport.Response, error) {
	now := time.Now()
	s.header(e.ID, now)
	if e.Shorten {
		s.body = protocol.AppendShortEvent(s.body, e.Body, int(e.Cut))
	} else {
		s.body = append(s.body, e.Body...)
	}
	s.ride(now)
	s.request.Body = s.body
	return s.attempt()
}

// header begins the body of a request.
func (s *Sender) header(id [16]byte, now time.Time) {
	h := s.cfg.Header
	h.EventID = ""
	if id != ([16]byte{}) {
		h.EventID = text.Hex(id[:])
	}
	s.body = protocol.AppendEnvelopeHeader(s.body[:0], &h, now)
}

// attempt calls the transport. A panic in it is an answer as good as a refusal: the fault may lie in what it was given.
func (s *Sender) attempt() (resp transport.Response, err error) {
	life := newLifetime()
	s.current.Store(life)
	if s.stopping() {
		life.end(errStopped)
	}
	defer life.end(errStopped)
	defer time.AfterFunc(attemptTime, func() { life.end(errTimeout) }).Stop()
	defer func() {
		if r := recover(); r != nil {
			err = errPanicked
		}
	}()
	r := s.request // a transport that changes its request changes a copy
	return s.cfg.Transport.Send(life, &r)
}

var errPanicked = errors.New("the transport panicked")

// retryAfter reads the seconds of a Retry-After header; a date counts as nothing.
func retryAfter(v string) time.Duration {
	d, _ := protocol.ParseSeconds(v)
	return d
}
