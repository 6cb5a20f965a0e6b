package notify

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBell()
		a, begin := NewAlarm(b), time.Now()
		a.Set(time.Minute)
		a.Set(time.Second)
		b.Sleep()
		<-b.C()
		if d := time.Since(begin); d != time.Second || !a.Rang() || a.Rang() {
			t.Errorf("rang after %v, or not once, want 1s", d)
		}
		a.Set(time.Second)
		time.Sleep(2 * time.Second) // it rings and nobody listens
		synctest.Wait()
		if len(b.C()) != 0 || !a.Rang() {
			t.Error("rang for who is awake, or did not remember")
		}
		a.Set(time.Second)
		time.Sleep(2 * time.Second)
		a.Set(time.Second)
		b.Sleep()
		if a.Rang() {
			t.Error("an old ring counts")
		}
		<-b.C()
		if d := time.Since(begin); d != 6*time.Second || !a.Rang() {
			t.Errorf("rang after %v, want 6s", d)
		}
		a.Set(time.Second)
		a.Stop()
		b.Sleep()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if len(b.C()) != 0 || a.Rang() {
			t.Error("a stopped alarm rang")
		}
	})
}
