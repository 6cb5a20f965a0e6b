package notify

import (
	"sync/atomic"
	"time"
)

// Limit is how long somebody waits for a Signal. A nil Limit is never over.
type Limit struct {
	_      [0]func() // no code to compare it
	over   atomic.Bool
	signal *Signal
	timer  *time.Timer
}

// Limit returns a limit that is over after d, which wakes everybody who waits for s.
//
//go:noinline
func (s *Signal) Limit(d time.Duration) *Limit {
	l := &Limit{signal: s}
	l.timer = time.AfterFunc(d, l.End)
	return l
}

// End makes the limit be over now.
func (l *Limit) End() {
	l.over.Store(true)
	l.signal.Broadcast()
}

// Stop makes the limit not be over later on.
//
//go:noinline
func (l *Limit) Stop() { l.timer.Stop() }

// Over reports whether the limit is over.
func (l *Limit) Over() bool { return l != nil && l.over.Load() }

// Wait waits until done reports true, which is asked again after every Broadcast, and reports false when the limit was over
// first. A select over two channels would do the same, and links 11 KiB of package runtime.
func (s *Signal) Wait(l *Limit, done func() bool) bool {
	for {
		changed := s.Changed()
		if done() {
			return true
		}
		if l.Over() {
			return false
		}
		<-changed
	}
}
