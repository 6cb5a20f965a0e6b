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

// several is a transport that takes n Sends at once.
type several struct {
	transport.Func
	n int
}

func (s *several) Parallel() int { return s.n }

// crowd counts how many are inside at once.
type crowd struct{ now, most atomic.Int32 }

func (c *crowd) enter() {
	n := c.now.Add(1)
	for m := c.most.Load(); n > m && !c.most.CompareAndSwap(m, n); m = c.most.Load() {
	}
}

func (c *crowd) leave() { c.now.Add(-1) }

// newWide starts a sender over a transport that takes n Sends at once, each of 50 ms.
func newWide(t *testing.T, n int, answer func(ctx transport.Context, n int, r *transport.Request) (transport.Response, error)) (*rig, *crowd) {
	c := new(crowd)
	return newRigWith(t, func(ctx transport.Context, n int, r *transport.Request) (transport.Response, error) {
		c.enter()
		defer c.leave()
		time.Sleep(50 * time.Millisecond)
		return answer(ctx, n, r)
	}, func(cfg *Config) { cfg.Transport = &several{cfg.Transport.(transport.Func), n} }), c
}

// What is under way takes no more than twice the bytes that it may.
func TestAloft(t *testing.T) {
	for _, tt := range []struct{ aloft, most int }{{0, 4}, {1, 1}, {1000, 1}, {1500, 2}, {2500, 3}, {9000, 4}} {
		synctest.Test(t, func(t *testing.T) {
			c := new(crowd)
			g := newRigWith(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
				c.enter()
				defer c.leave()
				time.Sleep(50 * time.Millisecond)
				return transport.Response{Status: 200}, nil
			}, func(cfg *Config) {
				cfg.Transport, cfg.Aloft = &several{cfg.Transport.(transport.Func), 4}, tt.aloft
			})
			for range 20 {
				g.event(t, string(bytes.Repeat([]byte("x"), 1000)))
			}
			if !g.Flush(nil) || int(c.most.Load()) != tt.most {
				t.Errorf("aloft %d: %d requests of 1,100 bytes at once, want %d", tt.aloft, c.most.Load(), tt.most)
			}
		})
	}
}

func TestSeveralOnTheWay(t *testing.T) {
	for _, tt := range []struct {
		n, most int
		took    time.Duration
	}{
		// The first one goes alone: nobody knows yet whether the server answers.
		{0, 1, 41 * 50 * time.Millisecond}, {1, 1, 41 * 50 * time.Millisecond}, {2, 2, 21 * 50 * time.Millisecond},
		{4, 4, 11 * 50 * time.Millisecond}, {100, 4, 11 * 50 * time.Millisecond},
	} {
		t.Run(fmt.Sprint(tt.n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, c := newWide(t, tt.n, then())
				g.lose(7)
				for i := range 41 {
					g.event(t, fmt.Sprint("event ", i))
				}
				if !g.Flush(nil) || time.Since(g.begin) != tt.took {
					t.Errorf("it took %v, want %v", time.Since(g.begin), tt.took)
				}
				if got := int(c.most.Load()); got != tt.most {
					t.Errorf("%d were on their way at once, want %d", got, tt.most)
				}
				seen, told := make(map[string]bool), 0
				for _, a := range g.attempts() {
					_, text, _ := bytes.Cut(a.body, []byte("\n"))
					seen[string(text)] = true
					told += a.reported["queue_overflow error"]
				}
				if len(seen) != 41 || len(g.attempts()) != 41 || told != 7 {
					t.Errorf("%d different envelopes in %d attempts, told of %d; want 41, 41 and 7", len(seen), len(g.attempts()), told)
				}
				synctest.Wait()
				for i := range g.flights {
					if g.flights[i].used {
						t.Errorf("flight %d is used", i)
					}
				}
			})
		})
	}
}

// What all flights together keep while the sender sleeps is bounded.
func TestFlightsGiveBack(t *testing.T) {
	for _, tt := range []struct{ size, want int }{{1000, 4}, {13 << 10, 3}, {calm + 1, 0}} {
		synctest.Test(t, func(t *testing.T) {
			g, _ := newWide(t, 4, then())
			for range 3 {
				for range min(12, g.outbox.Size()/8*7/tt.size) { // so many that all flights are used, whoever runs first
					g.event(t, string(bytes.Repeat([]byte("x"), tt.size)))
				}
				if !g.Flush(nil) {
					t.Fatal("not flushed")
				}
			}
			synctest.Wait()
			kept, bodies := 0, 0
			for i := range g.flights {
				if n := cap(g.flights[i].body); n > 0 {
					kept, bodies = kept+n, bodies+1
				}
			}
			if kept > calm || bodies != tt.want {
				t.Errorf("%d bodies of %d bytes are kept for envelopes of %d, want %d of at most %d", bodies, kept, tt.size, tt.want, calm)
			}
		})
	}
}

// Order by importance stays: what is put while others are on their way goes before what waits.
func TestSeveralKeepTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newWide(t, 4, then())
		for i := range 20 {
			g.event(t, fmt.Sprint("event ", i))
		}
		time.Sleep(60 * time.Millisecond)
		g.put(t, blackbox.Fatal, protocol.CategoryError, "crash")
		g.Flush(nil)
		for i, a := range g.attempts() {
			if bytes.Contains(a.body, []byte("crash")) && (i < 5 || i > 8) {
				t.Errorf("the crash is attempt %d, want one of the four after the first and those on their way", i)
			}
		}
	})
}

// Without an answer, or with trouble, there is one at a time.
func TestSeveralOnlyWhileAnswered(t *testing.T) {
	for name, bad := range map[string]transport.Response{"no answer": {}, "trouble": {Status: 503}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				g, c := newWide(t, 4, func(transport.Context, int, *transport.Request) (transport.Response, error) {
					switch d := time.Since(begin); {
					case d < time.Second || d > time.Minute:
						return transport.Response{Status: 200}, nil
					case bad.Status == 0:
						return transport.Response{}, errNetwork
					}
					return bad, nil
				})
				fill := func() {
					for i := range 100 {
						g.event(t, fmt.Sprint("event ", i))
					}
				}
				fill()
				time.Sleep(1040 * time.Millisecond)
				fill()
				time.Sleep(100 * time.Millisecond) // four get no answer
				c.most.Store(0)
				time.Sleep(55 * time.Second)
				if n := c.most.Load(); n != 1 {
					t.Errorf("%d at once while the server is away, want 1", n)
				}
				before := len(g.attempts())
				if before > 81+40 {
					t.Errorf("%d attempts; the pauses do not grow", before)
				}
				time.Sleep(5 * time.Minute)
				if g.waiting() != 0 || g.untold() != nil || c.most.Load() != 4 {
					t.Errorf("%d wait, lost %v, %d at once after all", g.waiting(), g.untold(), c.most.Load())
				}
			})
		})
	}
}

// Four that get no answer together are one reason to pause.
func TestSeveralFailuresAreOnePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newWide(t, 4, func(_ transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			if n > 0 && n < 5 {
				return transport.Response{}, errNetwork
			}
			return transport.Response{Status: 200}, nil
		})
		for i := range 10 {
			g.event(t, fmt.Sprint("event ", i))
		}
		g.Wake()
		time.Sleep(1200 * time.Millisecond)
		synctest.Wait()
		if n := len(g.attempts()); n < 6 {
			t.Errorf("%d attempts after 1.2 s, want a pause of a second at most", n)
		}
	})
}

// A limit holds for what has not begun.
func TestSeveralObeyALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newWide(t, 4, func(_ transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			if n == 3 {
				return transport.Response{Status: 429, RateLimits: "60:error:key"}, nil
			}
			return transport.Response{Status: 200}, nil
		})
		for i := range 40 {
			g.event(t, fmt.Sprint("event ", i))
		}
		g.put(t, blackbox.Fatal, protocol.CategoryError, "crash")
		time.Sleep(30 * time.Second)
		if n := len(g.attempts()); n > 9 || g.waiting() > 1 {
			t.Errorf("%d attempts, %d wait", n, g.waiting())
		}
	})
}

// Panics and Goexits of flights cost their attempts.
func TestSeveralThatBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newWide(t, 4, func(_ transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			switch {
			case n > 0 && n%7 == 0:
				panic("no")
			case n > 0 && n%5 == 0:
				runtime.Goexit()
			}
			return transport.Response{Status: 200}, nil
		})
		for i := range 60 {
			g.event(t, fmt.Sprint("event ", i))
		}
		time.Sleep(time.Minute)
		if g.waiting() != 0 || g.Sent.Load() != 60 || g.untold() != nil {
			t.Errorf("%d wait, %d sent, lost %v", g.waiting(), g.Sent.Load(), g.untold())
		}
	})
}

// Stop ends all that are on their way; their envelopes stay.
func TestStopEndsAllFlights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRigWith(t, func(ctx transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			if n == 0 {
				time.Sleep(time.Millisecond)
				return transport.Response{Status: 200}, nil
			}
			<-ctx.Done()
			return transport.Response{}, ctx.Err()
		}, func(cfg *Config) { cfg.Transport = &several{cfg.Transport.(transport.Func), 4} })
		for i := range 20 {
			g.event(t, fmt.Sprint("event ", i))
		}
		time.Sleep(time.Second)
		if n := len(g.attempts()); n != 5 {
			t.Errorf("%d attempts, want 5", n)
		}
		g.Stop()
		<-g.over
		if g.waiting() != 19 || time.Since(g.begin) > 1001*time.Millisecond {
			t.Errorf("%d wait after %v, want 19 at once", g.waiting(), time.Since(g.begin))
		}
		// A sender that is run again sends them.
		g.Resume()
		g.cfg.Transport.(*several).Func = func(transport.Context, *transport.Request) (transport.Response, error) {
			return transport.Response{Status: 200}, nil
		}
		go g.Work()
		if !g.Flush(nil) || g.waiting() != 0 {
			t.Errorf("%d wait after it ran again", g.waiting())
		}
		g.Stop()
		synctest.Wait()
	})
}

// A report that is on its way for long is not told by another envelope as well.
func TestSeveralTellOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newWide(t, 4, func(_ transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			time.Sleep(time.Duration(1+n%4*7) * time.Second)
			return transport.Response{Status: 200}, nil
		})
		for i := range 40 {
			g.lose(1)
			g.event(t, fmt.Sprint("event ", i))
			time.Sleep(time.Second)
		}
		g.Flush(nil)
		told := 0
		for _, a := range g.attempts() {
			told += a.reported["queue_overflow error"]
		}
		if told != 40 || g.untold() != nil {
			t.Errorf("told of %d, want 40; left %v", told, g.untold())
		}
	})
}

// Goroutines that made attempts take the next ones, also of the next burst, and are gone a second after the last.
func TestFlightsWaitForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newWide(t, 4, then())
		waiting := func() (n int) {
			synctest.Wait() // the sender sleeps, so the flights are nobody's
			for i := range g.flights {
				if g.flights[i].waits {
					n++
				}
			}
			return n
		}
		for _, burst := range []struct {
			rest time.Duration
			want int
		}{{999 * time.Millisecond, 4}, {400 * time.Millisecond, 4}, {time.Second, 0}, {time.Hour, 0}} {
			for i := range 20 {
				g.event(t, fmt.Sprint("event ", i))
			}
			if !g.Flush(nil) {
				t.Fatal("not flushed")
			}
			time.Sleep(burst.rest - 50*time.Millisecond) // the last ones took that
			if got := waiting(); got != burst.want {
				t.Errorf("%v after the burst: %d goroutines wait, want %d", burst.rest, got, burst.want)
			}
		}
	})
}
