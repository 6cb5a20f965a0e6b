package sender

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
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
				Start: func() int64 { return 0 }, Wait: func() time.Duration { return 0 }, Lose: func() { lost++ }, Shorten: func() {}, Leave: func() {},
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

// A panic in what dead runs have left costs nothing of what is on its way of this one.
func TestHeirsPanicWhileOthersFly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flying, asked := atomic.Int32{}, false
		g := newRigWith(t, func(_ transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			if n > 0 {
				flying.Add(1)
				time.Sleep(time.Second)
				flying.Add(-1)
			}
			return transport.Response{Status: 200}, nil
		}, func(c *Config) {
			c.Transport = parallelTransport{c.Transport, 4}
			c.Heirs = Inherit(Heirs{
				Next: func(bool, bool) *blackbox.Outbox {
					if synctest.Wait(); flying.Load() > 0 && !asked {
						asked = true
						panic("a torn file")
					}
					return nil
				},
				Wait: func() time.Duration { return 0 }, Lose: func() {}, Shorten: func() {}, Leave: func() {}, List: func() {},
			})
		})
		g.event(t, "first")
		g.Flush(nil)
		for i := range 5 {
			g.outbox.Put(blackbox.Meta{ID: [16]byte{byte(i + 2)}, Kind: blackbox.Event, Category: uint8(protocol.CategoryError), Count: 1}, protocol.AppendItem(nil, "event", []byte("{}")))
		}
		limit := g.cfg.Progress.Limit(time.Minute)
		defer limit.Stop()
		if !g.Flush(limit) || !asked || g.waiting() != 0 || len(g.attempts()) != 6 {
			t.Errorf("asked: %v; %d wait, %d attempts, want 6", asked, g.waiting(), len(g.attempts()))
		}
	})
}
