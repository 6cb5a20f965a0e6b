package sender

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/transport"
)

// frames calls Flush for a millisecond in each frame of a time.
func (g *rig) frames(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(16 * time.Millisecond) {
		limit := g.cfg.Progress.Limit(time.Millisecond)
		g.Flush(limit)
	}
}

func TestFlushInEachFrame(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events int
		answer transport.Response
		least  int
		most   int
	}{
		{"no answer", 3, transport.Response{}, 50, 70},
		{"503", 1, transport.Response{Status: 503}, 50, 70},
		{"503, many wait", 30, transport.Response{Status: 503}, 50, 70},
		{"503 with a wish", 3, transport.Response{Status: 503, RetryAfter: "20"}, 3, 4},
		{"redirect with a wish", 1, transport.Response{Status: 302, RetryAfter: "20"}, 3, 4},
		{"limited", 100, transport.Response{Status: 429, RetryAfter: "0"}, 55, 61},
		{"a report alone", 0, transport.Response{Status: 503}, 55, 61},
		{"a report alone, taken", 0, transport.Response{Status: 200}, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
					if tt.answer.Status == 0 {
						return transport.Response{}, errNetwork
					}
					return tt.answer, nil
				})
				for range tt.events {
					g.event(t, "boom")
				}
				g.lose(1)
				g.frames(time.Minute)
				if n := len(g.attempts()); n < tt.least || n > tt.most {
					t.Errorf("%d attempts in a minute, want %d to %d", n, tt.least, tt.most)
				}
			})
		})
	}
}

// A pause that the server asked for outlasts a Flush, and Flush says that nothing was delivered.
func TestFlushObeysTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, then(transport.Response{Status: 503, RetryAfter: "30"}))
		g.event(t, "boom")
		synctest.Wait()
		limit := g.cfg.Progress.Limit(5 * time.Second)
		if g.Flush(limit) || len(g.attempts()) != 1 {
			t.Errorf("%d attempts inside of the server's pause, want 1", len(g.attempts()))
		}
		if !g.Flush(nil) {
			t.Error("Flush did not deliver")
		}
		if d := time.Since(g.begin); d != 30*time.Second {
			t.Errorf("delivered after %v, want 30s", d)
		}
	})
}

// A flush takes along what rests after a refusal.
func TestFlushEndsARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := transport.Response{Status: 502}
		g := newRig(t, then(bad, bad, bad, bad, bad, bad))
		g.event(t, "boom")
		for len(g.attempts()) < 6 {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		before := time.Now() // a pause of 16 seconds or more has begun
		if !g.Flush(nil) || time.Since(before) != 0 {
			t.Errorf("delivered after %v, want at once", time.Since(before))
		}
	})
}
