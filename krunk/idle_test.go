package krunk_test

import (
	"errors"
	"runtime"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// wakes returns how often goroutines of this process were started after they had become runnable. The runtime notes one in
// eight of each goroutine's.
func wakes() uint64 {
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(sample)
	n := uint64(0)
	for _, c := range sample[0].Value.Float64Histogram().Counts {
		n += c
	}
	return n
}

// idleWakes returns by how much wakes grew while the bubble slept for four weeks, once. They take no time at all, but a
// timer in them fires as often as it would in earnest: one that fires every minute shows as 40,320 wake-ups, of which wakes
// notes 5,040. So no wake-up hides behind a short measurement, and how fast the machine is does not matter.
func idleWakes() uint64 {
	before := wakes()
	time.Sleep(28 * 24 * time.Hour)
	return wakes() - before
}

const (
	oncePerMinute = 28 * 24 * 60 / 8

	// The test's own sleep, the runtime's (a collection that ends, its scavenger) and what other tests left running. Where other
	// programs take all processors the runtime's own goroutines yield thousands of times in a bad moment; a timer of the client's
	// would fire in each of twenty silences.
	ownWakes = 200
)

func TestIdleClientWakesNobody(t *testing.T) {
	boom := errors.New("boom")
	for _, tt := range []struct {
		name  string
		after func(c *krunk.Client) // what came before the silence
	}{
		{"at once", func(*krunk.Client) {}},
		{"after an event", func(c *krunk.Client) { c.Report(boom) }},
		{"after a flush", func(c *krunk.Client) { c.Report(boom); c.Flush(time.Minute) }},
		{"after history", func(c *krunk.Client) { c.Channel("net").Info("crumb") }},
		{"after a log record", func(c *krunk.Client) { c.Channel("sent").Info("record") }},
		{"after a panic", func(c *krunk.Client) { defer c.Recover(); panic("boom") }},
		{"after a beat", func(c *krunk.Client) { c.Beat() }},
		{"under control", func(c *krunk.Client) { c.Sampling() }},
		{"after a limit", func(c *krunk.Client) { c.Channel("limited").Report(boom); c.Report(boom) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sentrytest.New(sentrytest.Options{})
				if tt.name == "after a limit" {
					srv.Next(sentrytest.Limit("60:error:organization"))
				}
				c := quiet(t, krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), Channels: map[string]krunk.Thresholds{"sent": {Send: "info"}}})
				tt.after(c)
				synctest.Wait()
				n := idleWakes()
				for try := 0; n > ownWakes && try < 20; try++ {
					runtime.GC() // what a collection has begun is over then
					n = idleWakes()
				}
				if n > ownWakes {
					t.Errorf("%d wake-ups were noted in four idle weeks, want none but the %d of the test itself; one a minute would be %d", n, ownWakes, oncePerMinute)
				}
				c.Close(time.Minute)
			})
		})
	}
}

// The measure itself: a goroutine that wakes once a minute is seen.
func TestWakesAreSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tick := time.NewTicker(time.Minute)
		stop := make(chan struct{})
		defer close(stop)
		defer tick.Stop()
		go func() {
			for {
				select {
				case <-tick.C:
				case <-stop:
					return
				}
			}
		}()
		if n := idleWakes(); n < oncePerMinute-ownWakes {
			t.Errorf("%d wake-ups were noted, want about %d: the measure is blind", n, oncePerMinute)
		}
	})
}
