package notify

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Signal
		var state atomic.Bool
		begin := time.Now()
		l := s.Limit(time.Second)
		if s.Wait(l, state.Load) || time.Since(begin) != time.Second {
			t.Errorf("waited %v and got what never came, or not for the limit of 1s", time.Since(begin))
		}
		if s.Wait(l, state.Load) || !l.Over() {
			t.Error("a limit that is over was waited for again")
		}
		time.AfterFunc(time.Second, func() { s.Broadcast() }) // nothing has happened
		time.AfterFunc(2*time.Second, func() { state.Store(true); s.Broadcast() })
		if !s.Wait(nil, state.Load) || time.Since(begin) != 3*time.Second {
			t.Errorf("without a limit: went on after %v, want 3s", time.Since(begin))
		}
		if !s.Wait(l, state.Load) {
			t.Error("what is there already is not seen once the limit is over")
		}
		stopped := s.Limit(time.Second)
		stopped.Stop()
		time.Sleep(time.Hour)
		if stopped.Over() {
			t.Error("a stopped limit is over")
		}
	})
}
