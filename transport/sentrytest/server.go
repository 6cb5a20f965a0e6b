package sentrytest

import (
	"context"
	"net/http"
	"sync"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// Server is a Sentry endpoint. It is made by Start or New; all its methods may be called at any time by any goroutine.
// What its methods hand out belongs to the caller, but for the bytes inside, which are shared and must not be changed.
type Server struct {
	opt     Options
	rules   *sentryrules.Rules
	url     string
	http    *http.Server // nil without a socket
	closed  chan struct{}
	serving sync.WaitGroup // handlers and the accept loop

	mu      sync.Mutex // guards the rest
	shut    bool
	changed chan struct{} // closed when something was received
	script  []Reply
	answer  func(Received) Reply
	inbox
}

// inbox is what a Server has received since it was started or reset.
type inbox struct {
	requests   int
	duplicates int
	ids        idSet
	lives      map[string]*life // of sessions by sid, the newest 65,536
	sids       idSet            // keys of lives
	envelopes  kept[*Envelope]
	raw        []*Envelope // those with Raw, oldest first
	rawBytes   int64
	events     kept[Event]
	logs       kept[Log]
	discards   kept[Discard]
	sessions   kept[Session]
	feedback   kept[Feedback]
	faults     kept[Fault]
	notes      kept[Fault]
}

func (s *Server) clear() {
	const faultBytes = 10000 * 512
	s.changed, s.script = make(chan struct{}), nil
	s.inbox = inbox{
		ids: newIDSet(), sids: newIDSet(), lives: make(map[string]*life),
		envelopes: kept[*Envelope]{limit: s.opt.Keep}, events: kept[Event]{limit: s.opt.Keep}, logs: kept[Log]{limit: s.opt.Keep},
		discards: kept[Discard]{limit: s.opt.Keep}, sessions: kept[Session]{limit: s.opt.Keep}, feedback: kept[Feedback]{limit: s.opt.Keep},
		faults: kept[Fault]{limit: faultBytes}, notes: kept[Fault]{limit: faultBytes},
	}
}

// Reset forgets everything received, the faults and the replies that Next still holds. The function set by Answer stays.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	wake := s.changed
	s.clear()
	close(wake)
}

// Close ends every request that hangs, stops listening and waits for the handlers. Later requests get no answer. What was
// received can still be read. Close may be called again.
func (s *Server) Close() {
	s.mu.Lock()
	first := !s.shut
	s.shut = true
	s.mu.Unlock()
	if first {
		close(s.closed)
	}
	if s.http != nil {
		_ = s.http.Close()
	}
	s.serving.Wait()
}

// enter reports whether a request may begin; leave ends it.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut {
		return false
	}
	s.serving.Add(1)
	return true
}

func (s *Server) leave() { s.serving.Done() }

// Wait blocks until ok reports true, and returns true then; false if ctx ended or the Server was closed before. It calls ok
// at once and after each request, without a lock, so ok may call all methods of the Server but Close.
func (s *Server) Wait(ctx context.Context, ok func(*Server) bool) bool {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok(s) {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ok(s)
		case <-s.closed:
			return ok(s)
		}
	}
}

func (s *Server) settings() sentryrules.Settings {
	return sentryrules.Settings{Project: s.opt.Project, Key: s.opt.Key, AnyTime: s.opt.AnyTime}
}

// Requests is the number of requests so far, whatever they held.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Duplicates is the number of accepted events whose id had been accepted before (among the newest 65,536).
func (s *Server) Duplicates() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.duplicates
}

// Events are the accepted events in order of arrival, without duplicates and without those that servers drop.
func (s *Server) Events() []Event { return locked(s, &s.events) }

// Logs are the accepted log records in order.
func (s *Server) Logs() []Log { return locked(s, &s.logs) }

// Discards are the entries of the accepted client reports in order.
func (s *Server) Discards() []Discard { return locked(s, &s.discards) }

// Sessions are the accepted updates of sessions in order.
func (s *Server) Sessions() []Session { return locked(s, &s.sessions) }

// Feedback is what players wrote, in order, without duplicates.
func (s *Server) Feedback() []Feedback { return locked(s, &s.feedback) }

// Faults is everything that a server would refuse, drop, cut or change, or that the protocol forbids, of all requests, also
// of those that were answered with an error on purpose. At most 100 for a request.
func (s *Server) Faults() []Fault { return locked(s, &s.faults) }

// Notes is advice: legal, but an old or strict server may lose something.
func (s *Server) Notes() []Fault { return locked(s, &s.notes) }

// Attachments are the items that arrived beside the event with that id, once for each time that it arrived.
func (s *Server) Attachments(eventID string) (items []Item) {
	for _, e := range s.selected(true) {
		for _, it := range e.Items {
			if it.Type == "attachment" && e.Header.EventID == eventID {
				items = append(items, it)
			}
		}
	}
	return items
}

// Envelopes are the accepted requests in order, duplicates included.
func (s *Server) Envelopes() []Envelope { return s.selected(true) }

// Refused are the requests that were not accepted: answered with an error or not at all.
func (s *Server) Refused() []Envelope { return s.selected(false) }

func locked[T any](s *Server, k *kept[T]) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return k.list()
}

func (s *Server) selected(accepted bool) []Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Envelope
	for _, e := range s.envelopes.items {
		if e.Accepted == accepted {
			out = append(out, *e)
		}
	}
	return out
}

func newIDSet() idSet { return idSet{has: map[string]bool{}} }
