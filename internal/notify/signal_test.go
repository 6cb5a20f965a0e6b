package notify

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestSignal(t *testing.T) {
	var s Signal
	s.Broadcast() // nobody waits
	first, again := s.Changed(), s.Changed()
	if closed(first) || first != again {
		t.Error("a channel is closed before the broadcast, or two were made")
	}
	s.Broadcast()
	if !closed(first) || !closed(again) {
		t.Error("the broadcast did not close what was handed out")
	}
	if next := s.Changed(); closed(next) {
		t.Error("a channel of after the broadcast is closed")
	}
	s.Broadcast()
	s.Broadcast()
}

// Everybody who takes the channel before he looks sees every change; a lost one is a deadlock in the bubble.
func TestSignalNeverLosesAChange(t *testing.T) {
	const waiters, changes = 8, 1000
	synctest.Test(t, func(t *testing.T) {
		var s Signal
		var state atomic.Int64
		var wg sync.WaitGroup
		for range waiters {
			wg.Go(func() {
				for {
					changed := s.Changed()
					if state.Load() == changes {
						return
					}
					<-changed
				}
			})
		}
		for range changes {
			state.Add(1)
			s.Broadcast()
		}
		wg.Wait()
	})
}
