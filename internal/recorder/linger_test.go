package recorder

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// capture does what a capture call does once its record is written.
func (g *rig) capture(t *testing.T, k blackbox.Kind, flags uint16, text string) {
	t.Helper()
	body := encoded(record.Head{Type: record.LogType, Flags: flags, PPM: million, ID: [16]byte{1}}, text, nil, nil)
	s, ok := g.ring.Reserve(k, len(body))
	if !ok {
		t.Fatal("no room in the ring")
	}
	copy(s.Body, body)
	switch {
	case !g.ring.Commit(&s):
	case g.ring.Urgent(&s):
		g.cfg.Bell.Call()
	default:
		g.cfg.Bell.Ring()
	}
}

// working runs f beside a recorder at work.
func working(t *testing.T, f func(t *testing.T, g *rig)) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(1<<20, nil)
		go g.Work()
		synctest.Wait()
		f(t, g)
		g.Stop()
		synctest.Wait()
	})
}

func TestSteps(t *testing.T) {
	var l linger
	if d := l.next(); d != 0 {
		t.Errorf("%v before the first event, want none", d)
	}
	for round := range 2 {
		l.heard = true
		var at, sum []time.Duration
		for d := l.next(); d > 0; d = l.next() {
			at = append(at, d)
			sum = append(sum, l.sum)
		}
		if got, want := fmt.Sprint(at), "[8ms 16ms 32ms 64ms 128ms 256ms 256ms 256ms 256ms 256ms 256ms]"; got != want {
			t.Errorf("round %d: steps %v, want %v", round, got, want)
		}
		if last := sum[len(sum)-1]; last > lingers {
			t.Errorf("round %d: the last step ends after %v, want at most %v", round, last, lingers)
		}
		if d := l.next(); d != 0 {
			t.Errorf("round %d: %v after the last step, want none", round, d)
		}
	}
}

// One event a second: at most ten steps a second.
func TestStepsAtOneEventASecond(t *testing.T) {
	var l linger
	l.heard = true
	steps, next := 0, time.Second
	for now := time.Duration(0); now < time.Minute; steps++ {
		d := l.next()
		if d == 0 {
			t.Fatalf("asleep at %v", now)
		}
		if now += d; now >= next {
			l.heard = true
			next += time.Second
		}
	}
	if steps > 600 {
		t.Errorf("%d steps in a minute, want at most 600", steps)
	}
}

// What is captured while the recorder lingers waits for its next step, which is 256 ms away at most; then for the bell.
func TestLingering(t *testing.T) {
	working(t, func(t *testing.T, g *rig) {
		event := func() { g.capture(t, blackbox.Event, record.FlagID, "boom") }
		seen := func() uint64 { synctest.Wait(); return g.Events.Load() }
		event()
		if n := seen(); n != 1 {
			t.Fatalf("asleep: %d events, want 1 at once", n)
		}
		for i, at := range []time.Duration{0, 20 * time.Millisecond, 300 * time.Millisecond, time.Second} {
			time.Sleep(at)
			event()
			if n := seen(); n != uint64(i+1) {
				t.Errorf("%v later: %d events at once, want the %d before", at, n, i+1)
			}
			time.Sleep(lastStep)
			if n := seen(); n != uint64(i+2) {
				t.Errorf("%v later: %d events after a step, want %d", at, n, i+2)
			}
		}
		time.Sleep(lingers + lastStep)
		event()
		if n := seen(); n != 6 {
			t.Errorf("asleep again: %d events, want 6 at once", n)
		}
	})
}

// A crash, a flush, an eighth of the ring and a batch that is due do not wait for the step.
func TestWhatCannotWait(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, g *rig)
	}{
		{"crash", func(t *testing.T, g *rig) { g.capture(t, blackbox.Fatal, record.FlagID, "crash") }},
		{"flush", func(t *testing.T, g *rig) {
			g.capture(t, blackbox.Event, record.FlagID, "boom")
			begin := time.Now()
			if !g.Flush(nil, g.ring.Head()) || time.Since(begin) > 0 {
				t.Errorf("the flush took %v, want no time", time.Since(begin))
			}
		}},
		{"eighth", func(t *testing.T, g *rig) {
			g.capture(t, blackbox.Event, record.FlagID, "boom")
			for from := g.ring.Head(); g.ring.Head() < from+uint64(g.ring.Size())/8; {
				g.capture(t, blackbox.History, record.FlagTrail, "crumb")
			}
		}},
		{"stopped at", func(t *testing.T, g *rig) { // the crash wakes the recorder, which finds a record before it under way
			body := encoded(record.Head{Type: record.LogType, Flags: record.FlagTrail, PPM: million}, "slow", nil, nil)
			slow, _ := g.ring.Reserve(blackbox.Event, len(body))
			g.capture(t, blackbox.Fatal, record.FlagID, "crash")
			synctest.Wait()
			copy(slow.Body, body)
			if !g.ring.Commit(&slow) || !g.ring.Urgent(&slow) {
				t.Error("the record that the recorder stopped at is not urgent")
			}
			g.cfg.Bell.Call()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			working(t, func(t *testing.T, g *rig) {
				g.capture(t, blackbox.Event, record.FlagID, "before")
				time.Sleep(time.Second)
				synctest.Wait()
				begin := time.Now()
				tt.do(t, g)
				synctest.Wait()
				if n := g.Events.Load(); n != 2 || time.Since(begin) > 0 {
					t.Errorf("%d events after %v, want both at once", n, time.Since(begin))
				}
			})
		})
	}
}

// A flush in every state and from many goroutines, while others capture, is always answered, and takes no time.
func TestNoFlushIsLost(t *testing.T) {
	working(t, func(t *testing.T, g *rig) {
		begin := time.Now()
		done := make(chan struct{})
		for n := range 8 {
			go func() {
				for i := range 300 {
					if s, ok := g.ring.Reserve(blackbox.Event, 10); ok {
						g.ring.Abandon(s)
						g.cfg.Bell.Ring()
					}
					if (i+n)%3 == 0 && !g.Flush(nil, g.ring.Head()) {
						t.Error("a flush was not answered")
					}
				}
				done <- struct{}{}
			}()
		}
		g.capture(t, blackbox.Event, record.FlagID, "boom")
		for range 8 {
			<-done
		}
		if d := time.Since(begin); d > 0 {
			t.Errorf("the flushes took %v, want no time", d)
		}
	})
}
