package notify

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, begin := NewAlarm(), time.Now()
		a.Set(time.Minute)
		a.Set(time.Second)
		<-a.C()
		if d := time.Since(begin); d != time.Second {
			t.Errorf("rang after %v, want 1s", d)
		}
		a.Set(time.Second)
		time.Sleep(2 * time.Second) // it rings and nobody listens
		a.Set(time.Second)
		<-a.C()
		if d := time.Since(begin); d != 4*time.Second {
			t.Errorf("rang after %v, want 4s: an old ring does not count", d)
		}
		a.Set(time.Second)
		a.Stop()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if len(a.C()) != 0 {
			t.Error("a stopped alarm rang")
		}
	})
}
