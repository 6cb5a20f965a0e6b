package krunk_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// survive calls f and returns the value of its panic.
func survive(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// waysToReport are the calls through which a panic of the value v is reported.
func waysToReport() map[string]func(c *krunk.Client, v any) {
	return map[string]func(c *krunk.Client, v any){
		"Recover":         func(c *krunk.Client, v any) { defer c.Recover(); panic(v) },
		"Repanic":         func(c *krunk.Client, v any) { defer c.Repanic(); panic(v) },
		"ReportPanic":     func(c *krunk.Client, v any) { defer func() { c.ReportPanic(recover()) }(); panic(v) },
		"Channel.Recover": func(c *krunk.Client, v any) { defer c.Channel("net").Recover(); panic(v) },
		"Channel.Repanic": func(c *krunk.Client, v any) { defer c.Channel("net").Repanic(); panic(v) },
		"Channel.ReportPanic": func(c *krunk.Client, v any) {
			defer func() { c.Channel("net").ReportPanic(recover()) }()
			panic(v)
		},
	}
}

// The order of two defers decides nothing: a panic that meets a closed client is reported, with all that it would have had
// before.
func TestPanicMeetsAClosedClient(t *testing.T) {
	for name, report := range waysToReport() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, srv := controlled(t, krunk.Config{}, "")
				c.SetTag("scene", "harbour")
				c.Channel("net").Info("packet lost")
				if !c.Close(time.Second) {
					t.Fatal("Close could not deliver")
				}
				survive(func() { report(c, "late") })
				events := srv.Events()
				if len(events) != 1 {
					t.Fatalf("%d events arrived, want the panic", len(events))
				}
				ev := events[0]
				if ev.Title() != "panic: late" || !strings.HasPrefix(ev.Top().Function, "waysToReport.") || ev.Tag("scene") != "harbour" || len(ev.Breadcrumbs) != 1 {
					t.Errorf("%s in %s, scene %q, %d breadcrumbs; want the panic with the tag and the breadcrumb of before", ev.Title(), ev.Top().Function, ev.Tag("scene"), len(ev.Breadcrumbs))
				}
				survive(func() { report(c, "later") })
				if n := len(srv.Events()); n != 2 {
					t.Errorf("%d events arrived, want a second panic as well", n)
				}
			})
		})
	}
}

func TestDefersInEitherOrder(t *testing.T) {
	for name, f := range map[string]func(*krunk.Client){
		"Repanic first": func(c *krunk.Client) { defer c.Repanic(); defer c.Close(time.Second); panic("boom") },
		"Close first":   func(c *krunk.Client) { defer c.Close(time.Second); defer c.Repanic(); panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, srv := controlled(t, krunk.Config{}, "")
				if v := survive(func() { f(c) }); v != "boom" {
					t.Errorf("the panic went on as %v, want it unchanged", v)
				}
				if n := len(srv.Events()); n != 1 {
					t.Errorf("%d events arrived, want the panic once", n)
				}
			})
		})
	}
}

// Whatever the transport does, a late panic takes no longer than Panics.Wait.
func TestLatePanicHasALimit(t *testing.T) {
	const wait = 3 * time.Second
	release := make(chan struct{})
	for name, tt := range map[string]struct {
		send transport.Func
		cfg  krunk.Config
		want time.Duration
	}{
		"ends with its context": {send: func(ctx transport.Context, _ *transport.Request) (transport.Response, error) {
			<-ctx.Done()
			return transport.Response{}, ctx.Err()
		}, want: wait},
		"never returns": {send: func(transport.Context, *transport.Request) (transport.Response, error) {
			<-release
			return transport.Response{}, errors.New("too late")
		}, want: wait},
		"is refused": {send: func(transport.Context, *transport.Request) (transport.Response, error) {
			return transport.Response{}, errors.New("no route")
		}, want: wait},
		"does not wait": {send: func(transport.Context, *transport.Request) (transport.Response, error) {
			return transport.Response{}, errors.New("no route")
		}, cfg: krunk.Config{Panics: krunk.Panics{Wait: -1}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release = make(chan struct{})
				cfg := tt.cfg
				cfg.DSN, cfg.Transport = "https://0123456789abcdef0123456789abcdef@sentry.example/42", tt.send
				if cfg.Panics.Wait == 0 {
					cfg.Panics.Wait = wait
				}
				c, err := krunk.Start(cfg)
				if err != nil {
					t.Fatal(err)
				}
				c.Close(time.Second)
				for range 2 {
					begin := time.Now()
					crash(c)
					if d := time.Since(begin); d != tt.want {
						t.Errorf("the panic held its goroutine for %v, want %v", d, tt.want)
					}
				}
				close(release)
			})
		})
	}
}

// A game that goes on after Close, panics in every frame and has no server loses time for the panics that may be reported alone.
func TestLatePanicsOfOneKindWaitNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := quiet(t, krunk.Config{
			DSN: "https://0123456789abcdef0123456789abcdef@sentry.example/42", Panics: krunk.Panics{MaxRepeats: 2},
			Transport: transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
				return transport.Response{}, errors.New("no route")
			}),
		})
		c.Close(time.Second)
		begin := time.Now()
		for range 100 {
			crash(c)
		}
		if d := time.Since(begin); d != 4*time.Second {
			t.Errorf("100 panics took %v, want two times the two seconds of Panics.Wait", d)
		}
	})
}

// Panics of several goroutines while Close is under way and after it: each arrives once.
func TestPanicsWhileClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{AnyTime: true})
		c := quiet(t, krunk.Config{DSN: srv.DSN(), Panics: krunk.Panics{MaxRepeats: -1}, Transport: transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
			time.Sleep(10 * time.Millisecond)
			return srv.Transport().Send(ctx, r)
		})})
		const n = 20
		done := make(chan struct{})
		for i := range n {
			go func() {
				time.Sleep(time.Duration(i) * 7 * time.Millisecond)
				crash(c)
				done <- struct{}{}
			}()
		}
		time.Sleep(50 * time.Millisecond)
		if !c.Close(time.Second) {
			t.Error("Close could not deliver")
		}
		for range n {
			<-done
		}
		seen := make(map[string]bool)
		for _, ev := range srv.Events() {
			seen[ev.ID] = true
		}
		if len(seen) != n || len(srv.Events()) != n {
			t.Errorf("%d events arrived, %d of them different, want %d", len(srv.Events()), len(seen), n)
		}
	})
}

// A panic by which a framework ends a call is no crash.
func TestSentinels(t *testing.T) {
	type abort struct{}
	cfg := krunk.Config{Panics: krunk.Panics{Wait: time.Hour}, Code: krunk.Code{Sentinels: []krunk.Sentinel{{Type: "krunk_test.abort"}, {Text: "done"}}}}
	for name, report := range waysToReport() {
		t.Run(name, func(t *testing.T) {
			c, srv := controlled(t, cfg, "")
			for _, v := range []any{http.ErrAbortHandler, abort{}, "done", errors.New("done"), named("done")} {
				got := survive(func() { report(c, v) })
				if want := strings.HasSuffix(name, "Repanic"); (got != nil) != want || want && got != v {
					t.Errorf("%v: the panic went on as %v", v, got)
				}
			}
			c.Flush(time.Minute)
			if n := len(srv.Events()); n != 0 {
				t.Errorf("%d events of sentinels arrived", n)
			}
			for _, v := range []any{"net/http: abort Handler", &abort{}, "done for", 7} {
				survive(func() { report(c, v) })
			}
			c.Flush(time.Minute)
			if n := len(srv.Events()); n != 4 {
				t.Errorf("%d events of panics that only look like sentinels, want 4", n)
			}
		})
	}
}

type named string

func (n named) String() string { return string(n) }

// A game server says which match panicked.
func TestPanicOfAChannel(t *testing.T) {
	for name, report := range map[string]func(*krunk.Channel){
		"Recover": func(ch *krunk.Channel) { defer ch.Recover(krunk.Int("tick", 3)); panic("boom") },
		"Repanic": func(ch *krunk.Channel) { defer ch.Repanic(krunk.Int("tick", 3)); panic("boom") },
		"ReportPanic": func(ch *krunk.Channel) {
			defer func() { ch.ReportPanic(recover(), krunk.Int("tick", 3)) }()
			panic("boom")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, srv := controlled(t, krunk.Config{}, "")
			survive(func() { report(c.Channel("match").With(krunk.Int("match", 7001))) })
			c.Flush(time.Minute)
			events := srv.Events()
			if len(events) != 1 {
				t.Fatalf("%d events arrived, want the panic", len(events))
			}
			ev := events[0]
			if a := ev.Contexts["attributes"]; ev.Logger != "match" || a["match"] != int64(7001) || a["tick"] != int64(3) {
				t.Errorf("channel %q, attributes %v; want those of the channel and of the call", ev.Logger, a)
			}
		})
	}
	var none *krunk.Channel
	for name, report := range map[string]func(){
		"Recover": func() { defer none.Recover(); panic("boom") }, "ReportPanic": func() { defer func() { none.ReportPanic(recover()) }(); panic("boom") },
	} {
		if v := survive(report); v != nil {
			t.Errorf("%s of a nil Channel let %v through", name, v)
		}
	}
	if v := survive(func() { defer none.Repanic(); panic("boom") }); v != "boom" {
		t.Errorf("Repanic of a nil Channel let %v through, want the panic", v)
	}
}
