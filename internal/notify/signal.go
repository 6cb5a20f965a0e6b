// Package notify wakes goroutines that wait for progress.
package notify

import "sync"

// Signal is a broadcast: every Changed channel that was handed out before a Broadcast is closed by it. The zero Signal is
// ready. It is used between the recorder, the sender and callers of Flush, never on the hot path.
type Signal struct {
	_  [0]func() // no code to compare it
	mu sync.Mutex
	ch chan struct{} // guarded by mu; closed by the next Broadcast, nil while nobody waits
}

// Changed returns a channel that the next Broadcast closes. Take it before looking at the state that is waited for.
func (s *Signal) Changed() <-chan struct{} {
	s.mu.Lock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	ch := s.ch
	s.mu.Unlock()
	return ch
}

// Broadcast wakes everybody who waits.
func (s *Signal) Broadcast() {
	s.mu.Lock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
	s.mu.Unlock()
}
