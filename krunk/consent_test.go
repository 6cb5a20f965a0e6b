package krunk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/nethttp"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// wire counts what leaves, and keeps it.
type wire struct {
	transport.Transport
	calls atomic.Int32
	mu    sync.Mutex
	sent  bytes.Buffer // guarded by mu
}

func (w *wire) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	w.calls.Add(1)
	w.mu.Lock()
	w.sent.Write(r.Body)
	w.mu.Unlock()
	return w.Transport.Send(ctx, r)
}

func (w *wire) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent.String()
}

// asking starts a client with sessions and log records that waits for an answer.
func asking(t *testing.T, first krunk.Consent, change ...func(*krunk.Config)) (*krunk.Client, *sentrytest.Server, *wire) {
	t.Helper()
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	w := &wire{Transport: srv.Transport()}
	cfg := krunk.Config{
		DSN: srv.DSN(), Transport: w, Release: "moonfall@1.4.2", Consent: first, MaxRepeats: -1, Channels: map[string]krunk.Thresholds{"net": {Send: "info"}},
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := krunk.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(time.Second) })
	return c, srv, w
}

// say says it until what is under way has ended: a machine that is busy with other things may not get there in the time that Consent waits.
func say(t *testing.T, c *krunk.Client, answer krunk.Consent) {
	t.Helper()
	err := c.Consent(answer)
	for tries := 0; err != nil && strings.Contains(err.Error(), "not come back within") && tries < 20; tries++ {
		err = c.Consent(answer)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// everything captures one of each.
func everything(c *krunk.Client, what string) {
	c.SetTag("tag", what)
	c.SetUser(krunk.User{ID: what})
	c.SetContext("ctx", krunk.String("v", what))
	if ring, err := c.Ring("inputs", 64); err == nil {
		fmt.Fprint(ring, "ring "+what)
	}
	c.Channel("net").Info("crumb "+what, krunk.String("v", what))
	c.Channel("net").Error("error " + what)
	c.Channel(what).Warn("on a channel of its own")
	c.Feedback("feedback " + what)
	c.Report(errors.New("report "+what), krunk.String("v", what), krunk.Attach(krunk.Attachment{Name: what + ".txt", Data: []byte(what)}))
	fmt.Fprint(c.Channel("lines").Writer(krunk.LevelError), "a line without its end "+what)
	func() {
		defer c.Recover()
		panic("panic " + what)
	}()
}

// Before an answer not one byte leaves, whatever is tried; with it everything does.
func TestAskKeepsAndSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv, w := asking(t, krunk.Ask)
		if c.Answer() != krunk.Ask {
			t.Errorf("answer %v, want Ask", c.Answer())
		}
		everything(c, "early")
		c.Foreground(false)
		c.Foreground(true)
		c.Online()
		begin := time.Now()
		if c.Flush(time.Minute) || time.Since(begin) > time.Second {
			t.Errorf("flushed, or waited for %v", time.Since(begin))
		}
		if err := c.Probe(time.Minute); err == nil || !strings.Contains(err.Error(), "Granted") {
			t.Errorf("Probe: %v", err)
		}
		for range 24 {
			time.Sleep(time.Hour)
			c.Report(errors.New("boom"))
		}
		synctest.Wait()
		if n := w.calls.Load(); n != 0 {
			t.Fatalf("%d requests before the answer", n)
		}
		if err := c.Consent(krunk.Granted); err != nil || c.Answer() != krunk.Granted {
			t.Errorf("Granted: %v", err)
		}
		if !c.Flush(time.Minute) {
			t.Errorf("not flushed: %+v", c.Stats())
		}
		all := w.all()
		for _, want := range []string{"crumb early", "error early", "report early", "panic early", "a line without its end early", `"tag":"early"`, `"id":"early"`, `"ctx":{"v":"early"}`, "early.txt", "ring early", "feedback early"} {
			if !strings.Contains(all, want) {
				t.Errorf("%q did not arrive", want)
			}
		}
		if n := len(srv.Events()); n != 28 || len(srv.Sessions()) == 0 || len(srv.Logs()) != 2 {
			t.Errorf("%d events, %d sessions, %d log records, want 28 and some and 2", n, len(srv.Sessions()), len(srv.Logs()))
		}
		if l := c.Stats().Losses; len(l) != 0 {
			t.Errorf("losses %v", l)
		}
		// And back.
		if err := c.Consent(krunk.Ask); err != nil {
			t.Error(err)
		}
		n := w.calls.Load()
		c.Report(errors.New("kept"))
		time.Sleep(time.Hour)
		if w.calls.Load() != n {
			t.Error("sent after Ask")
		}
		_ = c.Consent(krunk.Granted)
		if !c.Flush(time.Minute) || !strings.Contains(w.all(), "kept") {
			t.Error("what was kept since Ask did not arrive")
		}
		srv.Verify(t)
	})
}

// After Denied nothing of before leaves, nothing is captured, and with Granted the same handles go on.
func TestDeniedForgets(t *testing.T) {
	for _, first := range []krunk.Consent{krunk.Ask, krunk.Granted, krunk.Denied} {
		t.Run(fmt.Sprint(first), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, srv, w := asking(t, first, func(cfg *krunk.Config) {
					send := cfg.Transport
					cfg.Transport = transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
						time.Sleep(time.Second) // so that nothing has arrived when the player says no
						if err := ctx.Err(); err != nil {
							return transport.Response{}, err
						}
						return send.Send(ctx, r)
					})
				})
				net := c.Channel("net")
				with := net.With(krunk.Int("match", 7))
				everything(c, "early")
				if err := c.Consent(krunk.Denied); err != nil || c.Answer() != krunk.Denied {
					t.Errorf("Denied: %v", err)
				}
				if s := c.Stats(); s.Waiting != 0 || len(s.Losses) != 0 {
					t.Errorf("%d envelopes wait, losses %v", s.Waiting, s.Losses)
				}
				everything(c, "between")
				if id := c.Report(errors.New("between")); !id.IsZero() {
					t.Error("an id after Denied")
				}
				if net.Enabled(krunk.LevelFatal) || c.Channel("made later").Enabled(krunk.LevelFatal) {
					t.Error("a channel is open after Denied")
				}
				if !c.Flush(time.Minute) {
					t.Error("there is something to flush")
				}
				time.Sleep(time.Hour)
				n := w.calls.Load()
				if err := c.Consent(krunk.Granted); err != nil {
					t.Error(err)
				}
				with.Error("after")
				c.Channel("made later").Error("after")
				if !c.Flush(time.Minute) {
					t.Errorf("not flushed: %+v", c.Stats())
				}
				if w.calls.Load() == n || n > 0 && first != krunk.Granted {
					t.Errorf("%d requests before, %d after Granted", n, w.calls.Load())
				}
				all := w.all()
				for _, gone := range []string{"early", "between"} {
					if at := strings.Index(all, gone); at >= 0 {
						t.Errorf("%q arrived: %s", gone, all[max(at-200, 0):min(at+50, len(all))])
					}
				}
				if n := len(srv.Events()); n != 2 || len(srv.Logs()) != 1 || srv.Events()[0].Contexts["attributes"]["match"] != int64(7) {
					t.Errorf("%d events, %d log records after Granted", n, len(srv.Logs()))
				}
				c.Close(time.Minute)
				srv.Verify(t)
			})
		})
	}
}

// A client that starts with a no has nothing that anybody could wait for: Flush and Close say so alike.
func TestDeniedLeavesNothingToWaitFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, w := asking(t, krunk.Denied)
		everything(c, "secret")
		if flushed, closed := c.Flush(time.Second), c.Close(time.Second); !flushed || !closed || w.calls.Load() != 0 {
			t.Errorf("Flush %v, Close %v, %d attempts; want true, true, 0", flushed, closed, w.calls.Load())
		}
	})
}

// A policy that arrives after Denied opens nothing.
func TestDeniedBeatsPolicies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv, w := asking(t, krunk.Granted)
		_ = c.Consent(krunk.Denied)
		apply(t, c.Sampling(), 1, `"clients":100,"channels":{"*":{"send":"trace"}}`)
		everything(c, "x")
		c.Flush(time.Minute)
		if w.calls.Load() != 0 || c.Channel("net").Enabled(krunk.LevelFatal) {
			t.Errorf("%d requests", w.calls.Load())
		}
		_ = c.Consent(krunk.Granted)
		c.Channel("net").Trace("seen")
		c.Flush(time.Minute)
		if len(srv.Logs()) != 1 {
			t.Errorf("%d log records, want the policy in force after Granted", len(srv.Logs()))
		}
	})
}

// A listener hears nothing before the answer, not even a connection, and nothing after Denied.
func TestConsentOnTheWire(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("skipped: no sockets here")
	}
	defer l.Close()
	var conns, heard atomic.Int64
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			go func() {
				defer conn.Close()
				b := make([]byte, 4096)
				for {
					n, err := conn.Read(b)
					heard.Add(int64(n))
					if err != nil {
						return
					}
					_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
				}
			}()
		}
	}()
	c := quiet(t, krunk.Config{
		DSN: "http://0123456789abcdef0123456789abcdef@" + l.Addr().String() + "/1", Transport: nethttp.Default(), Consent: krunk.Ask, Release: "moonfall@1",
		Panics: krunk.Panics{Wait: time.Minute},
	})
	c.Sampling()
	everything(c, "early")
	c.Online()
	c.Flush(time.Minute)
	_ = c.Probe(time.Minute)
	func() {
		defer func() { _ = recover() }()
		defer c.Repanic()
		panic("dying")
	}()
	if conns.Load() != 0 {
		t.Errorf("%d connections before the answer", conns.Load())
	}
	say(t, c, krunk.Denied)
	everything(c, "denied")
	c.Flush(time.Minute)
	c.Close(time.Minute)
	if conns.Load() != 0 || heard.Load() != 0 {
		t.Errorf("%d connections, %d bytes after Denied", conns.Load(), heard.Load())
	}
}

// The answer is flipped a thousand times while everybody captures: nothing hangs, nothing leaves that was captured while it was not to be, and
// what is captured once the last word is Granted arrives.
func TestConsentInAStorm(t *testing.T) {
	var state, leaks, allowed, want atomic.Int64 // state is odd while nothing may leave
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	send := srv.Transport()
	c := quiet(t, krunk.Config{
		DSN: srv.DSN(), MaxRepeats: -1, Panics: krunk.Panics{MaxRepeats: -1}, Release: "moonfall@1", Channels: map[string]krunk.Thresholds{"net": {Send: "info"}},
		Transport: transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
			if state.Load()&1 != 0 || bytes.Contains(r.Body, []byte("forbidden")) || bytes.Contains(r.Body, []byte("doomed")) {
				leaks.Add(1)
			}
			allowed.Add(int64(bytes.Count(r.Body, []byte(`"value":"allowed"`))))
			return send.Send(ctx, r)
		}),
	})
	end := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			ch := c.Channel("net")
			for i := 0; ; i++ {
				select {
				case <-end:
					return
				default:
				}
				ch.Info("line")
				c.SetTag("n", "v")
				ch.Report(errors.New("storm"))
				if i%64 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	for i := range 1000 {
		answer := [...]krunk.Consent{krunk.Denied, krunk.Granted, krunk.Ask, krunk.Granted, krunk.Ask, krunk.Denied, krunk.Ask, krunk.Granted}[i%8]
		if answer == krunk.Granted {
			state.Add(state.Load() & 1)
		}
		say(t, c, answer)
		if answer != krunk.Granted {
			state.Store(state.Load() | 1)
		}
		switch {
		case answer == krunk.Denied:
			c.Report(errors.New("forbidden"))
			c.Channel("net").Info("forbidden")
			c.SetTag("forbidden", "forbidden")
		case i%8 == 4: // Denied is next
			c.Report(errors.New("doomed"))
			c.SetTag("doomed", "doomed")
		case i%64 == 2: // Granted is next; where the ring is full of the storm, it is not taken
			if !c.Report(errors.New("allowed")).IsZero() {
				want.Add(1)
			}
		case i%64 == 3: // and the storm goes on, however few processors there are
			before := len(srv.Events())
			for flushed := false; !flushed || len(srv.Events()) < before+10; flushed = true {
				if !c.Flush(time.Minute) {
					t.Fatalf("not flushed: %+v", c.Stats())
				}
			}
		case answer == krunk.Granted && i%16 == 1:
			time.Sleep(time.Millisecond)
		}
	}
	close(end)
	wg.Wait()
	if !c.Flush(time.Minute) {
		t.Errorf("not flushed: %+v", c.Stats())
	}
	if leaks.Load() != 0 {
		t.Errorf("%d requests that were not to be", leaks.Load())
	}
	if allowed.Load() != want.Load() || want.Load() == 0 {
		t.Errorf("%d of %d arrived that were allowed", allowed.Load(), want.Load())
	}
	before := len(srv.Events())
	if before < 100 {
		t.Errorf("%d events arrived in the storm, which is none", before)
	}
	for i := range 100 {
		c.Report(fmt.Errorf("last %d", i))
	}
	if !c.Flush(time.Minute) || len(srv.Events()) != before+100 {
		t.Errorf("%d of 100 arrived after the last Granted: %+v", len(srv.Events())-before, c.Stats())
	}
	srv.Verify(t)
}

// A call of who has said no costs as little as one below its threshold.
func TestDeniedDoesNotAllocate(t *testing.T) {
	c, _, _ := asking(t, krunk.Denied)
	ch, err := c.Channel("net"), errors.New("boom")
	if n := allocs.Least(100, func() {
		ch.Error("error", krunk.Int("n", 1))
		ch.Report(err)
		c.SetTag("a", "b")
		c.ReportPanic("boom")
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	var none *krunk.Client
	if none.Consent(krunk.Denied) != nil || none.Answer() != krunk.Granted {
		t.Error("a nil client")
	}
	if err := c.Consent(7); err == nil {
		t.Error("an answer that is none")
	}
	if _, err := krunk.Start(krunk.Config{Consent: 9}); err == nil || !strings.Contains(err.Error(), "Config.Consent") {
		t.Errorf("got %v", err)
	}
}

// Consent works on a client that was closed, and while BeforeSend and the transport do not come back.
func TestConsentWhereNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, w := asking(t, krunk.Granted)
		everything(c, "early")
		c.Close(0)
		if err := c.Consent(krunk.Denied); err != nil || c.Stats().Waiting != 0 {
			t.Errorf("closed: %v, %d wait", err, c.Stats().Waiting)
		}
		n := w.calls.Load()
		if err := c.Consent(krunk.Granted); err != nil {
			t.Error(err)
		}
		c.Report(errors.New("later"))
		crash(c)
		if w.calls.Load() != n && strings.Contains(w.all(), "later") {
			t.Error("a closed client captures")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		stuck, back := make(chan struct{}), make(chan struct{})
		c, _, w := asking(t, krunk.Granted, func(cfg *krunk.Config) {
			cfg.BeforeSend = krunk.Edit(func(*krunk.Event) bool {
				close(stuck)
				<-back
				return true
			})
		})
		c.Report(errors.New("early"))
		<-stuck
		begin := time.Now()
		if err := c.Consent(krunk.Denied); err == nil || time.Since(begin) > 3*time.Second || c.Answer() != krunk.Denied {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if err := c.Consent(krunk.Granted); err == nil || c.Answer() != krunk.Denied {
			t.Errorf("granted before what was there has gone: %v", err)
		}
		close(back)
		synctest.Wait()
		if err := c.Consent(krunk.Granted); err != nil {
			t.Error(err)
		}
		c.Flush(time.Minute)
		if strings.Contains(w.all(), "early") {
			t.Error("it was sent")
		}
	})
}

// What waits goes at once where only the recorder does not come back, and what the recorder has in its hands when it does; of what was kept back
// before nothing is told.
func TestDeniedWhileBeforeSendIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck, back := make(chan struct{}), make(chan struct{})
		n := 0
		c, _, w := asking(t, krunk.Ask, func(cfg *krunk.Config) {
			cfg.BeforeSend = krunk.Edit(func(*krunk.Event) bool {
				if n++; n == 2 {
					close(stuck)
					<-back
				}
				return true
			})
		})
		c.Report(errors.New("waits"))
		synctest.Wait()
		c.Report(errors.New("in hand"))
		<-stuck
		if err := c.Consent(krunk.Denied); err == nil {
			t.Error("no word of BeforeSend, which has not come back")
		}
		synctest.Wait()
		if n := c.Stats().Waiting; n != 0 {
			t.Errorf("%d envelopes wait after Denied", n)
		}
		close(back)
		synctest.Wait()
		if s := c.Stats(); s.Waiting != 0 || len(s.Losses) != 0 {
			t.Errorf("%d envelopes wait once BeforeSend is back, losses %v", s.Waiting, s.Losses)
		}
		if err := c.Consent(krunk.Granted); err != nil {
			t.Error(err)
		}
		c.Report(errors.New("after"))
		if !c.Flush(time.Minute) || !strings.Contains(w.all(), "after") || strings.Contains(w.all(), "waits") || strings.Contains(w.all(), "in hand") {
			t.Errorf("sent %s", w.all())
		}
	})
}

// Consent out of the game's own code that Krunk calls comes back at once, holds at once, and does the rest behind.
func TestConsentInside(t *testing.T) {
	for name, change := range map[string]func(cfg *krunk.Config, say func()) krunk.Attr{
		"BeforeSend": func(cfg *krunk.Config, say func()) krunk.Attr {
			cfg.BeforeSend = krunk.Edit(func(*krunk.Event) bool {
				say()
				return true
			})
			return krunk.Attr{}
		},
		"Send": func(cfg *krunk.Config, say func()) krunk.Attr {
			send := cfg.Transport
			cfg.Transport = transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
				below(70, say)
				return send.Send(ctx, r)
			})
			return krunk.Attr{}
		},
		"Attachment.Read": func(cfg *krunk.Config, say func()) krunk.Attr {
			return krunk.Attach(krunk.Attachment{Name: "a", Read: func(int) ([]byte, error) {
				say()
				return []byte("a"), nil
			}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var c *krunk.Client
				var attr krunk.Attr
				said, took, holds := error(nil), time.Duration(-1), krunk.Granted
				say := func() {
					if took < 0 {
						begin := time.Now()
						said = c.Consent(krunk.Denied)
						took, holds = time.Since(begin), c.Answer()
					}
				}
				c, _, _ = asking(t, krunk.Granted, func(cfg *krunk.Config) { attr = change(cfg, say) })
				c.Report(errors.New("boom"), attr)
				time.Sleep(time.Minute)
				synctest.Wait()
				if took != 0 || holds != krunk.Denied || said == nil || !strings.Contains(said.Error(), "inside") {
					t.Errorf("it took %v and said %v; the answer was %d; want at once, that it was called from inside, and Denied", took, said, holds)
				}
				if s := c.Stats(); s.Waiting != 0 || c.Answer() != krunk.Denied || c.Channel("net").Enabled(krunk.LevelFatal) {
					t.Errorf("%d wait, answer %d, channels open: %v", s.Waiting, c.Answer(), c.Channel("net").Enabled(krunk.LevelFatal))
				}
			})
		})
	}
}

// What is said from inside is done in its order, and what somebody says outside later on is done behind it.
func TestConsentInsideKeepsItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c *krunk.Client
		n := 0
		c, srv, w := asking(t, krunk.Granted, func(cfg *krunk.Config) {
			cfg.BeforeSend = krunk.Edit(func(*krunk.Event) bool {
				if n++; n == 1 {
					_ = c.Consent(krunk.Denied)
					_ = c.Consent(krunk.Granted)
				}
				return true
			})
		})
		c.Report(errors.New("early"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if c.Answer() != krunk.Granted {
			t.Errorf("the answer is %d, want the last one", c.Answer())
		}
		c.Report(errors.New("after"))
		if !c.Flush(time.Minute) || strings.Contains(w.all(), "early") || len(srv.Events()) != 1 {
			t.Errorf("%d events arrived, want the one behind the last answer", len(srv.Events()))
		}
	})
}

// After a no, and while there is no answer, no connection stays open.
func TestConsentHangsUp(t *testing.T) {
	for name, tr := range map[string]transport.Transport{"http1": http1.Default(), "nethttp": nethttp.Default()} {
		for _, answer := range []krunk.Consent{krunk.Denied, krunk.Ask} {
			srv := sentrytest.Start(sentrytest.Options{AnyTime: true})
			var open, made atomic.Int32
			proxy := countingListener(t, srv.URL(), &open, &made)
			c := quiet(t, krunk.Config{DSN: strings.Replace(srv.DSN(), strings.TrimPrefix(srv.URL(), "http://"), proxy, 1), Transport: tr})
			c.Report(errors.New("boom"))
			if !c.Flush(time.Minute) || open.Load() == 0 {
				t.Fatalf("%s: not flushed, or no connection is kept: %+v", name, c.Stats())
			}
			say(t, c, answer)
			for begin := time.Now(); open.Load() != 0 && time.Since(begin) < time.Minute; { // the kernel's turn
				time.Sleep(time.Millisecond)
			}
			if n := open.Load(); n != 0 {
				t.Errorf("%s, answer %d: %d connections are open", name, answer, n)
			}
			n := made.Load()
			say(t, c, krunk.Granted)
			c.Report(errors.New("once more"))
			if !c.Flush(time.Minute) || made.Load() == n {
				t.Errorf("%s: a yes opens none again: %+v", name, c.Stats())
			}
			c.Close(time.Second)
			srv.Close()
		}
	}
}

// countingListener is one in front of a server that counts connections.
func countingListener(t *testing.T, url string, open, made *atomic.Int32) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("skipped: no sockets here")
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				in.Close()
				continue
			}
			open.Add(1)
			made.Add(1)
			go func() {
				_, _ = io.Copy(in, out)
				in.Close()
			}()
			go func() {
				_, _ = io.Copy(out, in)
				out.Close()
				open.Add(-1)
			}()
		}
	}()
	return l.Addr().String()
}

// Counts that lie with the channels and the kinds go as well.
func TestDeniedForgetsWhatWasKeptBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := asking(t, krunk.Ask, func(cfg *krunk.Config) { cfg.MaxRepeats = 1 })
		for range 5 {
			c.Report(errors.New("again and again"))
		}
		if err := c.Consent(krunk.Denied); err != nil {
			t.Fatal(err)
		}
		if l := c.Stats().Losses; len(l) != 0 {
			t.Errorf("losses %v after Denied", l)
		}
	})
}

// Lines without their end go too, of however many writers.
func TestDeniedForgetsUnfinishedLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, w := asking(t, krunk.Granted)
		lines := make([]io.Writer, 12)
		for i := range lines {
			lines[i] = c.Channel("net").Writer(krunk.LevelError)
			fmt.Fprint(lines[i], "early ", i)
		}
		for _, answer := range []krunk.Consent{krunk.Denied, krunk.Granted} {
			if err := c.Consent(answer); err != nil {
				t.Fatal(err)
			}
		}
		for _, l := range lines {
			fmt.Fprint(l, "after\n")
		}
		if !c.Flush(time.Minute) || !strings.Contains(w.all(), "after") || strings.Contains(w.all(), "early") {
			t.Errorf("sent %.1000s", w.all())
		}
	})
}

// What was captured before a no counts against nothing that comes behind it: it went, and what it stood for is not known to anybody.
func TestGrantedCountsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv, _ := asking(t, krunk.Ask, func(cfg *krunk.Config) { cfg.MaxRepeats, cfg.Panics.MaxRepeats = 1, 1 })
		raise := func() {
			c.Report(errors.New("the same"))
			crash(c)
		}
		for _, answers := range [][]krunk.Consent{nil, {krunk.Denied, krunk.Granted}} {
			for _, answer := range answers {
				if err := c.Consent(answer); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				raise()
			}
		}
		c.Flush(time.Minute)
		if n := len(srv.Events()); n != 2 {
			t.Fatalf("%d events behind Granted, want 2", n)
		}
		for _, e := range srv.Events() {
			if n := e.Contexts["krunk"]["suppressed"]; n != nil {
				t.Errorf("it tells of %v before the no", n)
			}
		}
	})
}
