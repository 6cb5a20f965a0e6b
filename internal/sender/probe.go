package sender

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
)

// probe is a question that somebody waits for the answer of.
type probe struct {
	_    [0]func()     // no code to compare it
	done chan struct{} // closed when text is there
	text string        // immutable after done is closed
}

// Probe sends an envelope that does nothing, with what was dropped if there is something, and returns what the answer means
// and what to write where that helps, "" if it is as it should be. It obeys no pause. It returns false when cancel was closed
// before the answer came, or the sender has ended.
func (s *Sender) Probe(cancel <-chan struct{}) (string, bool) {
	p := &probe{done: make(chan struct{})}
	for !s.probing.CompareAndSwap(nil, p) {
		if other := s.probing.Load(); other != nil {
			select {
			case <-other.done:
			case <-cancel:
				return "", false
			}
		}
	}
	for {
		changed := s.cfg.Progress.Changed()
		if s.ended.Load() {
			return "", false
		}
		s.bell.Ring()
		select {
		case <-p.done:
			return p.text, true
		case <-cancel:
			return "", false
		case <-changed:
		}
	}
}

// answer makes the attempt that somebody waits for in Probe, once no other is under way.
func (s *Sender) answer() {
	p := s.probing.Load()
	if p == nil || s.under > 0 {
		return
	}
	defer func() {
		s.probing.Store(nil)
		close(p.done)
	}()
	p.text = "the attempt ended in a panic"
	now, f := time.Now(), &s.flights[0]
	s.begin(f, blackbox.Entry{}, now)
	if s.untold(now) {
		s.appendReport(f, now)
	} else {
		f.body = protocol.AppendItem(f.body, "client_report", protocol.AppendClientReport(nil, now, nil))
	}
	s.fly(f)
	if p.text = explain(&f.resp, f.err, s.cfg.URL); f.err == nil && f.resp.Status == 429 {
		p.text = "status 429: the server takes no more for now: look at the quota and the rate limits of the project"
	}
	s.took(f)
}
