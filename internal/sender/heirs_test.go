package sender

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/transport"
)

// A dead run that a panic was met in waits for another start: no flush says that it was sent, and all else goes on.
func TestHeirsThatBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken, lost := true, 0
		g := newRigWith(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
			return transport.Response{Status: 200}, nil
		}, func(cfg *Config) {
			cfg.Heirs = Inherit(Heirs{
				Next: func(rest, all bool) *blackbox.Outbox {
					if broken {
						broken = false
						panic("a run that nobody understands")
					}
					return nil
				},
				Start: func() int64 { return 0 }, Wait: func() time.Duration { return 0 }, Lose: func() { lost++ }, Leave: func() {},
			})
		})
		limit := g.cfg.Progress.Limit(time.Minute)
		defer limit.Stop()
		g.event(t, "boom")
		if !g.Flush(limit) || g.FlushHeirs(limit) || lost != 1 {
			t.Errorf("flushed all, with %d runs lost", lost)
		}
		if g.Sent.Load() != 1 {
			t.Errorf("%d sent, want 1", g.Sent.Load())
		}
	})
}
