package sentrytest

import (
	"net/http"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// verdict is what one request held.
type verdict struct {
	env      Envelope
	status   int // of a refusal, else 0
	cause    string
	events   []Event
	logs     []Log
	discards []Discard
	sessions []Session
	feedback []Feedback
	faults   []Fault
	notes    []Fault
}

// received reads what the rules have judged.
func received(number int, j *sentryrules.Judgement) *verdict {
	v := &verdict{status: j.Status, cause: j.Cause, faults: faultsOf(number, j.Faults), notes: faultsOf(number, j.Notes)}
	v.env.Number, v.env.Raw = number, j.Body
	if j.Header == nil {
		return v
	}
	v.env.Header = newHeader(j.Header)
	for i := range j.Items {
		it := &j.Items[i]
		v.env.Items = append(v.env.Items, newItem(it))
		for _, n := range it.Good {
			switch it.Type() {
			case "event":
				v.events = append(v.events, newEvent(v.env.Header.EventID, number, n, it.Payload))
			case "feedback":
				v.feedback = append(v.feedback, newFeedback(v.env.Header.EventID, number, n, it.Payload))
			case "log":
				v.logs = append(v.logs, newLog(number, n, it.Payload))
			case "client_report":
				v.discards = append(v.discards, newDiscards(number, n)...)
			case "session":
				v.sessions = append(v.sessions, newSession(number, n))
			}
		}
	}
	return v
}

// receive judges a request, chooses the answer and records both.
func (s *Server) receive(q *sentryrules.Request) answer {
	number, reply, scripted := s.begin()
	v := received(number, s.rules.Judge(s.settings(), q))
	v.env.Request, v.env.Wire, v.env.Encoding = q.Header, len(q.Body), q.Header.Get("Content-Encoding")
	if !scripted {
		reply = s.asked(v)
	}
	return s.record(v, reply)
}

func (s *Server) begin() (number int, r Reply, scripted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if len(s.script) > 0 {
		r, scripted = s.script[0], true
		s.script = s.script[1:]
	}
	return s.requests, r, scripted
}

// asked is the reply of the function set by Answer.
func (s *Server) asked(v *verdict) Reply {
	s.mu.Lock()
	f := s.answer
	s.mu.Unlock()
	if f == nil {
		return Reply{}
	}
	status := v.status
	if status == 0 {
		status = http.StatusOK
	}
	return f(Received{Envelope: v.env, Events: v.events, Logs: v.logs, Faults: v.faults, Status: status})
}

// record takes the items in, if the request is accepted.
func (s *Server) record(v *verdict, r Reply) answer {
	a := newAnswer(v, r, s.opt.RateLimits)
	v.env.Status = a.status
	if r.Hang || r.Reset {
		v.env.Status = 0
	}
	v.env.Accepted = v.status == 0 && (r.Keep || v.env.Status >= 200 && v.env.Status < 300)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.env.Accepted {
		s.accept(v)
	}
	s.keepEnvelope(v.env)
	for _, f := range v.faults {
		s.faults.add(f, len(f.Where)+len(f.What)+len(f.Write))
	}
	for _, f := range v.notes {
		s.notes.add(f, len(f.Where)+len(f.What)+len(f.Write))
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return a
}

func (s *Server) accept(v *verdict) {
	for _, e := range v.events {
		if !s.ids.put(e.ID) {
			v.env.Duplicate = true
			s.duplicates++
			continue
		}
		s.events.add(e, len(e.Raw))
	}
	for _, f := range v.feedback {
		if !s.ids.put(f.ID) {
			v.env.Duplicate = true
			s.duplicates++
			continue
		}
		s.feedback.add(f, len(f.Raw))
	}
	for _, l := range v.logs {
		s.logs.add(l, len(l.Raw))
	}
	for _, d := range v.discards {
		s.discards.add(d, 0)
	}
	for _, x := range v.sessions {
		s.live(v, x)
		s.sessions.add(x, 0)
	}
}

// keepEnvelope adds e and drops the bytes of the oldest ones.
func (s *Server) keepEnvelope(e Envelope) {
	kept := &e
	meta := 1024
	for _, it := range e.Items {
		meta += len(it.Header) + 128
	}
	s.envelopes.add(kept, meta)
	if len(e.Raw) == 0 {
		return
	}
	s.raw = append(s.raw, kept)
	s.rawBytes += int64(len(e.Raw))
	for s.rawBytes > s.opt.Keep {
		oldest := s.raw[0]
		s.raw[0], s.raw = nil, s.raw[1:]
		s.rawBytes -= int64(len(oldest.Raw))
		oldest.drop()
	}
}

// drop forgets the bytes. Copies handed out before share Items, so those are replaced and not changed.
func (e *Envelope) drop() {
	items := append([]Item(nil), e.Items...)
	for i := range items {
		items[i].Payload = nil
	}
	e.Raw, e.Items = nil, items
}
