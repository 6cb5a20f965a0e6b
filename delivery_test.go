package krunk_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/nethttp"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// What the promises of README say about delivery, end to end.

// drops returns how many of a category were given up, by reason.
func drops(c *krunk.Client, category string) map[string]uint64 {
	out := make(map[string]uint64)
	for _, d := range c.Stats().Losses {
		if d.Category == category {
			out[d.Reason] += d.Quantity
		}
	}
	return out
}

func crash(c *krunk.Client, text string) {
	defer c.Recover()
	panic(text)
}

// A panic that waits an hour for its limit holds up nothing: 10,000 log records captured behind it arrive, and reports behind
// it are dropped because of the limit, not for want of room.
func TestPanicThatWaitsHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{MaxRepeats: -1, Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}})
		net := c.Channel("net")
		srv.Next(sentrytest.Limit("3600:error:organization"))
		c.Report(errors.New("meets the limit"))
		synctest.Wait()
		crash(c, "the world is gone")
		const records = 10_000
		for i := range records {
			net.Info("packet", krunk.Int("seq", i))
			if i%50 == 0 {
				c.Report(fmt.Errorf("behind the panic: %d", i/1000))
				time.Sleep(100 * time.Millisecond)
			}
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(srv.Logs()); n != records {
			t.Errorf("%d log records arrived, want %d; given up: %v", n, records, c.Stats().Losses)
		}
		if got := drops(c, "error"); got["ratelimit_backoff"] != 200 || len(got) != 1 {
			t.Errorf("reports were given up as %v, want 200 for the limit", got)
		}
		if s := c.Stats(); s.Waiting != 1 || len(srv.Events()) != 0 {
			t.Errorf("%d envelopes wait, %d events arrived; want the panic to wait", s.Waiting, len(srv.Events()))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if ev := srv.Events(); len(ev) != 1 || ev[0].Title() != "panic: the world is gone" {
			t.Errorf("after the limit: %d events, want the panic", len(ev))
		}
	})
}

func crashIn(c *krunk.Client, depth int) {
	if depth > 0 {
		crashIn(c, depth-1)
		return
	}
	crash(c, strings.Repeat("p", 300))
}

// Nor do many, wherever in the outbox they came to lie while the server was slow, and however small the client is.
func TestPanicsThatWaitHoldUpNoLogs(t *testing.T) {
	for _, memory := range []int{128 << 10, 256 << 10, 1 << 20} {
		synctest.Test(t, func(t *testing.T) {
			c, srv := start(t, krunk.Config{Memory: memory, Panics: krunk.Panics{MaxRepeats: -1}, Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}})
			net := c.Channel("net")
			slow := make(chan bool)
			srv.Answer(func(r sentrytest.Received) sentrytest.Reply {
				<-slow
				if len(r.Events) > 0 {
					return sentrytest.Limit("3600:error:organization")
				}
				return sentrytest.OK()
			})
			for kind := range 60 {
				net.Info("between two panics")
				crashIn(c, kind)
				time.Sleep(3 * time.Second)
			}
			close(slow)
			time.Sleep(time.Minute)
			before := len(srv.Logs())
			const records = 2_000
			for i := range records {
				net.Info("packet", krunk.Int("seq", i))
				time.Sleep(4 * time.Millisecond)
			}
			time.Sleep(10 * time.Second)
			if n := len(srv.Logs()) - before; n != records {
				t.Errorf("%d bytes: %d log records arrived, want %d; given up: %v", memory, n, records, c.Stats().Losses)
			}
			srv.Answer(nil)
			time.Sleep(time.Hour)
		})
	}
}

// One event that the server answers with 502, for what is in it, holds up nothing: 20 good ones behind it arrive within five
// seconds, and in the end it is given up and told.
func TestPoisonedEventHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{MaxRepeats: -1})
		srv.Answer(func(r sentrytest.Received) sentrytest.Reply {
			for _, ev := range r.Events {
				if strings.Contains(ev.Title(), "poison") {
					return sentrytest.Reply{Status: 502}
				}
			}
			return sentrytest.OK()
		})
		c.Report(errors.New("poison"))
		for i := range 20 {
			c.Report(fmt.Errorf("good %d", i))
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n, s := len(srv.Events()), c.Stats(); n != 20 || s.Waiting != 1 {
			t.Errorf("%d events arrived within five seconds, %d wait, want 20 and 1; last error %q", n, s.Waiting, s.LastError)
		}
		for range 100 {
			c.Report(errors.New("later"))
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		if got := drops(c, "error"); got["send_error"] != 1 || c.Stats().Waiting != 0 {
			t.Errorf("given up %v, %d wait; want the poisoned one given up", got, c.Stats().Waiting)
		}
	})
}

// A server that takes 20 KB costs no event: those with too many breadcrumbs go without them, what follows is built smaller.
func TestTooLargeCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{MaxRepeats: -1, Panics: krunk.Panics{MaxRepeats: -1}})
		refused := 0
		srv.Answer(func(r sentrytest.Received) sentrytest.Reply {
			if len(r.Envelope.Raw) > 20_000 {
				refused++
				return sentrytest.TooLarge()
			}
			return sentrytest.OK()
		})
		net := c.Channel("net")
		for i := range 40 {
			for range 10 {
				net.Info("a long story", krunk.String("of", fmt.Sprintf("%0500d", i)))
			}
			if i%5 == 4 {
				crash(c, "the world is gone")
			}
			c.Report(fmt.Errorf("report %d", i))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if n := len(srv.Events()); n != 48 || len(c.Stats().Losses) != 0 {
			t.Errorf("%d events arrived, want 48; given up %v", n, c.Stats().Losses)
		}
		if refused == 0 || refused > 3 {
			t.Errorf("%d were refused for their size, want one or two", refused)
		}
	})
}

// connections returns how many goroutines of connections there are.
func connections() int {
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "net/http.(*persistConn)")
}

// Close ends what the transport keeps: no goroutine of a connection is left.
func TestCloseLeavesNoConnection(t *testing.T) {
	srv := sentrytest.Start(sentrytest.Options{})
	defer srv.Close()
	before := connections()
	c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: nethttp.Default()})
	if err != nil {
		t.Fatal(err)
	}
	c.Report(errors.New("boom"))
	if !c.Flush(time.Minute) || len(srv.Events()) != 1 {
		t.Fatal("the event did not arrive")
	}
	if connections() <= before {
		t.Fatal("no connection is kept while the client is open: this test sees nothing")
	}
	c.Close(time.Minute)
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(50 * time.Millisecond) {
		if connections() <= before {
			return
		}
	}
	t.Errorf("%d goroutines of connections, %d before the client", connections(), before)
}

// slowly is a transport that takes four Sends at once, each of 50 ms.
type slowly struct{ transport.Transport }

func (slowly) Parallel() int { return 4 }

func (s slowly) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	time.Sleep(50 * time.Millisecond)
	return s.Transport.Send(ctx, r)
}

// spikes are what a spike may meet: nothing compressed, or all of it; a short past, or a long one.
func spikes(t *testing.T, f func(t *testing.T, srv *sentrytest.Server, start func(transport.Transport) *krunk.Client)) {
	for _, pack := range []transport.Compressor{nil, deflate.Items()} {
		for _, crumbs := range []int{0, 100} {
			t.Run(fmt.Sprint(map[bool]string{true: "compressed, "}[pack != nil], crumbs, " breadcrumbs"), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
				synctest.Test(t, func(t *testing.T) {
					srv := sentrytest.New(sentrytest.Options{AnyTime: true})
					f(t, srv, func(way transport.Transport) *krunk.Client {
						c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: way, Compress: pack, MaxRepeats: -1})
						if err != nil {
							t.Fatal(err)
						}
						for i := range crumbs {
							c.Channel("past").Debug("the player did something", krunk.Int("step", i), krunk.String("where", "at the gate"))
						}
						return c
					})
					srv.Verify(t)
				})
			})
		}
	}
}

// A spike of 500 to a server that is 50 ms away arrives within Flush(10s).
func TestSpikeToAServerFarAway(t *testing.T) {
	spikes(t, func(t *testing.T, srv *sentrytest.Server, start func(transport.Transport) *krunk.Client) {
		c := start(slowly{srv.Transport()})
		for i := range 500 {
			c.Report(fmt.Errorf("spike %d", i))
		}
		crash(c, "the world is gone")
		flushed := c.Flush(10 * time.Second)
		closed := c.Close(0)
		if n := len(srv.Events()); n != 501 || !closed || !flushed {
			t.Errorf("%d events arrived, want 501; Flush %v, Close %v, given up %v, %d wait", n, flushed, closed, c.Stats().Losses, c.Stats().Waiting)
		}
	})
}

// Three spikes of 500 within three seconds, each in one frame, arrive whole. `internal/benchmarks/cmd/spikes` plays twenty.
func TestSpikesArriveWhole(t *testing.T) {
	spikes(t, func(t *testing.T, srv *sentrytest.Server, start func(transport.Transport) *krunk.Client) {
		requests := 0
		c := start(transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
			if requests++; requests%50 == 1 { // looking at each takes longer than all else
				return srv.Transport().Send(ctx, r)
			}
			return transport.Response{Status: 200}, nil
		}))
		for i := range 3 {
			for range 500 {
				c.Report(fmt.Errorf("spike %d", i), krunk.String("peer", "player 4711"))
			}
			time.Sleep(time.Second)
		}
		c.Close(time.Minute)
		if n := len(srv.Events()); requests != 3*500 || n != 3*500/50 || len(c.Stats().Losses) != 0 {
			t.Errorf("%d events arrived, %d of them looked at, want all 1500 and 30; lost %v", requests, n, c.Stats().Losses)
		}
	})
}
