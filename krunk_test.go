// Package krunk_test holds Krunk's promises end to end: through the public API, against a strict endpoint.
package krunk_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// start returns a client and its endpoint, which must have nothing to complain about at the end.
func start(t *testing.T, cfg krunk.Config) (*krunk.Client, *sentrytest.Server) {
	t.Helper()
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	cfg.DSN = srv.DSN()
	if cfg.Transport == nil {
		cfg.Transport = srv.Transport()
	}
	c, err := krunk.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !c.Close(time.Minute) {
			t.Error("Close could not deliver everything")
		}
		srv.Verify(t)
		keep(t, srv)
	})
	return c, srv
}

func one(t *testing.T, c *krunk.Client, srv *sentrytest.Server) sentrytest.Event {
	t.Helper()
	if !c.Flush(time.Minute) {
		t.Fatal("Flush timed out")
	}
	events := srv.Events()
	if len(events) != 1 {
		t.Fatalf("%d events arrived, want 1 (faults: %v)", len(events), srv.Faults())
	}
	return events[0]
}

type boss struct{ health []int }

func (b *boss) tick(i int) int { return b.health[i] }

func emptyMap() map[string]int { return nil }

type hostile struct{}

func (hostile) Error() string { panic("no text today") }

type spell string

type slot int

type named struct{ s string }

func (n named) String() string { return "named " + n.s }

func TestPanicsOfEveryKind(t *testing.T) {
	for _, tt := range []struct {
		name  string
		f     func()
		title string
		top   string
	}{
		{"runtime error", func() { new(boss).tick(9) }, "runtime.boundsError: runtime error: index out of range [9] with length 0", "(*boss).tick"},
		{"nil map", func() { emptyMap()["x"] = 1 }, "runtime.plainError: assignment to entry in nil map", "TestPanicsOfEveryKind.func2"},
		{"error", func() { panic(fmt.Errorf("save: %w", fs.ErrPermission)) }, "error: save: permission denied", "TestPanicsOfEveryKind.func3"},
		{"string", func() { panic("boom") }, "panic: boom", "TestPanicsOfEveryKind.func4"},
		{"stringer", func() { panic(named{"x"}) }, "krunk_test.named: named x", "TestPanicsOfEveryKind.func5"},
		{"int", func() { panic(42) }, "int: 42", "TestPanicsOfEveryKind.func6"},
		{"named string", func() { panic(spell("boom")) }, `krunk_test.spell: krunk_test.spell("boom")`, "TestPanicsOfEveryKind.func7"},
		{"named int", func() { panic(slot(-3)) }, `krunk_test.slot: krunk_test.slot(-3)`, "TestPanicsOfEveryKind.func8"},
		{"big number", func() { panic(uint64(1 << 63)) }, `uint64: 9223372036854775808`, "TestPanicsOfEveryKind.func9"},
		{"float", func() { panic(0.5) }, `float64: 0.5`, "TestPanicsOfEveryKind.func10"},
		{"complex", func() { panic(1 + 2i) }, `complex128: (1+2i)`, "TestPanicsOfEveryKind.func11"},
		{"struct", func() { panic(boss{}) }, `krunk_test.boss: (krunk_test.boss)`, "TestPanicsOfEveryKind.func12"},
		{"nil", func() { panic(nil) }, "*runtime.PanicNilError: panic called with nil argument", "TestPanicsOfEveryKind.func13"},
		{"hostile", func() { panic(hostile{}) }, "krunk_test.hostile: [krunk: Error of krunk_test.hostile panicked: no text today]", "TestPanicsOfEveryKind.func14"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := start(t, krunk.Config{})
			func() {
				defer c.Recover()
				tt.f()
			}()
			ev := one(t, c, srv)
			if got := ev.Title(); got != tt.title {
				t.Errorf("title %q, want %q", got, tt.title)
			}
			if got := ev.Top().Function; got != tt.top {
				t.Errorf("top frame %q, want %q", got, tt.top)
			}
			if ev.Handled() || ev.Level != "fatal" {
				t.Errorf("handled %v, level %q; want an unhandled, fatal event", ev.Handled(), ev.Level)
			}
			if len(ev.Threads) != 1 || ev.Threads[0].ID != ev.Exceptions[len(ev.Exceptions)-1].ThreadID {
				t.Errorf("threads %+v do not name the goroutine of the exception", ev.Threads)
			}
		})
	}
}

func TestRepanicGoesItsWayUnchanged(t *testing.T) {
	c, srv := start(t, krunk.Config{Panics: krunk.Panics{Wait: time.Minute}})
	value := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	func() {
		defer func() {
			if got := recover(); got != any(value) {
				t.Errorf("the panic arrived as %v, want the same value", got)
			}
			// Repanic waited for the delivery.
			if n := len(srv.Events()); n != 1 {
				t.Errorf("%d events before the panic went on, want 1", n)
			}
		}()
		defer c.Repanic()
		panic(value)
	}()
}

func TestReportPanicInsideAnotherDeferred(t *testing.T) {
	c, srv := start(t, krunk.Config{})
	var id krunk.EventID
	func() {
		defer func() {
			id = c.ReportPanic(recover())
		}()
		new(boss).tick(3)
	}()
	ev := one(t, c, srv)
	if ev.ID != id.String() || ev.Top().Function != "(*boss).tick" {
		t.Errorf("got event %s from %s, want %s from (*boss).tick", ev.ID, ev.Top().Function, id)
	}
	if code := ev.Tag("support_code"); code != id.SupportCode() || len(code) != 8 || strings.ContainsAny(code, "0O1IL") {
		t.Errorf("support_code %q, want %q", code, id.SupportCode())
	}
}

func TestErrorChains(t *testing.T) {
	c, srv := start(t, krunk.Config{})
	cause := &fs.PathError{Op: "open", Path: "save.dat", Err: fs.ErrPermission}
	c.Channel("save").Report(fmt.Errorf("saving: %w", errors.Join(fmt.Errorf("cloud: %w", errors.New("off")), cause)), krunk.Int("slot", 3))
	ev := one(t, c, srv)
	var got []string
	for _, e := range ev.Exceptions {
		m := e.Mechanism
		parent := -1
		if m.ParentID != nil {
			parent = *m.ParentID
		}
		got = append(got, fmt.Sprintf("%d<-%d %s %s %v", *m.ID, parent, e.Type, m.Source, m.Group))
	}
	want := []string{
		"5<-4 error unwrap false",
		"4<-1 *fs.PathError errors[1] false",
		"3<-2 error unwrap false",
		"2<-1 error errors[0] false",
		"1<-0 *fs.PathError unwrap true",
		"0<--1 *fs.PathError  false",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := len(ev.Exceptions[0].Frames); n != 0 {
		t.Errorf("the root cause has %d frames, want the stack on the outermost error alone", n)
	}
	if top := ev.Top(); top.Function != "TestErrorChains" || top.Filename == "" || top.InApp == nil || !*top.InApp {
		t.Errorf("top frame %+v, want this test, in app, with its file", top)
	}
	if got := ev.Contexts["attributes"]["slot"]; got != int64(3) {
		t.Errorf("attribute slot is %v, want 3", got)
	}
	if ev.Logger != "save" || !ev.Handled() {
		t.Errorf("logger %q, handled %v; want save, handled", ev.Logger, ev.Handled())
	}
}

func TestBreadcrumbsAreTheNewestHundredBefore(t *testing.T) {
	c, srv := start(t, krunk.Config{Channels: map[string]krunk.Thresholds{"quiet": {Trail: "off"}}})
	net := c.Channel("net")
	for i := range 150 {
		net.Debug("step", krunk.Int("i", i))
		c.Channel("quiet").Info("not kept")
		net.Trace("below trail")
	}
	net.Error("first")
	net.Info("after the first")
	net.Error("second")
	c.Flush(time.Minute)
	events := srv.Events()
	if len(events) != 2 {
		t.Fatalf("%d events, want 2", len(events))
	}
	for n, first := range []int64{50, 52} { // the first event is a breadcrumb of the second
		crumbs := events[n].Breadcrumbs
		if len(crumbs) != 100 {
			t.Fatalf("event %d has %d breadcrumbs, want 100", n, len(crumbs))
		}
		if got := crumbs[0].Data["i"]; got != first {
			t.Errorf("event %d: the oldest is step %v, want %d", n, got, first)
		}
	}
	if last := events[0].Breadcrumbs[99]; last.Data["i"] != int64(149) || last.Category != "net" || last.Level != "debug" {
		t.Errorf("the newest before the first is %+v, want step 149", last)
	}
	code := events[0].Tag("support_code")
	if last := events[1].Breadcrumbs[98:]; last[0].Message != "first ["+code+"]" || last[0].Type != "error" || last[1].Message != "after the first" {
		t.Errorf("the newest before the second are %+v", last)
	}
}

func raise(ch *krunk.Channel, n int) { ch.Error("connection lost", krunk.Int("n", n)) }

func TestLogRecordsAreGroupedByChannelTemplateAndSite(t *testing.T) {
	c, srv := start(t, krunk.Config{})
	net, ai := c.Channel("net"), c.Channel("ai")
	raise(net, 1)
	raise(net, 2)
	raise(ai, 3)
	net.Error("connection lost")
	net.Error("connection lost")
	c.Flush(time.Minute)
	var prints []string
	for _, ev := range srv.Events() {
		prints = append(prints, strings.Join(ev.Fingerprint, "|"))
	}
	if len(prints) != 5 {
		t.Fatalf("%d events, want 5", len(prints))
	}
	for i := range prints {
		for j := range i {
			same := i == 1 && j == 0
			if (prints[i] == prints[j]) != same {
				t.Errorf("events %d and %d: %q and %q, want same: %v", j, i, prints[j], prints[i], same)
			}
		}
	}
	if ev := srv.Events()[0]; ev.Title() != "net: connection lost" || ev.Top().Function != "raise" || ev.LogEntry.Message != "connection lost" {
		t.Errorf("title %q, top %q, template %q", ev.Title(), ev.Top().Function, ev.LogEntry.Message)
	}
}

func TestStructuredLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{Release: "moonfall@1.4.2", Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}})
		c.SetTag("scene", "boss_3")
		net := c.Channel("net.http").With(krunk.String("peer", "10.0"))
		for i := range 101 {
			net.Info("got", krunk.Int("i", i), krunk.Uint64("big", math.MaxUint64), krunk.Float64("nan", math.NaN()),
				krunk.Duration("rtt", 1500*time.Microsecond), krunk.Bool("ok", true), krunk.Any("list", []int{1, 2}))
		}
		time.Sleep(time.Second) // fake: a recorder that has read the first of them lingers for a quarter of a second before it looks again
		synctest.Wait()
		if n := len(srv.Logs()); n != 100 {
			t.Fatalf("%d log records before the batch was due, want 100", n)
		}
		time.Sleep(5 * time.Second) // fake: the batch of one is due
		synctest.Wait()
		logs := srv.Logs()
		if len(logs) != 101 {
			t.Fatalf("%d log records, want 101", len(logs))
		}
		last := logs[100]
		for name, want := range map[string]any{
			"i": int64(100), "big": "18446744073709551615", "nan": "NaN", "rtt": 1.5, "ok": true, "list": "[1,2]", "peer": "10.0",
			"scene": "boss_3", "sentry.release": "moonfall@1.4.2", "krunk.channel": "net.http", "sentry.message.template": "got",
		} {
			if got := last.Attr(name); got != want {
				t.Errorf("attribute %s is %#v, want %#v", name, got, want)
			}
		}
		c.Close(time.Minute)
	})
}

func TestScope(t *testing.T) {
	c, srv := start(t, krunk.Config{Environment: "playtest", Release: "moonfall@1.0", Dist: "7", Frames: krunk.Frames{Hang: -1}})
	c.SetTag("scene", "menu")
	c.SetTag("bad key\n", "two\nlines")
	c.SetTag("gone", "x")
	c.RemoveTag("gone")
	c.SetUser(krunk.User{ID: "player-17", Name: "Anna"})
	c.SetContext("gpu", krunk.String("name", "Jupiter"), krunk.Int("memory_size", 512))
	c.Beat()
	c.Beat()
	c.Report(errors.New("boom"))
	c.SetTag("scene", "boss")
	c.SetUser(krunk.User{})
	c.SetContext("gpu")
	c.Flush(time.Minute)
	ev := srv.Events()[0]
	if ev.Tags["scene"] != "menu" || ev.Tags["gone"] != "" || ev.User.ID != "player-17" || ev.User.Username != "Anna" {
		t.Errorf("tags %v, user %+v: want those of the moment of capture", ev.Tags, ev.User)
	}
	if ev.Contexts["gpu"]["memory_size"] != int64(512) || ev.Contexts["krunk"]["frame"] != int64(2) {
		t.Errorf("contexts %v", ev.Contexts)
	}
	if ev.Release != "moonfall@1.0" || ev.Environment != "playtest" || ev.Dist != "7" || ev.SDK.InferIP != "never" {
		t.Errorf("release %q, environment %q, dist %q, infer_ip %q", ev.Release, ev.Environment, ev.Dist, ev.SDK.InferIP)
	}
	c.Report(errors.New("later"))
	c.Flush(time.Minute)
	if ev := srv.Events()[1]; ev.Tags["scene"] != "boss" || ev.User.ID != "" || ev.Contexts["gpu"] != nil {
		t.Errorf("the second event has tags %v, user %+v, gpu %v", ev.Tags, ev.User, ev.Contexts["gpu"])
	}
}

func TestPrivateByDefault(t *testing.T) {
	c, srv := start(t, krunk.Config{})
	home, _ := os.UserHomeDir()
	host, _ := os.Hostname()
	c.Channel("net").Info("saved to /home/anna/saves/1.dat")
	c.Report(errors.New(`open C:\Users\Anna\save.dat: no space`))
	raw := string(one(t, c, srv).Raw)
	secrets := []string{"anna", "Anna", "server_name"}
	if len(home) > 1 {
		secrets = append(secrets, `"`+home+`/`)
	}
	if !slices.Contains([]string{runtime.GOOS, runtime.GOARCH, "go", "net", "error", "default", "info", "main", "never", "generic", "production"}, host) {
		secrets = append(secrets, `"`+host+`"`)
	}
	for _, secret := range secrets {
		if strings.Contains(raw, secret) {
			t.Errorf("the event holds %q:\n%s", secret, raw)
		}
	}
}

// cyclic is a value that no encoder can finish.
type cyclic struct{ Self *cyclic }

// rude panics, calls Krunk again and takes its time when it is asked for its text.
type rude struct{ c *krunk.Client }

func (r rude) Error() string {
	r.c.Channel("inner").Error("from inside")
	time.Sleep(time.Second)
	panic("rude")
}

func TestBadInput(t *testing.T) {
	loop := &cyclic{}
	loop.Self = loop
	many := make([]krunk.Attr, 10_000)
	for i := range many {
		many[i] = krunk.Int(fmt.Sprint("k", i), i)
	}
	huge := strings.Repeat("x\xff\u2028", 10<<20/5)
	self := map[string]any{}
	self["self"] = self
	for _, tt := range []struct {
		name string
		call func(c *krunk.Client)
	}{
		{"10 MB message", func(c *krunk.Client) { c.Channel("x").Error(huge) }},
		{"10 MB error", func(c *krunk.Client) { c.Report(errors.New(huge)) }},
		{"10,000 attributes", func(c *krunk.Client) { c.Channel("x").Error("m", many...) }},
		{"10,000 unsettled attributes", func(c *krunk.Client) {
			c.Channel("x").Error("m", append([]krunk.Attr{krunk.Any("a", loop)}, many...)...)
		}},
		{"huge attributes", func(c *krunk.Client) {
			var a []krunk.Attr
			for i := range 100 {
				a = append(a, krunk.String(fmt.Sprint(huge[:300], i), huge))
			}
			c.Channel("x").Error("m", a...)
		}},
		{"invalid UTF-8", func(c *krunk.Client) { c.Channel("x").Error("\xff\xfe", krunk.String("\xff", "\xed\xa0\x80")) }},
		{"NaN", func(c *krunk.Client) {
			c.Channel("x").Error("m", krunk.Float64("nan", math.NaN()), krunk.Any("m", map[string]any{"inf": math.Inf(1), "f": float32(1e30)}))
		}},
		{"cyclic values", func(c *krunk.Client) { c.Channel("x").Error("m", krunk.Any("p", loop), krunk.Any("m", self)) }},
		{"values that cannot be encoded", func(c *krunk.Client) {
			c.Channel("x").Error("m", krunk.Any("ch", make(chan int)), krunk.Any("f", func() {}), krunk.Any("big", strings.Split(huge[:100_000], "x")))
		}},
		{"keys with newlines", func(c *krunk.Client) {
			c.Channel("x").Error("m", krunk.Int("a\nb", 1), krunk.Int("", 2), krunk.Int("a", 3), krunk.Int("a", 4))
		}},
		{"nil error in Err", func(c *krunk.Client) { c.Channel("x").Error("m", krunk.Err(nil), krunk.Any("nil", nil)) }},
		{"typed nil error", func(c *krunk.Client) { c.Report((*fs.PathError)(nil)) }},
		{"endless chain", func(c *krunk.Client) { c.Report(endless{}) }},
		{"huge panic", func(c *krunk.Client) { defer c.Recover(); panic(huge) }},
		{"deep recursion", func(c *krunk.Client) { dive(c, 2000) }},
		{"huge history", func(c *krunk.Client) {
			for range 200 {
				c.Channel("x").Info(huge[:8000], krunk.String("v", huge[:2000]))
			}
			c.Channel("x").Error("m")
		}},
		{"bad names", func(c *krunk.Client) { c.Channel("Ünïcode \n channel" + huge[:1000]).Error("m") }},
		{"huge scope", func(c *krunk.Client) {
			for i := range 300 {
				c.SetTag(fmt.Sprint(huge[:50], i), huge[:10_000])
				c.SetContext(fmt.Sprint("ctx", i), krunk.String("v", huge[:3000]), krunk.String("w", huge))
			}
			c.SetUser(krunk.User{ID: huge[:1000], Name: huge[:1000], Email: huge[:1000]})
			c.Flush(time.Minute) // 600 records of 4 KB may fill the smallest ring faster than it is read
			c.Report(errors.New("m"))
		}},
	} {
		for _, memory := range []int{0, 128 << 10} {
			t.Run(fmt.Sprint(tt.name, "/", memory), func(t *testing.T) {
				c, srv := start(t, krunk.Config{Memory: memory, MaxRepeats: -1})
				tt.call(c)
				ev := one(t, c, srv)
				if len(ev.Raw) > 1<<20 {
					t.Errorf("an event of %d bytes", len(ev.Raw))
				}
				c.Report(errors.New("the next one is not disturbed"))
				c.Flush(time.Minute)
				if n := len(srv.Events()); n != 2 {
					t.Errorf("%d events, want 2", n)
				}
			})
		}
	}
}

type endless struct{}

func (endless) Error() string { return "endless" }
func (endless) Unwrap() error { return endless{} }

func dive(c *krunk.Client, n int) {
	if n == 0 {
		c.Channel("x").Error("deep")
		return
	}
	dive(c, n-1)
}

func descend(n int) int {
	if n == 0 {
		return new(boss).health[0]
	}
	return descend(n-1) + 1
}

// A panic deep in a recursion tells where it happened and where the recursion was entered.
func TestDeepPanicKeepsBothEnds(t *testing.T) {
	for _, depth := range []int{100, 247, 248, 249, 250, 251, 300, 2000, 40_000} {
		c, srv := start(t, krunk.Config{})
		func() {
			defer c.Recover()
			descend(depth)
		}()
		ev := one(t, c, srv)
		frames := ev.Exceptions[len(ev.Exceptions)-1].Frames
		if top := ev.Top().Function; top != "descend" || len(frames) > 250 {
			t.Errorf("depth %d: %d frames, top %s", depth, len(frames), top)
		}
		entered := 0
		for _, f := range frames {
			if strings.HasPrefix(f.Function, "TestDeepPanicKeepsBothEnds") {
				entered++
			}
		}
		if entered != 2 || frames[0].Function != "tRunner" {
			t.Errorf("depth %d: the outermost frames are %s, %s, %s", depth, frames[0].Function, frames[1].Function, frames[2].Function)
		}
	}
}

func TestForeignCodeHarmsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{})
		begin := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { c.Report(rude{c}) })
		synctest.Wait() // the rude one sleeps inside of Report
		c.Report(errors.New("polite"))
		if d := time.Since(begin); d != 0 {
			t.Errorf("another goroutine's report waited %v", d)
		}
		wg.Wait()
		c.Flush(time.Minute)
		var titles []string
		for _, ev := range srv.Events() {
			titles = append(titles, ev.Title())
		}
		want := "inner: from inside\nerror: polite\nkrunk_test.rude: [krunk: Error of krunk_test.rude panicked: rude]"
		if got := strings.Join(titles, "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		c.Close(time.Minute)
	})
}

func TestNilClientDoesNothing(t *testing.T) {
	var c *krunk.Client
	ch := c.Channel("net").With(krunk.Int("a", 1))
	ch.Trace("x")
	ch.Error("x", krunk.Err(errors.New("x")))
	ch.Log(99, "x")
	if id := ch.Report(errors.New("x")); !id.IsZero() || id.String() != "" || id.SupportCode() != "" {
		t.Errorf("got id %v", id)
	}
	if ch.Enabled(krunk.LevelFatal) || !c.Report(errors.New("x")).IsZero() || !c.ReportPanic("x").IsZero() {
		t.Error("a nil client captured something")
	}
	c.SetTag("a", "b")
	c.RemoveTag("a")
	c.SetUser(krunk.User{})
	c.SetContext("a")
	c.Beat()
	c.Stats()
	fmt.Fprintln(ch.Writer(krunk.LevelInfo), "x")
	func() {
		defer c.Recover()
		panic("a frame")
	}()
	if !c.Flush(time.Second) || !c.Close(time.Second) {
		t.Error("nothing to flush, but Flush reports false")
	}
}

func TestStalledServerIsBoundedAndCounted(t *testing.T) {
	const captures = 100_000
	srv := sentrytest.New(sentrytest.Options{})
	release := make(chan struct{})
	c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), MaxRepeats: -1, Transport: transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
		select {
		case <-release:
		case <-ctx.Done():
			return transport.Response{}, ctx.Err()
		}
		return srv.Transport().Send(ctx, r)
	})})
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	boom := errors.New("boom")
	for range captures {
		if !c.Report(boom).IsZero() {
			kept++
		}
	}
	var dropped uint64
	for _, d := range c.Stats().Losses {
		if d.Reason != "queue_overflow" || d.Category != "error" {
			t.Errorf("dropped by %s %s", d.Reason, d.Category)
		}
		dropped += d.Quantity
	}
	if uint64(kept)+dropped != captures {
		t.Errorf("kept %d and dropped %d, want %d together", kept, dropped, captures)
	}
	close(release)
	if !c.Close(time.Minute) {
		t.Error("Close could not deliver everything")
	}
	if n := len(srv.Events()); n != kept {
		t.Errorf("%d events arrived, want every one that has an id: %d", n, kept)
	}
	var told int64
	for _, d := range srv.Discards() {
		told += int64(d.Quantity)
	}
	if told != int64(dropped) {
		t.Errorf("the server was told of %d drops, want %d", told, dropped)
	}
	srv.Verify(t)
}

func TestServerAnswers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		replies []sentrytest.Reply
		events  int
		drop    string
	}{
		{"unavailable, then back", []sentrytest.Reply{sentrytest.Unavailable(), sentrytest.Unavailable()}, 3, ""},
		{"connection reset", []sentrytest.Reply{sentrytest.Reset()}, 3, ""},
		{"too large", []sentrytest.Reply{sentrytest.TooLarge()}, 2, "send_error error 1"},
		{"errors limited", []sentrytest.Reply{sentrytest.Limit("60:error:organization")}, 0, "ratelimit_backoff error 2"},
		{"other categories limited", []sentrytest.Reply{{RateLimits: "86400:transaction;span:organization"}}, 3, ""},
		{"hangs", []sentrytest.Reply{sentrytest.Hang()}, 3, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sentrytest.New(sentrytest.Options{})
				srv.Next(tt.replies...)
				c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport()})
				if err != nil {
					t.Fatal(err)
				}
				for i := range 3 {
					c.Report(fmt.Errorf("error %d", i))
				}
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				if n := len(srv.Events()); n != tt.events {
					t.Errorf("%d events, want %d", n, tt.events)
				}
				var drops []string
				for _, d := range c.Stats().Losses {
					drops = append(drops, fmt.Sprint(d.Reason, " ", d.Category, " ", d.Quantity))
				}
				if got := strings.Join(drops, ", "); got != tt.drop {
					t.Errorf("dropped %q, want %q", got, tt.drop)
				}
				c.Close(time.Minute)
			})
		})
	}
}

// A panic that meets a rate limit waits for its end; a crash is worth that.
func TestPanicWaitsForTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{})
		srv.Next(sentrytest.Limit("60:error:organization"))
		c.Report(errors.New("meets the limit"))
		synctest.Wait()
		func() {
			defer c.Recover()
			panic("crash")
		}()
		time.Sleep(59 * time.Second)
		if n := len(srv.Events()); n != 0 {
			t.Fatalf("%d events inside of the limit", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if ev := srv.Events(); len(ev) != 1 || ev[0].Title() != "panic: crash" {
			t.Errorf("after the limit: %d events, want the panic", len(ev))
		}
		c.Close(time.Minute)
	})
}

func TestRepeatsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{MaxRepeats: 10})
		net := c.Channel("net")
		for range 2 {
			for i := range 50 {
				net.Error("every frame", krunk.Int("i", i))
			}
			time.Sleep(time.Minute)
		}
		c.Flush(time.Minute)
		events := srv.Events()
		if len(events) != 20 {
			t.Fatalf("%d events, want 10 a minute", len(events))
		}
		if got := events[10].Contexts["krunk"]["suppressed"]; got != int64(40) {
			t.Errorf("the first of the second minute tells of %v, want 40", got)
		}
		c.Close(time.Minute)
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{})
		srv.Answer(func(sentrytest.Received) sentrytest.Reply { return sentrytest.Unavailable() })
		c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport()})
		if err != nil {
			t.Fatal(err)
		}
		c.Report(errors.New("never arrives"))
		begin := time.Now()
		if c.Flush(time.Second) {
			t.Error("Flush reports success against a server that is down")
		}
		if c.Close(2 * time.Second) {
			t.Error("Close reports success against a server that is down")
		}
		if d := time.Since(begin); d > 4*time.Second {
			t.Errorf("Flush and Close took %v, want their limits", d)
		}
		if !c.Channel("late").Report(errors.New("late")).IsZero() || c.Channel("net").Enabled(krunk.LevelFatal) {
			t.Error("a closed client captured something")
		}
		c.Close(time.Second)
		if s := c.Stats(); s.Waiting != 1 || s.LastError != "status 503" {
			t.Errorf("stats %+v, want one envelope waiting and status 503", s)
		}
	})
}

// While a lot of goroutines capture and nobody reads, every call returns and every record is there or counted.
func TestManyGoroutines(t *testing.T) {
	noHang := krunk.Frames{Hang: -1} // a machine that stands still is no event of the game's
	c, srv := start(t, krunk.Config{MaxRepeats: -1, Frames: noHang, Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}})
	net := c.Channel("net")
	var wg sync.WaitGroup
	var ids sync.Map
	for g := range 64 {
		wg.Go(func() {
			boom := fmt.Errorf("boom %d", g)
			for i := range 8 {
				net.Info("packet", krunk.Int("g", g), krunk.Int("i", i))
				net.Debug("crumb")
				c.Beat()
				c.SetTag("g", fmt.Sprint(g))
				if id := c.Report(boom); !id.IsZero() {
					if _, twice := ids.LoadOrStore(id, g); twice {
						t.Errorf("id %s was given out twice", id)
					}
				}
			}
		})
	}
	wg.Wait()
	for !c.Flush(10 * time.Second) { // as long as a slow machine takes; go test has a limit of its own
	}
	arrived := make(map[string]bool)
	for _, ev := range srv.Events() {
		arrived[ev.ID] = true
	}
	n := 0
	ids.Range(func(id, _ any) bool {
		n++
		if !arrived[id.(krunk.EventID).String()] {
			t.Errorf("event %s has an id and did not arrive", id)
		}
		return true
	})
	if n == 0 || len(arrived) != n {
		t.Errorf("%d events arrived, %d have ids", len(arrived), n)
	}
}

func TestStartNamesWhatIsWrong(t *testing.T) {
	good := transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
		return transport.Response{Status: 200}, nil
	})
	const dsn = "https://0123456789abcdef0123456789abcdef@sentry.example/42"
	for _, tt := range []struct {
		name string
		cfg  krunk.Config
		want []string
	}{
		{"good", krunk.Config{DSN: dsn, Transport: good}, nil},
		{"no transport", krunk.Config{DSN: dsn}, []string{"Config.Transport", "nethttp.Default"}},
		{"no scheme", krunk.Config{DSN: "sentry.example/42", Transport: good}, []string{"Config.DSN", "https://"}},
		{"no project", krunk.Config{DSN: "https://key@sentry.example/", Transport: good}, []string{"Config.DSN", "project"}},
		{"release", krunk.Config{Release: "studio/game@1"}, []string{"Config.Release", `"studio/game@1"`, "/"}},
		{"environment", krunk.Config{Environment: "none"}, []string{"Config.Environment", "none"}},
		{"dist", krunk.Config{Dist: "a b"}, []string{"Config.Dist", `"a b"`}},
		{"negative memory", krunk.Config{Memory: -1}, []string{"Config.Memory", "-1", "131072"}},
		{"no memory to compress", krunk.Config{Memory: 256 << 10, Compress: deflate.Items()}, []string{"Config.Memory", "262144", "466944", "Compress"}},
		{"tunnel", krunk.Config{Tunnel: "relay"}, []string{"Config.Tunnel", `"relay"`, "https://"}},
		{"level", krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Trail: "warning"}}}, []string{`Config.Channels["net"].Trail: `, `"warning"`, "warn,"}},
		{"pattern", krunk.Config{Code: krunk.Code{InApp: []string{"example.com/a", "example.com/b/..."}}}, []string{`Config.Code.InApp[1]: "example.com/b/..."`, "import"}},
		{"no path", krunk.Config{Code: krunk.Code{Wrappers: []string{""}}}, []string{`Config.Code.Wrappers[0]: ""`, "import"}},
		{"sentinel", krunk.Config{Code: krunk.Code{Sentinels: []krunk.Sentinel{{Text: "done"}, {}}}}, []string{"Config.Code.Sentinels[1]: empty", "Type"}},
		{"short hang", krunk.Config{Frames: krunk.Frames{Hang: 50 * time.Millisecond}}, []string{"Config.Frames.Hang: 50 ms", "1s"}},
		{"negative frame", krunk.Config{Frames: krunk.Frames{Slow: -time.Second}}, []string{"Config.Frames.Slow: -1000 ms", "0"}},
		{"order", krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Send: "error", Issue: "warn"}}}, []string{`["net"]`, "Send error", "Issue warn"}},
		{"channel", krunk.Config{Channels: map[string]krunk.Thresholds{"net.*": {}}}, []string{`["net.*"]`, "letters"}},
		{"one channel twice", krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Send: "info"}, "Net": {Send: "off"}, "NET.http": {}}}, []string{`Config.Channels["net"]: `, "once in whatever case"}},
		{"all at once", krunk.Config{Memory: -1, Release: "a/b", Dist: "?"}, []string{"Config.Memory", "Config.Release", "Config.Dist"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := krunk.Start(tt.cfg)
			if err == nil {
				defer c.Close(time.Second)
			}
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("got error %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}
