package krunk_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// controlled returns a client under a policy and its endpoint. An empty policy is none.
func controlled(t *testing.T, cfg krunk.Config, policy string) (*krunk.Client, *sentrytest.Server) {
	t.Helper()
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	cfg.DSN, cfg.Transport = srv.DSN(), srv.Transport()
	c := quiet(t, cfg)
	t.Cleanup(func() { srv.Verify(t) })
	if policy != "" {
		apply(t, c.Sampling(), 1, policy)
	}
	return c, srv
}

func apply(t *testing.T, ctl *sampling.Controller, version int, policy string) {
	t.Helper()
	if err := ctl.Apply(fmt.Appendf(nil, `{"krunk":1,"version":%d,%s}`, version, policy)); err != nil {
		t.Fatal(err)
	}
}

// crash reports a panic and lets it go no further.
func crash(c *krunk.Client) {
	defer c.Recover()
	panic("crash")
}

func told(srv *sentrytest.Server, reason, category string) (n int64) {
	for _, d := range srv.Discards() {
		if d.Reason == reason && d.Category == category {
			n += d.Quantity
		}
	}
	return n
}

func TestSamplingAfterClose(t *testing.T) {
	c := quiet(t, krunk.Config{})
	c.Close(time.Second)
	ctl := c.Sampling()
	if err := ctl.Apply([]byte(`{"krunk":1,"version":1,"channels":{"*":{"send":"trace"}}}`)); err != nil {
		t.Errorf("the controller of a closed client gives %v", err)
	}
	if c.Channel("net").Enabled(krunk.LevelFatal) {
		t.Error("a policy opened a channel of a closed client")
	}
}

// slowStorage saves for as long as release is open.
type slowStorage struct{ release chan struct{} }

func (slowStorage) Load() ([]byte, error) { return nil, nil }
func (s slowStorage) Save(b []byte) error { <-s.release; return nil }

func TestCloseLeavesASlowStorageBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := slowStorage{make(chan struct{})}
		ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{Storage: sampling.Keep(store)})
		if err != nil {
			t.Fatal(err)
		}
		c, srv := controlled(t, krunk.Config{Sampling: krunk.Steer(ctl)}, "")
		apply(t, ctl, 1, `"clients":100`)
		c.Report(errors.New("before the end"))
		begin, closed := time.Now(), make(chan bool)
		go func() { closed <- c.Close(100 * time.Millisecond) }()
		synctest.Wait()
		if c.Channel("made meanwhile").Enabled(krunk.LevelFatal) {
			t.Error("a channel that was made while the client closes is open")
		}
		if !<-closed || len(srv.Events()) != 1 {
			t.Errorf("%d events were delivered, want the one", len(srv.Events()))
		}
		if d := time.Since(begin); d != 100*time.Millisecond {
			t.Errorf("Close took %v, want the 100 ms that it was given", d)
		}
		close(store.release)
		synctest.Wait()
		if err := ctl.Apply([]byte(`{"krunk":1,"version":2}`)); !errors.Is(err, sampling.ErrClosed) {
			t.Errorf("after Close a policy gives %v", err)
		}
	})
}

func TestReportsThatAreNotSentAreBreadcrumbs(t *testing.T) {
	off := map[string]krunk.Thresholds{"net": {Issue: "off"}}
	for _, tt := range []struct {
		name   string
		config krunk.Config
		policy string
		want   bool
	}{
		{"outside of the cohort", krunk.Config{}, `"clients":0`, true},
		{"issue off", krunk.Config{}, `"channels":{"net":{"issue":"off"}}`, true},
		{"sampled out", krunk.Config{}, `"channels":{"net":{"records":0}}`, true},
		{"by Config", krunk.Config{Channels: off}, "", true},
		{"trail off too", krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Trail: "off", Issue: "off"}}}, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := controlled(t, tt.config, tt.policy)
			net := c.Channel("net").With(krunk.Int("try", 3))
			if !net.Report(fmt.Errorf("join: %w", errors.New("refused")), krunk.String("peer", "10.0")).IsZero() {
				t.Error("an event was raised")
			}
			net.Report(boom{}, krunk.String("type", "the game's own"))
			crash(c)
			c.Flush(time.Minute)
			if len(srv.Events()) != 1 {
				t.Fatalf("%d events, want the panic", len(srv.Events()))
			}
			crumbs := srv.Events()[0].Breadcrumbs
			if !tt.want {
				if len(crumbs) != 0 {
					t.Errorf("got %+v, want no breadcrumb", crumbs)
				}
				return
			}
			if len(crumbs) != 2 {
				t.Fatalf("got %+v, want two breadcrumbs", crumbs)
			}
			b := crumbs[0]
			if b.Message != "error: join: refused try=3 peer=10.0" || b.Level != "error" || b.Category != "net" || b.Data["message"] != "error: join: refused" || b.Data["peer"] != "10.0" || b.Data["try"] != int64(3) {
				t.Errorf("got %+v", b)
			}
			if b = crumbs[1]; !strings.HasPrefix(b.Message, "krunk_test.boom: boom ") || b.Data["type"] != "the game's own" {
				t.Errorf("got %+v, want the attribute of the game to stay", b)
			}
		})
	}
}

type boom struct{}

func (boom) Error() string { return "boom" }

// An error that a policy's threshold refuses is told of as ignored. A client outside of the cohort tells nobody anything, and
// what the game itself turned off was asked for by nobody.
func TestRefusedByPolicyIsIgnored(t *testing.T) {
	off := krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Issue: "off"}}}
	for _, tt := range []struct {
		name   string
		config krunk.Config
		policy string
		want   int64
	}{
		{"issue off", krunk.Config{}, `"channels":{"net":{"issue":"off"}}`, 3},
		{"outside of the cohort", krunk.Config{}, `"clients":0`, 0},
		{"by Config alone", off, "", 0},
		{"by Config under a policy", off, `"channels":{"ai":{"send":"info"}}`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := controlled(t, tt.config, tt.policy)
			net := c.Channel("net")
			for range 3 {
				net.Report(errors.New("x"))
			}
			net.Report(nil)
			net.Debug("no event was asked for")
			crash(c)
			c.Flush(time.Minute)
			if got := told(srv, "ignored", "error"); got != tt.want {
				t.Errorf("told of %d, want %d: %v", got, tt.want, srv.Discards())
			}
		})
	}
}

func TestLogRecordsSayWhatTheyStandFor(t *testing.T) {
	const rule = `"clients":0,"rules":[{"id":"a","when":{"player":["p1"]},"set":{"clients":100,"panics":100,"channels":{"net":{"send":"info"}}}}],"panics":0,"note":"x"`
	for _, tt := range []struct {
		name, policy     string
		weight           any
		policyOf, forced any
	}{
		{"no policy", "", nil, nil, nil},
		{"all of them", `"channels":{"net":{"send":"info"}}`, 1.0, "0.1", nil},
		{"a half", `"channels":{"net":{"send":"info","records":50}}`, 2.0, "0.1", nil},
		{"picked by name", rule, 1.0, "0.1", "forced"}, // for itself, and the draw among the others for those
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := controlled(t, krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}}, "")
			ctl := c.Sampling()
			ctl.Update(func(id *sampling.Identity) { id.Player = "p1" })
			if tt.policy != "" {
				apply(t, ctl, 1, tt.policy)
			}
			net := c.Channel("net")
			for range 40 {
				net.Info("record")
			}
			crash(c)
			c.Flush(time.Minute)
			if len(srv.Logs()) == 0 || len(srv.Events()) != 1 {
				t.Fatalf("%d log records and %d events", len(srv.Logs()), len(srv.Events()))
			}
			for _, l := range srv.Logs() {
				if l.Attributes["krunk.weight"].Value != tt.weight || l.Attributes["krunk.policy"].Value != tt.policyOf || l.Attributes["krunk.sampled"].Value != tt.forced {
					t.Fatalf("got %v", l.Attributes)
				}
			}
			want, _ := tt.forced.(string)
			if ev := srv.Events()[0]; ev.Tag("krunk.sampled") != want || ev.Tag("krunk.p") != "" {
				t.Errorf("the panic has tags %v, want krunk.sampled %q", ev.Tags, want)
			}
		})
	}
}

// What was queued before the kill switch is dropped, a log record of the level fatal too.
func TestKillSwitchLetsPanicsPassAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{AnyTime: true})
		var online atomic.Bool
		c := quiet(t, krunk.Config{DSN: srv.DSN(), Transport: transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
			if !online.Load() {
				return transport.Response{}, errors.New("offline")
			}
			return srv.Transport().Send(ctx, r)
		})})
		apply(t, c.Sampling(), 1, `"channels":{"*":{"send":"info"}}`)
		net := c.Channel("net")
		net.Log(krunk.LevelFatal, "fatal")
		net.Report(errors.New("error"))
		crash(c)
		synctest.Wait()
		apply(t, c.Sampling(), 2, `"enabled":false`)
		net.Log(krunk.LevelFatal, "after it")
		online.Store(true)
		c.Flush(time.Minute)
		c.Close(time.Minute)
		if ev := srv.Events(); len(ev) != 1 || ev[0].Title() != "panic: crash" || len(srv.Logs()) != 0 {
			t.Errorf("%d events and %d log records, want the panic alone", len(ev), len(srv.Logs()))
		}
		if i := slices.IndexFunc(c.Stats().Losses, func(d krunk.Loss) bool { return d.Reason == "ignored" && d.Category == "error" }); i < 0 || c.Stats().Losses[i].Quantity != 2 {
			t.Errorf("dropped %v, want two events ignored", c.Stats().Losses)
		}
	})
}

func TestPanicsOfOneKindInAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct{ limit, want int }{{0, 5}, {2, 2}, {-1, 20}} {
			c, srv := controlled(t, krunk.Config{Panics: krunk.Panics{MaxRepeats: tt.limit}, MaxRepeats: 1}, "")
			for i := range 21 { // one place: the kind of a panic is its whole stack
				if i == 20 {
					c.Report(errors.New("an error is another kind"))
					c.Flush(time.Minute)
					if n := len(srv.Events()); n != tt.want+1 {
						t.Errorf("Panics.MaxRepeats %d: %d events, want %d", tt.limit, n, tt.want+1)
					}
					if n := c.Stats().Suppressed; n != uint64(20-tt.want) || told(srv, "sample_rate", "error") != int64(n) {
						t.Errorf("Panics.MaxRepeats %d: %d suppressed, told %v", tt.limit, n, srv.Discards())
					}
					time.Sleep(time.Hour)
					srv.Reset()
				}
				crash(c)
			}
			c.Flush(time.Minute)
			if got := srv.Events()[0].Contexts["krunk"]["suppressed"]; tt.limit >= 0 && got != int64(20-tt.want) || tt.limit < 0 && got != nil {
				t.Errorf("Panics.MaxRepeats %d: an hour later the panic tells of %v", tt.limit, got)
			}
			c.Close(time.Minute)
		}
	})
}

// What an hour may cost is settled in the program; panics count in it and are never held back.
func TestBytesPerHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 40_000
		ctl, err := sampling.New(sampling.Identity{}, sampling.Options{Limits: sampling.Limits{MaxBytesPerHour: limit}})
		if err != nil {
			t.Fatal(err)
		}
		c, srv := controlled(t, krunk.Config{
			MaxRepeats: -1, Panics: krunk.Panics{MaxRepeats: -1}, Channels: map[string]krunk.Thresholds{"*": {Send: "info"}}, Sampling: krunk.Steer(ctl),
		}, "")
		const reports, records = 100, 1000
		for range reports {
			c.Report(errors.New("storm"))
		}
		for range records {
			c.Channel("net").Info("storm")
		}
		c.Flush(time.Minute)
		size := 0
		for _, ev := range srv.Events() {
			size += len(ev.Raw)
		}
		if kept := len(srv.Events()); size > limit || size < limit/2 || told(srv, "sample_rate", "error") != int64(reports-kept) {
			t.Errorf("%d events of %d bytes, told %v; want at most %d bytes", kept, size, srv.Discards(), limit)
		}
		if kept := len(srv.Logs()); told(srv, "sample_rate", "log_item") != int64(records-kept) || told(srv, "sample_rate", "log_byte") == 0 {
			t.Errorf("%d log records, told %v", kept, srv.Discards())
		}
		before := len(srv.Events())
		for range 20 {
			crash(c)
		}
		c.Flush(time.Minute)
		if n := len(srv.Events()) - before; n != 20 {
			t.Errorf("%d panics arrived, want 20", n)
		}
		time.Sleep(62 * time.Minute)
		if c.Report(errors.New("an hour later")); !c.Flush(time.Minute) || len(srv.Events()) != before+21 {
			t.Errorf("%d events, want one more an hour later", len(srv.Events())-before)
		}
		c.Close(time.Minute)
	})
}

// The map of Config.Channels stays the game's: what it does with it after Start changes nothing.
func TestChannelsAreCopied(t *testing.T) {
	channels := map[string]krunk.Thresholds{"net": {Send: "info"}}
	c, srv := controlled(t, krunk.Config{Channels: channels}, "")
	channels["net"] = krunk.Thresholds{Send: "nonsense"}
	c.Sampling() // takes Config.Channels as its base
	c.Channel("net").Info("packet lost")
	c.Flush(time.Minute)
	if n := len(srv.Logs()); n != 1 {
		t.Errorf("%d log records arrived, want the one that Start was told to send", n)
	}
}

// A game cannot write what Krunk and servers write themselves.
func TestReservedTags(t *testing.T) {
	c, srv := controlled(t, krunk.Config{Environment: "playtest"}, "")
	for _, key := range []string{"release", "dist", "environment", "user", "filename", "function", "support_code", "krunk.p", "krunk.policy", "krunk.sampled"} {
		c.SetTag(key, "forged")
	}
	c.SetTag("krunk", "mine")
	id := c.Report(errors.New("boom"))
	c.Flush(time.Minute)
	events := srv.Events()
	if len(events) != 1 {
		t.Fatalf("%d events arrived, want 1", len(events))
	}
	for key, value := range events[0].Tags {
		if value == "forged" {
			t.Errorf("the game wrote the tag %s", key)
		}
	}
	if ev := events[0]; ev.Tag("krunk") != "mine" || ev.Tag("support_code") != id.SupportCode() {
		t.Errorf("tags %v, want krunk and the support code", ev.Tags)
	}
}

// What a rate keeps back is stood for by the next record of its channel and level; what is left at the end is told.
func TestRatesAreStoodFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := controlled(t, krunk.Config{}, `"channels":{"net":{"send":"info","rate":"1/m","burst":2}}`)
		net := c.Channel("net")
		send := func(level string, n int) {
			for i := range n {
				if level == "error" {
					net.Report(fmt.Errorf("error %d", i))
				} else {
					net.Info("record")
				}
			}
		}
		send("error", 10) // 2 go out
		send("info", 5)   // none
		time.Sleep(time.Minute)
		send("error", 1) // stands for 8 others
		time.Sleep(time.Minute)
		c.Stats()       // looking tells nothing
		send("info", 4) // the first stands for 5 others, 3 are left
		send("error", 2)
		c.Flush(time.Minute)
		if n := told(srv, "sample_rate", "error") + told(srv, "sample_rate", "log_item"); n != 0 {
			t.Errorf("told of %d for which a later record may stand", n)
		}
		c.Close(time.Minute)
		var p []string
		for _, ev := range srv.Events() {
			p = append(p, ev.Tag("krunk.p"))
		}
		if want := []string{"", "", "0.111111"}; !slices.Equal(p, want) {
			t.Errorf("krunk.p %q, want %q", p, want)
		}
		if logs := srv.Logs(); len(logs) != 1 || logs[0].Attributes["krunk.weight"].Value != 6.0 {
			t.Errorf("log records %+v", logs)
		}
		if e, l := told(srv, "sample_rate", "error"), told(srv, "sample_rate", "log_item"); e != 2 || l != 3 {
			t.Errorf("at the end told of %d events and %d log records, want 2 and 3", e, l)
		}
	})
}

// What was to go out both as an event and as a log record is lost as both, and what goes out as both stands for such alone: an error that is no log
// record counts for no log record.
func TestBothUsesAreCounted(t *testing.T) {
	const draws = 400
	for _, tt := range []struct {
		name, policy string
		do           func(net *krunk.Channel)
		events, logs float64 // what all that arrives stands for
		told         int64   // of either category, below zero: as many as did not arrive
	}{
		{"draws", `"records":50`, func(net *krunk.Channel) {
			for range draws {
				net.Error("lost")
			}
		}, 0, 0, -1},
		{"a rate", `"rate":"1/m","burst":1`, func(net *krunk.Channel) {
			net.Error("first")
			net.Report(errors.New("held"))
			net.Report(errors.New("held"))
			for range 3 {
				net.Error("held")
			}
			time.Sleep(time.Minute)
			net.Error("stands for 4")
			time.Sleep(time.Minute)
			net.Report(errors.New("stands for 3"))
			net.Error("at the end")
			net.Error("at the end")
		}, 8, 5, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, srv := controlled(t, krunk.Config{MaxRepeats: -1}, `"channels":{"net":{"send":"error",`+tt.policy+`}}`)
			tt.do(c.Channel("net"))
			c.Flush(time.Minute)
			c.Close(time.Minute)
			events, logs := 0.0, 0.0
			for _, ev := range srv.Events() {
				p, err := strconv.ParseFloat(cmp.Or(ev.Tag("krunk.p"), "1"), 64)
				if err != nil {
					t.Fatal(err)
				}
				events += 1 / p
			}
			for _, l := range srv.Logs() {
				w, weighed := l.Attributes["krunk.weight"].Value.(float64)
				if !weighed {
					w = 1
				}
				logs += w
			}
			if tt.told < 0 {
				tt.told, tt.events, tt.logs = int64(draws-len(srv.Logs())), 2*float64(len(srv.Events())), 2*float64(len(srv.Logs()))
			}
			if math.Abs(events-tt.events) > 1e-3 || logs != tt.logs {
				t.Errorf("%s: what arrived stands for %v events and %v log records, want %v and %v", tt.name, events, logs, tt.events, tt.logs)
			}
			if e, l := told(srv, "sample_rate", "error"), told(srv, "sample_rate", "log_item"); e != tt.told || l != tt.told {
				t.Errorf("%s: told of %d events and %d log records, want %d of both", tt.name, e, l, tt.told)
			}
		})
	}
}

// A log record that goes although its event is one too many stands for what a rate has kept back once: the next one does not stand for that again.
func TestRepeatsOfBothUses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := controlled(t, krunk.Config{MaxRepeats: 1}, `"channels":{"net":{"send":"error","rate":"1/s","burst":1}}`)
		for _, n := range []int{4, 1, 1} { // of which one is let through
			for range n {
				c.Channel("net").Error("again")
			}
			time.Sleep(time.Second)
		}
		c.Close(time.Minute)
		var got []any
		for _, l := range srv.Logs() {
			got = append(got, l.Attributes["krunk.weight"].Value)
		}
		if len(srv.Events()) != 1 || fmt.Sprint(got) != "[1 4 1]" {
			t.Errorf("%d events, log records that stand for %v, want one and [1 4 1]", len(srv.Events()), got)
		}
		if e, l := told(srv, "sample_rate", "error"), told(srv, "sample_rate", "log_item"); e != 5 || l != 0 {
			t.Errorf("told of %d events and %d log records, want 5 and none", e, l)
		}
	})
}

// What a record was to stand for is stood for once, whatever becomes of it: it is one too many of its kind, and a log record all the same, or a
// transport captures it. A panic, which passes no rate, is given back to none.
func TestWhatIsLostIsStoodForOnce(t *testing.T) {
	for _, tt := range []struct {
		name, panics string
		do           func(net *krunk.Channel, crash func(inside bool))
		events, logs float64 // that what arrives stands for, with what is told
	}{
		{"repeats", "100", func(net *krunk.Channel, _ func(bool)) {
			for range 2 {
				for range 4 {
					net.Error("again")
				}
				time.Sleep(1100 * time.Millisecond)
			}
			net.Error("other")
		}, 9, 9},
		{"captured by the transport", "100", func(net *krunk.Channel, crash func(bool)) {
			for range 4 {
				net.Error("mine")
			}
			time.Sleep(1100 * time.Millisecond)
			crash(true)
		}, 4 + 1, 4},
		{"panics", "1", func(_ *krunk.Channel, crash func(bool)) {
			for range 4 {
				crash(false)
			}
		}, 100 + 3, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sentrytest.New(sentrytest.Options{AnyTime: true})
				var c *krunk.Client
				var inside atomic.Bool
				c = quiet(t, krunk.Config{DSN: srv.DSN(), MaxRepeats: 1, Panics: krunk.Panics{MaxRepeats: 1}, Transport: transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
					if inside.Swap(false) {
						c.Channel("net").Error("inside")
					}
					return srv.Transport().Send(ctx, r)
				})})
				apply(t, c.Sampling(), 1, `"panics":`+tt.panics+`,"channels":{"*":{"send":"error","rate":"1/s","burst":1}}`)
				for id := 0; !c.Sampling().Status().Panics; id++ {
					c.Sampling().Update(func(i *sampling.Identity) { i.ID = strconv.Itoa(id) })
				}
				tt.do(c.Channel("net"), func(in bool) {
					synctest.Wait()
					inside.Store(in)
					crash(c)
					c.Flush(time.Minute)
				})
				c.Close(time.Minute)
				events, logs := float64(told(srv, "sample_rate", "error")), float64(told(srv, "sample_rate", "log_item"))
				for _, ev := range srv.Events() {
					p, err := strconv.ParseFloat(cmp.Or(ev.Tag("krunk.p"), "1"), 64)
					if err != nil {
						t.Fatal(err)
					}
					events += 1 / p
				}
				for _, l := range srv.Logs() {
					w, weighed := l.Attributes["krunk.weight"].Value.(float64)
					if !weighed {
						w = 1
					}
					logs += w
				}
				if math.Abs(events-tt.events) > 1e-3 || logs != tt.logs || inside.Load() {
					t.Errorf("%v events and %v log records, want %v and %v", events, logs, tt.events, tt.logs)
				}
			})
		})
	}
}

// Where the black box has no room, what a record was to stand for is stood for by the next one, or told at the end.
func TestNoRoomLosesNoCount(t *testing.T) {
	for _, tt := range []struct {
		name         string
		capture      func(*krunk.Channel, *krunk.Lines)
		events, logs uint64 // of three rounds of four, of which a rate lets one through
	}{
		{"error", func(net *krunk.Channel, _ *krunk.Lines) { net.Report(errors.New("x")) }, 9, 0},
		{"both", func(net *krunk.Channel, _ *krunk.Lines) { net.Error("x") }, 9, 9},
		{"log record", func(net *krunk.Channel, _ *krunk.Lines) { net.Info("x") }, 0, 9},
		{"line", func(_ *krunk.Channel, l *krunk.Lines) { l.Emit(krunk.LevelInfo, []byte("x")) }, 0, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := stalled(t)
				apply(t, c.Sampling(), 1, `"channels":{"net":{"send":"info","rate":"1/s","burst":1}}`)
				net := c.Channel("net")
				lines := net.Lines("net", func() krunk.LineReader { return nil })
				for range 3 {
					for range 4 {
						tt.capture(net, lines)
					}
					time.Sleep(1100 * time.Millisecond)
				}
				c.Close(time.Second)
				var events, logs uint64
				for _, l := range c.Stats().Losses {
					switch l.Reason + " " + l.Category {
					case "sample_rate error":
						events = l.Quantity
					case "sample_rate log_item":
						logs = l.Quantity
					}
				}
				if events != tt.events || logs != tt.logs {
					t.Errorf("told of %d events and %d log records, want %d and %d", events, logs, tt.events, tt.logs)
				}
			})
		})
	}
}
