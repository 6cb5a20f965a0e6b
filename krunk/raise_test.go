package krunk_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/allocs"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// between returns an id whose place lies from low to high percent.
func between(low, high uint32) string {
	for i := 0; ; i++ {
		id := fmt.Sprint("client-", i)
		if b := policy.Bucket("", id); b >= low*10_000 && b < high*10_000 {
			return id
		}
	}
}

// year2026 brings the bubble's clock to a time in which policies are made, and returns one some time later as it stands in a policy.
func year2026() func(time.Duration) string {
	time.Sleep(26 * 365 * 24 * time.Hour)
	return func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
}

// faults reports one of each kind, which TestKindNamesAFault checks to be different.
func faults(c *krunk.Client) {
	faultOfNet(c, true)
	faultOfDisk(c)
	c.Channel("ui").Error("lost")
}

// crashes is crash with two functions, which make a kind.
//
//go:noinline
func crashes(c *krunk.Client) { crash(c) }

// kindsOfFaults returns the kinds of what faults reports and of crashes.
func kindsOfFaults(t *testing.T) (net, panicked string) {
	c, srv := controlled(t, krunk.Config{}, "")
	faults(c)
	crashes(c)
	c.Close(time.Second)
	all := srv.Events()
	for _, e := range all {
		switch {
		case strings.HasSuffix(e.Exceptions[len(e.Exceptions)-1].Type, "lostPacket"):
			net = e.Tag("krunk.kind")
		case e.Level == "fatal":
			panicked = e.Tag("krunk.kind")
		}
	}
	if len(all) != 4 || net == "" || panicked == "" {
		t.Fatalf("got %d events", len(all))
	}
	return net, panicked
}

// steered is controlled with an identity.
func steered(t *testing.T, id sampling.Identity, o sampling.Options, cfg krunk.Config) (*krunk.Client, *sampling.Controller, *sentrytest.Server) {
	t.Helper()
	ctl, err := sampling.New(id, o)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Sampling, cfg.MaxRepeats, cfg.Panics.MaxRepeats = krunk.Steer(ctl), -1, -1
	c, srv := controlled(t, cfg, "")
	return c, ctl, srv
}

// TestRaise checks who sends one kind of issue that a policy raises, and what becomes of all others meanwhile.
func TestRaise(t *testing.T) {
	const few = `"clients":10,"channels":{"*":{"records":0.0001}}`
	for _, tt := range []struct {
		name    string
		low     uint32 // of the client's place, in percent
		policy  string // KIND and UNTIL are replaced
		limits  sampling.Limits
		player  string
		turns   int
		sent    int    // events, of net alone
		p       string // krunk.p of each
		ignored int64  // told, errors below the threshold of a client in the cohort as well
		sampled int64
		doubt   bool // Report returns an id
	}{
		{name: "outside of the cohort", low: 10, policy: few + `,"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3, sent: 3, p: "0.25", doubt: true},
		{name: "outside of both", low: 25, policy: few + `,"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3},
		{name: "inside", low: 0, policy: few + `,"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3, sent: 3, p: "0.25", sampled: 6, doubt: true},
		{name: "in the cohort, which is larger", low: 25, policy: `"channels":{"*":{"records":0.0001}},"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3, sampled: 6, doubt: true},
		{name: "a channel that is shut", low: 0, policy: `"channels":{"*":{"clients":0}},"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3, sent: 3, p: "0.25", ignored: 2, doubt: true},
		{name: "a channel that raises nothing", low: 0, policy: `"channels":{"*":{"issue":"off"}},"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3, ignored: 9},
		{name: "a rate", low: 10, policy: few + `,"kinds":{"KIND":{"until":"UNTIL","clients":25,"rate":"2/h"}}`, turns: 3, sent: 2, p: "0.25", ignored: 1, doubt: true},
		{name: "limits of the client", low: 10, policy: few + `,"kinds":{"KIND":{"until":"UNTIL","clients":25,"rate":"20/h"}}`, limits: sampling.Limits{MaxRate: sampling.Rate{N: 1, Per: time.Hour}}, turns: 3, sent: 1, p: "0.25", ignored: 2, doubt: true},
		{name: "ceiling", low: 10, policy: few + `,"ceiling":{"clients":20,"rate":"2/h"},"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3, sent: 2, p: "0.2", ignored: 1, doubt: true},
		{name: "beyond the ceiling", low: 20, policy: few + `,"ceiling":{"clients":20,"rate":"2/h"},"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3},
		{name: "a ceiling of records", low: 5, policy: few + `,"ceiling":{"records":40},"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3, sent: 3, p: "0.1", sampled: 6, doubt: true},
		{name: "beyond a ceiling of records", low: 10, policy: few + `,"ceiling":{"records":40},"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3},
		{name: "picked by name", low: 30, policy: `"clients":10,"rules":[{"id":"a","when":{"player":["anna"]},"set":{"clients":0}}],"kinds":{"KIND":{"until":"UNTIL","clients":100}}`, player: "anna", turns: 3},
		{name: "killed", low: 10, policy: `"enabled":false,` + few + `,"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, turns: 3},
		{name: "ended", low: 10, policy: few + `,"kinds":{"KIND":{"until":"2001-01-01T00:00:00Z","clients":25}}`, turns: 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				from := year2026()
				net, _ := kindsOfFaults(t)
				c, ctl, srv := steered(t, sampling.Identity{ID: between(tt.low, tt.low+5), Player: tt.player}, sampling.Options{Limits: tt.limits}, krunk.Config{})
				apply(t, ctl, 1, strings.NewReplacer("KIND", net, "UNTIL", from(time.Hour)).Replace(tt.policy))
				for range tt.turns {
					faults(c)
				}
				if id := c.Report(lostPacket{errors.New("from elsewhere")}); id.IsZero() == tt.doubt {
					t.Errorf("Report returned %s, want an id: %v", id, tt.doubt)
				}
				c.Flush(time.Second)
				time.Sleep(2 * time.Hour) // the raise ends
				faults(c)
				c.Close(time.Second)
				all := srv.Events()
				if len(all) != tt.sent {
					t.Errorf("%d events, want %d", len(all), tt.sent)
				}
				for _, e := range all {
					if e.Tag("krunk.kind") != net || e.Tag("krunk.p") != tt.p {
						t.Errorf("kind %s with p %s, want %s with %s", e.Tag("krunk.kind"), e.Tag("krunk.p"), net, tt.p)
					}
				}
				if n := told(srv, "ignored", "error"); n != tt.ignored {
					t.Errorf("%d told as ignored, want %d", n, tt.ignored)
				}
				if tt.sampled > 0 {
					tt.sampled += 4 // one from elsewhere, and three behind the end
				}
				if n := told(srv, "sample_rate", "error"); n != tt.sampled {
					t.Errorf("%d told as sampled, want %d", n, tt.sampled)
				}
				if tt.sent > 1 && !strings.Contains(string(all[tt.sent-1].Raw), "disk full") {
					t.Errorf("what was not sent is no breadcrumb: %s", all[tt.sent-1].Raw)
				}
			})
		})
	}
}

// TestRaiseByDefault checks that kinds of the compiled default count where no policy runs, but not while the client waits for its first one.
func TestRaiseByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := year2026()
		net, _ := kindsOfFaults(t)
		o := sampling.Options{Wait: 15 * time.Second, Default: fmt.Appendf(nil, `{"krunk":1,"version":1,"clients":10,"kinds":{%q:{"until":%q,"clients":25}}}`, net, from(time.Hour))}
		c, _, srv := steered(t, sampling.Identity{ID: between(10, 15)}, o, krunk.Config{})
		faults(c)
		if id := c.Report(lostPacket{errors.New("too early")}); !id.IsZero() {
			t.Error("something is in doubt while the client waits")
		}
		time.Sleep(20 * time.Second)
		faults(c)
		c.Close(time.Second)
		if got := kinds(srv); len(got) != 1 || got[0] != net {
			t.Errorf("got %q, want %q once", got, net)
		}
	})
}

// TestRaisePanics checks "panics": true of a raise: panics of the kind are sent by more clients than without, and never by fewer.
func TestRaisePanics(t *testing.T) {
	for _, tt := range []struct {
		name, policy string
		low          uint32
		sent         int
		p            string
	}{
		{"not named", `"panics":0,"kinds":{"KIND":{"until":"UNTIL","clients":25}}`, 10, 0, ""},
		{"named", `"panics":0,"kinds":{"KIND":{"until":"UNTIL","clients":25,"panics":true}}`, 10, 2, "0.25"},
		{"another kind", `"panics":0,"kinds":{"00000001":{"until":"UNTIL","clients":25,"panics":true}}`, 10, 0, ""},
		{"outside of the share", `"panics":10,"kinds":{"KIND":{"until":"UNTIL","clients":25,"panics":true}}`, 25, 0, ""},
		{"inside of both", `"panics":10,"kinds":{"KIND":{"until":"UNTIL","clients":25,"panics":true}}`, 0, 2, "0.25"},
		{"fewer than without", `"panics":50,"kinds":{"KIND":{"until":"UNTIL","clients":25,"panics":true}}`, 30, 2, "0.5"},
		{"everybody's", `"clients":10,"kinds":{"KIND":{"until":"UNTIL","clients":25,"panics":true}}`, 60, 2, ""},
		{"a rate", `"panics":10,"kinds":{"KIND":{"until":"UNTIL","clients":25,"rate":"1/h","panics":true}}`, 10, 1, "0.25"},
		{"nobody plays", `"by":"player","panics":10,"kinds":{"KIND":{"until":"UNTIL","clients":25,"panics":true}}`, 0, 2, "0.1"},
		{"nobody plays, outside of panics", `"by":"player","panics":10,"kinds":{"KIND":{"until":"UNTIL","clients":25,"panics":true}}`, 10, 0, ""},
		{"killed", `"enabled":false,"panics":10,"kinds":{"KIND":{"until":"UNTIL","clients":25,"panics":true}}`, 10, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				from := year2026()
				_, kind := kindsOfFaults(t)
				c, ctl, srv := steered(t, sampling.Identity{ID: between(tt.low, tt.low+5)}, sampling.Options{}, krunk.Config{Channels: map[string]krunk.Thresholds{"*": {Issue: "off"}}})
				apply(t, ctl, 1, strings.NewReplacer("KIND", kind, "UNTIL", from(time.Hour)).Replace(tt.policy))
				crashes(c)
				crashes(c)
				c.Close(time.Second)
				for _, e := range srv.Events() {
					if e.Tag("krunk.kind") != kind || e.Tag("krunk.p") != tt.p {
						t.Errorf("kind %s with p %q, want %s with %q", e.Tag("krunk.kind"), e.Tag("krunk.p"), kind, tt.p)
					}
				}
				if n := len(srv.Events()); n != tt.sent {
					t.Errorf("%d events, want %d", n, tt.sent)
				}
				if n := c.Stats().Events; tt.name == "another kind" && n != 0 {
					t.Errorf("%d are counted as events", n)
				}
			})
		})
	}
}

// TestReportCrashInDoubt checks that a death that was told, and is of no kind that is raised, is neither sent nor counted as an event.
func TestReportCrashInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := year2026()
		c, ctl, srv := steered(t, sampling.Identity{ID: between(0, 5)}, sampling.Options{}, krunk.Config{})
		apply(t, ctl, 1, fmt.Sprintf(`"panics":0,"kinds":{"00000001":{"until":%q,"clients":100,"panics":true}}`, from(time.Hour)))
		if c.ReportCrash("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:3 +0x1d\n").IsZero() {
			t.Error("nothing was in doubt")
		}
		c.Close(time.Second)
		if n := c.Stats().Events; n != 0 || len(srv.Events()) != 0 {
			t.Errorf("%d are counted as events, %d were sent", n, len(srv.Events()))
		}
	})
}

// TestSessionsOfARaise checks that a session is as healthy while a kind is raised as without: what a client outside of the cohort logs is no
// error of its session, and what it reports is.
func TestSessionsOfARaise(t *testing.T) {
	for _, kinds := range []string{"", `,"kinds":{"00000001":{"until":"UNTIL","clients":100,"panics":true}}`} {
		synctest.Test(t, func(t *testing.T) {
			from := year2026()
			c, ctl, srv := steered(t, sampling.Identity{ID: between(30, 35)}, sampling.Options{}, krunk.Config{Release: "game@1"})
			apply(t, ctl, 1, `"clients":10,"panics":0`+strings.Replace(kinds, "UNTIL", from(time.Hour), 1))
			c.Channel("ui").Error("lost")
			crashes(c)
			c.Report(errors.New("one"))
			c.Close(time.Second)
			all := srv.Sessions()
			if len(all) == 0 || all[len(all)-1].Errors != 1 || len(srv.Events()) != 0 {
				t.Errorf("kinds %s: sessions %+v, want 1 error; %d events", kinds, all, len(srv.Events()))
			}
		})
	}
}

// TestRaiseOfWhatIsLogged checks that a log record is drawn at its call and its event behind that, so that one goes without the other, and that a
// muted kind's first of a day is not used up by an event that its channel does not let through.
func TestRaiseOfWhatIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := year2026()
		net, _ := kindsOfFaults(t)
		const other = "00000001"
		c, ctl, srv := steered(t, sampling.Identity{ID: between(0, 5)}, sampling.Options{}, krunk.Config{})
		ui := c.Channel("ui")
		fault := func() { ui.Error("lost") }
		fault()
		c.Flush(time.Second)
		lost := kinds(srv)[0]
		logs := func() int {
			c.Flush(time.Second)
			time.Sleep(10 * time.Second)
			c.Flush(time.Second)
			return len(srv.Logs())
		}
		apply(t, ctl, 1, fmt.Sprintf(`"channels":{"*":{"send":"info"}},"kinds":{%q:{"until":%q,"clients":1}}`, net, from(time.Hour)))
		fault()
		if n := logs(); n != 1 || len(kinds(srv)) != 2 {
			t.Errorf("%d logs and %d events, want 1 and 2", n, len(kinds(srv)))
		}
		apply(t, ctl, 2, fmt.Sprintf(`"channels":{"*":{"send":"info"}},"kinds":{%q:{"until":%q,"clients":0.0001}}`, lost, from(time.Hour)))
		fault()
		if n := logs(); n != 2 || len(kinds(srv)) != 2 {
			t.Errorf("%d logs and %d events, want 2 and 2", n, len(kinds(srv)))
		}
		apply(t, ctl, 3, fmt.Sprintf(`"channels":{"*":{"send":"info","records":0.0001}},"kinds":{%q:{"until":%q,"clients":25}}`, lost, from(time.Hour)))
		fault()
		if n := logs(); n != 2 || len(kinds(srv)) != 3 {
			t.Errorf("%d logs and %d events, want 2 and 3", n, len(kinds(srv)))
		}
		mute := fmt.Sprintf(`,"kinds":{%q:{"until":%q,"clients":25},%q:{"until":%q,"mute":true}}`, other, from(time.Hour), lost, from(time.Hour))
		apply(t, ctl, 4, `"channels":{"*":{"records":0.0001}}`+mute)
		fault()
		logs()
		apply(t, ctl, 5, `"channels":{"*":{"records":100}}`+mute)
		fault()
		fault()
		if logs(); len(kinds(srv)) != 4 {
			t.Errorf("%d events, want 4: the first of a muted kind", len(kinds(srv)))
		}
		c.Close(time.Second)
		if n := told(srv, "ignored", "error"); n != 1 {
			t.Errorf("%d told as ignored, want 1", n)
		}
	})
}

// TestWhatDoesNotGoIsOneBreadcrumb checks that what a policy keeps back behind its call is folded in the history as what was never raised is: a storm
// of it must not push out what led to an event.
func TestWhatDoesNotGoIsOneBreadcrumb(t *testing.T) {
	for name, kinds := range map[string]string{
		"in doubt":    `{NET:{"until":UNTIL,"clients":100}}`,
		"muted":       `{LOST:{"until":UNTIL,"mute":true}}`,
		"never asked": "",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				from := year2026()
				c, ctl, srv := steered(t, sampling.Identity{ID: between(30, 35)}, sampling.Options{}, krunk.Config{})
				storm := func(n int) {
					for range n {
						c.Channel("ui").Error("lost", krunk.Int("n", 1))
					}
				}
				storm(1)
				faultOfNet(c, true)
				c.Flush(time.Second)
				all := srv.Events()
				lost, net := all[0].Tag("krunk.kind"), all[1].Tag("krunk.kind")
				switch name {
				case "in doubt":
					apply(t, ctl, 1, `"clients":10,"kinds":`+strings.NewReplacer("NET", fmt.Sprintf("%q", net), "UNTIL", fmt.Sprintf("%q", from(time.Hour))).Replace(kinds))
				case "muted":
					apply(t, ctl, 1, `"kinds":`+strings.NewReplacer("LOST", fmt.Sprintf("%q", lost), "UNTIL", fmt.Sprintf("%q", from(time.Hour))).Replace(kinds))
					storm(1) // the first of a day goes
				default:
					apply(t, ctl, 1, `"channels":{"ui":{"issue":"off"}}`)
				}
				storm(50)
				faultOfNet(c, true)
				c.Close(time.Second)
				all = srv.Events()
				if got := string(all[len(all)-1].Raw); strings.Count(got, `"lost n=1 ×50"`) != 1 {
					t.Errorf("not one breadcrumb: %s", got)
				}
			})
		})
	}
}

// TestNobodyAsksForWhatDoesNotGo checks that what is attached to an event which a policy keeps back behind its call is neither read nor counted.
func TestNobodyAsksForWhatDoesNotGo(t *testing.T) {
	for _, muted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			from := year2026()
			net, _ := kindsOfFaults(t)
			c, ctl, srv := steered(t, sampling.Identity{ID: between(30, 35)}, sampling.Options{}, krunk.Config{})
			doc := fmt.Sprintf(`"clients":10,"kinds":{%q:{"until":%q,"clients":100}}`, net, from(time.Hour))
			fault := func(of ...krunk.Attr) { c.Channel("ui").Error("lost", of...) }
			if muted {
				fault()
				c.Flush(time.Second)
				doc = fmt.Sprintf(`"kinds":{%q:{"until":%q,"mute":true}}`, kinds(srv)[0], from(time.Hour))
			}
			apply(t, ctl, 1, doc)
			if muted { // the first of a day goes
				fault()
				c.Flush(time.Second)
			}
			asked, was := 0, len(srv.Events())
			one := krunk.Attachment{Name: "save", Read: func(int) ([]byte, error) { asked++; return nil, errors.New("the card is gone") }}
			every := one
			every.Every = true
			if err := c.Attach(every); err != nil {
				t.Fatal(err)
			}
			for range 40 {
				fault(krunk.Attach(one))
			}
			c.Flush(time.Second)
			if asked != 0 {
				t.Errorf("muted %v: Read was called %d times for what does not go", muted, asked)
			}
			faults(c)
			c.Close(time.Second)
			if n := told(srv, "invalid", "attachment_item"); asked != len(srv.Events())-was || n != int64(asked) {
				t.Errorf("muted %v: Read was called %d times and %d told for %d events", muted, asked, n, len(srv.Events())-was)
			}
		})
	}
}

// TestRaiseStorm checks that nothing is lost without a count while policies that raise a kind come and go.
func TestRaiseStorm(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := quiet(t, krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), Sampling: krunk.Steer(ctl), MaxRepeats: -1})
	faultOfNet(c, true)
	c.Flush(time.Minute)
	net, until := kinds(srv)[0], time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	const each, threads = 300, 4
	var turn sync.WaitGroup
	for range threads {
		turn.Go(func() {
			for range each {
				faults(c)
				time.Sleep(20 * time.Microsecond)
			}
		})
	}
	done := make(chan struct{})
	go func() { turn.Wait(); close(done) }()
	for i := 1; ; i++ {
		kinds := ""
		if i%2 == 0 {
			kinds = fmt.Sprintf(`,"kinds":{%q:{"until":%q,"clients":100,"rate":"200/s"}}`, net, until)
		}
		apply(t, ctl, i, `"channels":{"*":{"records":50}}`+kinds)
		select {
		case <-done:
			if !c.Close(time.Minute) {
				t.Errorf("close: %+v", c.Stats())
			}
			sent, all := len(srv.Events()), int64(0)
			for _, d := range srv.Discards() {
				if d.Category == "error" {
					all += d.Quantity
				}
			}
			if got := int64(sent) + all; got != 3*each*threads+1 {
				t.Errorf("%d sent and %d told, %d captured: %v", sent, all, 3*each*threads+1, srv.Discards())
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// TestDoubtDoesNotAllocate checks calls while a policy raises a kind that is not theirs.
func TestDoubtDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := quiet(t, krunk.Config{Sampling: krunk.Steer(ctl), MaxRepeats: -1, Panics: krunk.Panics{MaxRepeats: -1}})
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	apply(t, ctl, 1, fmt.Sprintf(`"clients":0,"panics":0,"kinds":{"00000001":{"until":%q,"clients":100,"panics":true}}`, until))
	ui, fault := c.Channel("ui"), errors.New("boom")
	for name, f := range map[string]func(){
		"report": func() { c.Report(fault) }, "error": func() { ui.Error("lost", krunk.Int("n", 1)) }, "panic": func() { crash(c) }, "info": func() { ui.Info("m") },
	} {
		c.Flush(time.Minute)
		if n := allocs.Least(200, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if id := c.Report(fault); id.IsZero() {
		t.Error("nothing was in doubt")
	}
}

// TestRaiseAndRepeats checks that repeats are limited while all is in doubt, that those of the raised kind are told by the next event, and that a
// client outside of the cohort tells nobody of all others.
func TestRaiseAndRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := year2026()
		net, _ := kindsOfFaults(t)
		ctl, err := sampling.New(sampling.Identity{ID: between(10, 15)}, sampling.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c, srv := controlled(t, krunk.Config{Sampling: krunk.Steer(ctl), MaxRepeats: 2}, "")
		apply(t, ctl, 1, fmt.Sprintf(`"clients":10,"kinds":{%q:{"until":%q,"clients":25}}`, net, from(time.Hour)))
		for i := range 6 { // in one place, as the stack is what repeats are told by
			if i == 5 {
				c.Flush(time.Second)
				time.Sleep(2 * time.Minute)
			}
			faults(c)
		}
		c.Close(time.Second)
		all := srv.Events()
		if len(all) != 3 {
			t.Fatalf("%d events, want 2 and one more", len(all))
		}
		if n := all[2].Contexts["krunk"]["suppressed"]; n != int64(3) {
			t.Errorf("the next one tells of %v, want 3", n)
		}
		if n := told(srv, "sample_rate", "error"); n != 0 {
			t.Errorf("%d told, want none of a client outside of the cohort", n)
		}
	})
}

// TestRaiseThinsSuppressed checks that an event tells of as many repeats while another kind is raised as without that: of those that would have been
// drawn, for each of which as many stand as for it.
func TestRaiseThinsSuppressed(t *testing.T) {
	const repeats = 1000
	for _, channel := range []string{`"records":50`, `"records":50,"send":"error"`} {
		synctest.Test(t, func(t *testing.T) {
			from := year2026()
			ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{})
			if err != nil {
				t.Fatal(err)
			}
			c, srv := controlled(t, krunk.Config{MaxRepeats: 1, Sampling: krunk.Steer(ctl)}, "")
			apply(t, ctl, 1, `"channels":{"*":{`+channel+`}},"kinds":{"00000001":{"until":"`+from(24*time.Hour)+`","clients":100}}`)
			for i := range repeats + 64 {
				c.Channel("net").Error("again")
				if i >= repeats {
					time.Sleep(time.Minute)
				}
			}
			c.Close(time.Minute)
			var got []any
			for _, e := range srv.Events() {
				if n := e.Contexts["krunk"]["suppressed"]; n != nil {
					got = append(got, n)
				}
			}
			if len(got) != 1 || got[0] != int64(repeats/2) {
				t.Errorf("%s: the events tell of %v, want %d once", channel, got, repeats/2)
			}
		})
	}
}
