package sender

import (
	"bytes"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

// A transport that ends its goroutine, as t.FailNow does in a test's, costs the attempt: all else arrives, Flush and Stop end.
func TestTransportThatGoesexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, func(_ transport.Context, n int, r *transport.Request) (transport.Response, error) {
			if bytes.Contains(r.Body, []byte("poison")) && n < 4 {
				runtime.Goexit()
			}
			return transport.Response{Status: 200}, nil
		})
		g.event(t, "poison")
		for range 5 {
			g.event(t, "good")
		}
		if !g.Flush(nil) || g.Sent.Load() != 6 {
			t.Errorf("%d sent, want 6", g.Sent.Load())
		}
		if g.LastError() != "the transport called runtime.Goexit" {
			t.Errorf("last error %q", g.LastError())
		}
		g.Stop()
		<-g.over
	})
}

// One that does so always holds neither Stop nor a flush with a limit.
func TestTransportThatAlwaysGoesexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
			runtime.Goexit()
			return transport.Response{}, nil
		})
		g.event(t, "boom")
		limit := g.cfg.Progress.Limit(time.Minute)
		if g.Flush(limit) || g.waiting() != 1 {
			t.Error("Flush reports success")
		}
		if n := len(g.attempts()); n < 4 || n > 10 {
			t.Errorf("%d attempts in a minute", n)
		}
		g.Stop()
		<-g.over
	})
}

// A hook of the client that panics, or ends its goroutine, is called again a second later; the envelopes wait for it.
func TestHooksThatBreak(t *testing.T) {
	for name, hook := range map[string]func(){"panic": func() { panic("no") }, "goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				broken := func() {
					if calls++; calls < 4 {
						hook()
					}
				}
				g := newRigWith(t, then(), func(c *Config) { c.Collect = broken })
				g.event(t, "boom")
				if !g.Flush(nil) || g.Sent.Load() != 1 {
					t.Errorf("%d sent, want 1", g.Sent.Load())
				}
				if d := time.Since(g.begin); d > 10*time.Second {
					t.Errorf("delivered after %v", d)
				}
				if got := fmt.Sprint(g.untold()); got != "[]" {
					t.Errorf("lost %s", got)
				}
			})
		})
	}
}

// A panic while attempts are under way, and the end right behind it, leave no goroutine: synctest would find it.
func TestEndBehindAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g *rig
		flying := atomic.Bool{}
		g = newRigWith(t, func(ctx transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			if n == 0 {
				return transport.Response{Status: 200}, nil
			}
			flying.Store(true)
			<-ctx.Done()
			return transport.Response{}, ctx.Err()
		}, func(c *Config) {
			c.Transport = parallelTransport{c.Transport, 4}
			c.Collect = func() {
				synctest.Wait()
				if flying.Load() {
					g.quit.Store(true)
					panic("no")
				}
			}
		})
		g.event(t, "first")
		g.Flush(nil)
		time.Sleep(10 * time.Second)
		for range 3 {
			g.outbox.Put(blackbox.Meta{ID: [16]byte{1}, Kind: blackbox.Event, Category: uint8(protocol.CategoryError), Count: 1}, protocol.AppendItem(nil, "event", []byte("{}")))
		}
		g.Wake()
		<-g.over
		g.Stop()
		if g.waiting() != 3 {
			t.Errorf("%d wait, want 3", g.waiting())
		}
	})
}

// keeper is a transport that keeps something.
type keeper struct {
	transport.Func
	closed int
	panics bool
}

func (k *keeper) CloseIdle() {
	if k.closed++; k.panics {
		panic("closed twice")
	}
}

func TestEndClosesWhatTheTransportKeeps(t *testing.T) {
	for _, panics := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			k := &keeper{panics: panics}
			g := newRigWith(t, then(), func(c *Config) {
				k.Func = c.Transport.(transport.Func)
				c.Transport = k
			})
			g.event(t, "boom")
			g.Flush(nil)
			if k.closed != 0 {
				t.Error("closed while the sender works")
			}
			g.Stop()
			<-g.over
			if k.closed != 1 || !g.Flush(nil) {
				t.Errorf("closed %d times, want once, and a flush that ends", k.closed)
			}
		})
	}
}
