package sender

import (
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
)

// probe is a question that somebody waits for the answer of.
type probe struct {
	_    [0]func() // no code to compare it
	done atomic.Bool
	text string                    // immutable after done
	make func(s *Sender, p *probe) // the attempt: what only Probe needs is reached from there alone
}

// Probe sends an envelope that does nothing, with what was dropped if there is something, and returns what the answer means
// and what to write where that helps, "" if it is as it should be. It obeys no pause. It returns false when the limit, one of
// Config.Progress, was over before the answer came, or the sender has ended.
func (s *Sender) Probe(limit *notify.Limit) (string, bool) {
	p, mine := &probe{make: (*Sender).answer}, false
	s.cfg.Progress.Wait(limit, func() bool {
		mine = mine || atomic.CompareAndSwapPointer(&s.probing, nil, unsafe.Pointer(p))
		if s.ended.Load() || s.held() || p.done.Load() {
			return true
		}
		s.bell.Ring()
		return false
	})
	if !p.done.Load() {
		if s.held() {
			atomic.CompareAndSwapPointer(&s.probing, unsafe.Pointer(p), nil)
		}
		return "", false
	}
	return p.text, true
}

// answer makes the attempt that somebody waits for in Probe. No other is under way.
func (s *Sender) answer(p *probe) {
	defer func() {
		atomic.CompareAndSwapPointer(&s.probing, unsafe.Pointer(p), nil)
		p.done.Store(true)
		s.cfg.Progress.Broadcast()
	}()
	p.text = "the attempt ended in a panic"
	now, f := time.Now(), &s.flights[0]
	s.begin(f, blackbox.Entry{}, now)
	if s.untold() {
		s.appendReport(f, now)
	} else {
		f.body = protocol.AppendItem(f.body, "client_report", protocol.AppendClientReport(nil, now, nil))
	}
	s.fly(f)
	p.text = explain(&f.resp, f.err, s.cfg.URL)
	s.took(f)
}
