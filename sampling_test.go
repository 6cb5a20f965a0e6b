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
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

func document(version int, rest string) []byte {
	return fmt.Appendf(nil, `{"krunk":1,"epoch":0,"version":%d,"issued":"2026-10-10T12:00:00Z","salt":"s",%s}`, version, rest)
}

func TestPolicyMovesThresholdsWhileTheGameRuns(t *testing.T) {
	c, srv := start(t, krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Issue: "warn"}}})
	net := c.Channel("net.http")
	ctl := c.Sampling()
	if ctl != c.Sampling() {
		t.Fatal("two calls gave two controllers")
	}
	net.Warn("config raises it")
	if err := ctl.Apply(document(1, `"channels":{"net":{"issue":"off","send":"info"}}`)); err != nil {
		t.Fatal(err)
	}
	net.Error("shipped as a log record alone")
	late := c.Channel("net.late")
	late.Info("made after the policy")
	if late.Enabled(krunk.LevelTrace) || !late.Enabled(krunk.LevelDebug) {
		t.Error("a channel made later has other thresholds than the policy says")
	}
	c.Flush(time.Minute)
	if ev := srv.Events(); len(ev) != 1 || ev[0].Title() != "net.http: config raises it" {
		t.Errorf("%d events, want the one before the policy", len(ev))
	}
	if logs := srv.Logs(); len(logs) != 2 || logs[1].Body != "made after the policy" {
		t.Errorf("%d log records, want 2", len(logs))
	}
	c.Report(errors.New("not this one either"))
	if err := ctl.Apply([]byte(`{"krunk":1,"version":"x"}`)); err == nil {
		t.Error("a malformed policy was applied")
	}
	c.Channel("ai").Error("tagged")
	c.Flush(time.Minute)
	events := srv.Events()
	if got := events[len(events)-1].Tag("krunk.policy"); got != ctl.Version().String() {
		t.Errorf("tag krunk.policy is %q, want %q", got, ctl.Version())
	}
}

func TestKillSwitchSilencesAllButPanics(t *testing.T) {
	c, srv := start(t, krunk.Config{})
	ctl := c.Sampling()
	if err := ctl.Apply(document(1, `"enabled":false`)); err != nil {
		t.Fatal(err)
	}
	if !c.Report(errors.New("silenced")).IsZero() || c.Channel("net").Enabled(krunk.LevelFatal) {
		t.Error("the kill switch did not close the gates")
	}
	func() {
		defer c.Recover()
		panic("still told")
	}()
	c.Flush(time.Minute)
	if ev := srv.Events(); len(ev) != 1 || ev[0].Title() != "panic: still told" {
		t.Errorf("%d events, want the panic alone", len(ev))
	}
	if n := len(srv.Discards()); n != 0 {
		t.Errorf("%d discards reported by a silenced client", n)
	}
}

func TestSampledOutIsCountedAndWeighed(t *testing.T) {
	c, srv := start(t, krunk.Config{MaxRepeats: -1})
	if err := c.Sampling().Apply(document(1, `"channels":{"net":{"records":25}}`)); err != nil {
		t.Fatal(err)
	}
	net := c.Channel("net")
	const n = 400
	kept := 0
	for i := range n {
		if !net.Report(fmt.Errorf("error %d", i)).IsZero() {
			kept++
		}
	}
	if kept < n/8 || kept > n/2 {
		t.Errorf("%d of %d kept at 25 %%", kept, n)
	}
	c.Flush(time.Minute)
	events := srv.Events()
	if len(events) != kept {
		t.Fatalf("%d events, want %d", len(events), kept)
	}
	if p := events[0].Tag("krunk.p"); p != "0.25" || events[0].Contexts["error_sampling"]["client_sample_rate"] != 0.25 {
		t.Errorf("krunk.p %q, error_sampling %v, want 0.25", p, events[0].Contexts["error_sampling"])
	}
	var dropped int
	for _, d := range srv.Discards() {
		if d.Reason == "sample_rate" && d.Category == "error" {
			dropped += int(d.Quantity)
		}
	}
	if dropped+kept != n {
		t.Errorf("kept %d, told of %d, want %d together", kept, dropped, n)
	}
}

func TestOutsideOfTheCohortTheTrailIsKept(t *testing.T) {
	c, srv := start(t, krunk.Config{})
	if err := c.Sampling().Apply(document(1, `"clients":0`)); err != nil {
		t.Fatal(err)
	}
	c.Channel("net").Info("on the way to the crash")
	c.Report(errors.New("not sent"))
	func() {
		defer c.Recover()
		panic("crash")
	}()
	c.Flush(time.Minute)
	ev := srv.Events()
	if len(ev) != 1 || len(ev[0].Breadcrumbs) != 2 || ev[0].Breadcrumbs[0].Message != "on the way to the crash" || ev[0].Breadcrumbs[1].Message != "error: not sent" {
		t.Errorf("got %+v, want the panic with the log record and the error before it as breadcrumbs", ev)
	}
}

func TestSteer(t *testing.T) {
	ctl, err := sampling.New(sampling.Identity{ID: "install-1"}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := krunk.Config{
		Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}, Sampling: krunk.Steer(ctl), Release: "moonfall@1.2.3", Environment: "playtest",
	}
	c, srv := start(t, cfg)
	net := c.Channel("net")
	if c.Sampling() != ctl {
		t.Error("Sampling returns another controller than that of Config.Sampling")
	}
	if _, err := krunk.Start(cfg); err == nil || !strings.Contains(err.Error(), "Config.Sampling") {
		t.Errorf("a controller of two clients gives %v", err)
	}
	net.Info("by Config.Channels")
	if err := ctl.Apply(document(1, `"rules":[{"id":"r","when":{"release":["1.2.3"],"env":["playtest"],"platform":["`+runtime.GOOS+`"]},"set":{"channels":{"ui":{"send":"info"}}}}]`)); err != nil {
		t.Fatal(err)
	}
	c.Channel("ui").Info("by a rule for what Start was told")
	c.Flush(time.Minute)
	if n := len(srv.Logs()); n != 2 {
		t.Errorf("%d log records, want 2", n)
	}
	c.Close(time.Minute)
	if err := ctl.Apply(document(2, `"clients":1`)); !errors.Is(err, sampling.ErrClosed) {
		t.Errorf("after Close a policy gives %v, want ErrClosed", err)
	}
	var none *krunk.Client
	for name, c := range map[string]*krunk.Client{"nil": none, "closed": c} {
		if c.Sampling() == nil {
			t.Errorf("a %s client has no controller", name)
		}
	}
	if _, err := krunk.Start(krunk.Config{Sampling: krunk.Steer(nil)}); err != nil {
		t.Errorf("no controller gives %v", err)
	}
	if _, err := krunk.Start(krunk.Config{Sampling: krunk.Steer(ctl)}); err == nil {
		t.Error("a closed controller was taken")
	}
}

// A rule with an end falls back by itself, offline.
func TestRuleEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{AnyTime: true})
		c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport()})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().UTC()
		until := now.Add(time.Hour).Format(time.RFC3339)
		err = c.Sampling().Apply(fmt.Appendf(nil, `{"krunk":1,"epoch":0,"version":1,"issued":%q,"salt":"s","rules":[
			{"id":"debug","until":%q,"when":{"platform":[%q]},"set":{"channels":{"net":{"send":"debug"}}}}]}`,
			now.Format(time.RFC3339), until, "linux"))
		if err != nil {
			t.Fatal(err)
		}
		c.Sampling().Update(func(id *sampling.Identity) { id.Platform = "linux" })
		net := c.Channel("net")
		net.Debug("inside of the hour")
		c.Flush(time.Minute)
		time.Sleep(61 * time.Minute)
		net.Debug("after it")
		c.Close(time.Minute)
		if logs := srv.Logs(); len(logs) != 1 || logs[0].Body != "inside of the hour" {
			t.Errorf("%d log records, want the one inside of the hour", len(logs))
		}
	})
}

// What happens before the first answer is not sent at the share of all, and is not lost either.
func TestWaitForTheFirstPolicy(t *testing.T) {
	ctl, err := sampling.New(sampling.Identity{ID: "install-1"}, sampling.Options{Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	c, srv := start(t, krunk.Config{Sampling: krunk.Steer(ctl)})
	c.Report(errors.New("before the answer"))
	c.Flush(time.Minute)
	if n := len(srv.Events()); n != 0 {
		t.Errorf("%d events before the answer", n)
	}
	if err := ctl.Apply(document(1, `"clients":100`)); err != nil {
		t.Fatal(err)
	}
	c.Report(errors.New("after it"))
	c.Flush(time.Minute)
	ev := srv.Events()
	if len(ev) != 1 || len(ev[0].Breadcrumbs) != 1 || ev[0].Breadcrumbs[0].Message != "error: before the answer" {
		t.Errorf("got %+v, want the second error with the first as its breadcrumb", ev)
	}
}

// What a rate keeps back arrives as the weight of what it lets through, and what is still held at the end as a client report: nothing is
// lost and nothing told twice, of events and of log records.
func TestRateIsToldWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.New(sentrytest.Options{AnyTime: true})
		c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), MaxRepeats: -1})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Sampling().Apply(document(1, `"channels":{"net":{"rate":"6/h","burst":3},"ui":{"send":"info","rate":"60/h","burst":2}}`)); err != nil {
			t.Fatal(err)
		}
		net, ui := c.Channel("net"), c.Channel("ui")
		const n = 300
		for i := range n {
			net.Report(fmt.Errorf("error %d", i))
			ui.Info("log record", krunk.Int("i", i))
			time.Sleep(20 * time.Second)
		}
		c.Close(time.Minute)
		events, logs := 0.0, 0.0
		for _, ev := range srv.Events() {
			if p := ev.Tag("krunk.p"); p != "" {
				var share float64
				if _, err := fmt.Sscan(p, &share); err != nil {
					t.Fatal(err)
				}
				events += 1 / share
			} else {
				events++
			}
		}
		for _, l := range srv.Logs() {
			if w, ok := l.Attributes["krunk.weight"]; ok {
				x, _ := w.Value.(float64)
				logs += x
			} else {
				logs++
			}
		}
		sent := [2]int{len(srv.Events()), len(srv.Logs())}
		for _, d := range srv.Discards() {
			switch d.Category {
			case "error":
				events += float64(d.Quantity)
			case "log_item":
				logs += float64(d.Quantity)
			}
		}
		if d := events - n; d > 0.01 || d < -0.01 || sent[0] > 20 || sent[0] < 10 {
			t.Errorf("%d events stand for %.2f of %d", sent[0], events, n)
		}
		if d := logs - n; d > 0.01 || d < -0.01 || sent[1] > 110 || sent[1] < 90 {
			t.Errorf("%d log records stand for %.2f of %d", sent[1], logs, n)
		}
	})
}

// Where another kind is raised, what a rate keeps back of records that are events as well is told whole too, once for each of the two.
func TestRateIsToldWholeBesideARaise(t *testing.T) {
	for _, settings := range []string{`"rate":"6/h","burst":3`, `"rate":"6/h","burst":3,"records":50`, `"rate":"2/h","burst":1`} {
		synctest.Test(t, func(t *testing.T) {
			srv := sentrytest.New(sentrytest.Options{AnyTime: true})
			c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), MaxRepeats: -1})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Sampling().Apply(document(1, `"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","clients":100}},"channels":{"net":{"send":"error",`+settings+`}}`)); err != nil {
				t.Fatal(err)
			}
			net := c.Channel("net")
			const n = 100
			for i := range n {
				net.Error("net", krunk.Int("i", i))
				time.Sleep(20 * time.Second)
			}
			c.Close(time.Minute)
			events := 0.0
			for _, ev := range srv.Events() {
				share := 1.0
				if p := ev.Tag("krunk.p"); p != "" {
					_, _ = fmt.Sscan(p, &share)
				}
				events += 1 / share
			}
			for _, d := range srv.Discards() {
				if d.Category == "error" {
					events += float64(d.Quantity)
				}
			}
			if d := events - n; d > 0.01 || d < -0.01 || len(srv.Events()) == 0 || len(srv.Events()) > 12 {
				t.Errorf("%s: %d events stand for %.2f of %d", settings, len(srv.Events()), events, n)
			}
		})
	}
}

// A kind that a policy raises takes nothing from the others: where a channel's records are events and log records at once they are drawn,
// and cost of its rate, once, as without it.
func TestRaiseTakesNothingFromOtherKinds(t *testing.T) {
	for _, raise := range []string{"", `"kinds":{"9f2c41d0":{"until":"2026-10-20T12:00:00Z","clients":100}},`} {
		synctest.Test(t, func(t *testing.T) {
			srv := sentrytest.New(sentrytest.Options{AnyTime: true})
			c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), MaxRepeats: -1})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Sampling().Apply(document(1, raise+`"channels":{"net":{"send":"error","rate":"6/h","burst":3},"ui":{"send":"error","records":25}}`)); err != nil {
				t.Fatal(err)
			}
			net, ui := c.Channel("net"), c.Channel("ui")
			const n = 300
			for i := range n {
				net.Error("net", krunk.Int("i", i))
				ui.Error("ui", krunk.Int("i", i))
				time.Sleep(20 * time.Second)
			}
			c.Close(time.Minute)
			events, logs, sum := map[string]int{}, map[string]int{}, map[string]float64{}
			for _, ev := range srv.Events() {
				name, share := ev.Logger, 1.0
				if p := ev.Tag("krunk.p"); p != "" {
					_, _ = fmt.Sscan(p, &share)
				}
				events[name]++
				sum[name] += 1 / share
			}
			for _, l := range srv.Logs() {
				logs[l.Body]++
			}
			if events["net"] != logs["net"] || events["net"] < 10 || events["net"] > 15 || events["ui"] != logs["ui"] {
				t.Errorf("raise %q: %d and %d events, %d and %d log records", raise, events["net"], events["ui"], logs["net"], logs["ui"])
			}
			if sum["net"] < n-40 || sum["net"] > n || sum["ui"] != float64(4*events["ui"]) {
				t.Errorf("raise %q: the events stand for %.2f and %.2f of %d", raise, sum["net"], sum["ui"], n)
			}
		})
	}
}
