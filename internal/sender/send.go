package sender

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/text"
	"github.com/krunk-go/krunk/transport"
)

// send makes one attempt and does with the entry what the answer asks for:
//
//	no answer, 3xx, 5xx   kept, tried again with a growing pause: being offline is normal for a game
//	2xx                   done
//	429                   done; what was over a quota was counted by the server, the rest of the envelope was taken
//	413, other 4xx        given up and counted
func (s *Sender) send(e blackbox.Entry) {
	resp, told, err := s.post(e.ID, e.Body)
	if s.stopping() && err != nil {
		return // the program closes; the entry stays
	}
	now := time.Now()
	if err == nil {
		s.limits.Update(resp.RateLimits, resp.RetryAfter, resp.Status, now)
	}
	switch {
	case err != nil:
		s.backoff(err.Error(), 0)
	case resp.Status >= 200 && resp.Status < 300:
		s.answered()
		s.Sent.Add(1)
		s.settle(e, told)
	case resp.Status == 429:
		s.answered()
		s.settle(e, told)
	case resp.Status >= 400 && resp.Status < 500:
		s.answered()
		s.fail("status " + strconv.Itoa(resp.Status))
		s.drop(e, protocol.ReasonSendError)
	default:
		s.backoff("status "+strconv.Itoa(resp.Status), retryAfter(resp.RetryAfter))
	}
}

func (s *Sender) answered() {
	s.failures = 0
	s.away.Store(false)
}

func (s *Sender) settle(e blackbox.Entry, told bool) {
	if told {
		s.cfg.Tally.Told(s.discards)
	}
	s.done(e)
}

// post builds the request around items and reports whether a client report went along.
func (s *Sender) post(id [16]byte, items []byte) (resp transport.Response, told bool, err error) {
	if cap(s.body) > maxScratch {
		s.body = nil
	}
	h := s.cfg.Header
	h.EventID = ""
	if id != ([16]byte{}) {
		h.EventID = text.Hex(id[:])
	}
	now := time.Now()
	s.body = protocol.AppendEnvelopeHeader(s.body[:0], &h, now)
	s.body = append(s.body, items...)
	s.cfg.Collect()
	s.discards = s.cfg.Tally.Untold(s.discards[:0])
	due := items == nil || now.Sub(s.reported) >= reportEvery
	if told = due && len(s.discards) > 0 && !s.cfg.Killed() && !s.limits.Limited(protocol.CategoryInternal, now); told {
		s.reported = now
		s.report = protocol.AppendClientReport(s.report[:0], now, s.discards)
		s.body = protocol.AppendItem(s.body, "client_report", s.report)
	}
	s.request.Body = s.body
	resp, err = s.attempt()
	return resp, told, err
}

// attempt calls the transport; a panic in it is an attempt without an answer.
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

// reportAlone sends what was dropped when there is no envelope that could take it along. One attempt; what it could not tell
// stays counted.
func (s *Sender) reportAlone() {
	s.cfg.Collect()
	if s.discards = s.cfg.Tally.Untold(s.discards[:0]); len(s.discards) == 0 {
		return
	}
	if s.cfg.Killed() || s.limits.Limited(protocol.CategoryInternal, time.Now()) {
		return
	}
	resp, told, err := s.post([16]byte{}, nil)
	if err != nil {
		s.fail(err.Error())
		return
	}
	s.limits.Update(resp.RateLimits, resp.RetryAfter, resp.Status, time.Now())
	if told && (resp.Status < 300 || resp.Status == 429) {
		s.cfg.Tally.Told(s.discards)
	}
}

// backoff doubles the pause with every attempt in a row that got no answer; half of it is random, so that a fleet does not
// come back in one second. A server's own wish counts up to backoffMax.
func (s *Sender) backoff(why string, wish time.Duration) {
	s.fail(why)
	if !s.away.Swap(true) {
		s.cfg.Freed() // log records that wait for room must not stop events now
	}
	s.Retries.Add(1)
	pause := backoffMin << min(s.failures, 10)
	pause = min(pause, backoffMax)
	s.failures++
	pause = pause/2 + rand.N(pause/2)
	s.retryAt = time.Now().Add(max(pause, min(wish, backoffMax)))
}

// retryAfter reads the seconds of a Retry-After header; a date counts as nothing.
func retryAfter(v string) time.Duration {
	d, _ := protocol.ParseSeconds(v)
	return min(d, backoffMax)
}
