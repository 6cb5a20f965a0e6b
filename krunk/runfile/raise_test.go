//go:build unix || windows

package runfile_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport"
)

// raising returns a policy by which nobody is in the cohort and everybody sends one kind, or the policy itself.
func raising(kind string) sampling.Options {
	if strings.HasPrefix(kind, "{") {
		return sampling.Options{Default: []byte(kind)}
	}
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	return sampling.Options{Default: fmt.Appendf(nil, `{"krunk":1,"version":1,"clients":0,"panics":0,"kinds":{%q:{"until":%q,"clients":100,"panics":true}}}`, kind, until)}
}

func steered(cfg krunk.Config, kind string) krunk.Config {
	if kind != "" {
		ctl, err := sampling.New(sampling.Identity{ID: "a"}, raising(kind))
		if err != nil {
			panic(err)
		}
		cfg.Sampling = krunk.Steer(ctl)
	}
	return cfg
}

//go:noinline
func raised(c *krunk.Channel, text string) { raisedThere(c, text) } // two functions make a kind

//go:noinline
func raisedThere(c *krunk.Channel, text string) { c.Report(errors.New(text)) }

//go:noinline
func unraised(c *krunk.Channel, text string) { c.Report(fmt.Errorf("%s: %w", text, os.ErrClosed)) }

// doubts ends a game of which the recorder is stuck while a policy raises one kind, so that its heir has to decide.
func doubts(dir, kind, how string) {
	stuck := make(chan struct{})
	cfg := steered(config(dir, transport.Func(offline)), kind)
	cfg.NoSessions = true
	if cfg.Panics.Wait = time.Minute; kind != "00000001" { // of which nothing is sent: the panic goes on as soon as the recorder says so
		cfg.Panics.Wait = 200 * time.Millisecond
	}
	cfg.BeforeSend = krunk.Edit(func(e *krunk.Event) bool {
		if e.Text == "stuck" {
			close(stuck)
			select {}
		}
		return true
	})
	c, err := krunk.Start(cfg)
	if err != nil {
		panic(err)
	}
	fmt.Println("here")
	net := c.Channel("net.http")
	switch how {
	case "stuck":
		raised(net, "stuck")
		select {
		case <-stuck:
		case <-time.After(time.Minute):
			panic("the policy does not raise it")
		}
		raised(net, "one more")
		unraised(net, "other")
	case "panic":
		defer c.Repanic()
		panic("boom")
	case "nobody":
		go func() { panic("boom") }()
		select {}
	}
}

var kindTag = regexp.MustCompile(`"krunk.kind":"([0-9a-f]{8})"`)

// inherit goes on with what a game has left and returns what it sends.
func inherit(t *testing.T, dir, kind string) (all string, last krunk.LastRun) {
	t.Helper()
	var box inbox
	c := start(t, steered(config(dir, &box), kind))
	if !c.Flush(time.Minute) {
		t.Errorf("flush: %+v", c.Stats())
	}
	last = c.LastRun()
	c.Close(time.Minute)
	return box.all(), last
}

// TestHeirSettlesDoubts checks that events of which a dying run did not know whether they go out are decided about by the next one, on channels
// that it has not made yet, and that nothing else of them is sent; where it knows no policy, as if that run had raised no kind.
func TestHeirSettlesDoubts(t *testing.T) {
	var box inbox
	c := start(t, config(folder.Held(t), &box))
	raised(c.Channel("x"), "stuck")
	c.Close(time.Minute)
	kind := kindTag.FindStringSubmatch(box.all())[1]
	for policy, want := range map[string][3]int{kind: {1, 1, 0}, "00000001": {0, 0, 0}, "": {0, 0, 0}} {
		dir := folder.Held(t)
		play(t, "doubts", dir, "KRUNK_KIND="+kind, "KRUNK_HOW=stuck")
		all, _ := inherit(t, dir, policy)
		for i, text := range [...]string{`"value":"stuck"`, `"value":"one more"`, `"value":"other: `} {
			if n := strings.Count(all, text); n != want[i] {
				t.Errorf("policy %q: %s %d times, want %d: %s", policy, text, n, want[i], all)
			}
		}
	}
}

// TestDeathInDoubt checks that a panic of which the program dies is one event where its kind is raised, and none where it is not, whoever makes it.
func TestDeathInDoubt(t *testing.T) {
	for _, how := range []string{"panic", "nobody"} {
		t.Run(how, func(t *testing.T) {
			dir := folder.Held(t)
			play(t, "doubts", dir, "KRUNK_HOW="+how)
			all, _ := inherit(t, dir, "")
			found := kindTag.FindAllStringSubmatch(all, -1)
			if len(found) != 1 {
				t.Fatalf("%d events without a policy: %s", len(found), all)
			}
			for kind, want := range map[string]int{found[0][1]: 1, "00000001": 0} {
				dir := folder.Held(t)
				play(t, "doubts", dir, "KRUNK_KIND="+kind, "KRUNK_HOW="+how)
				all, last := inherit(t, dir, kind)
				if n := strings.Count(all, `"krunk.kind"`); n != want {
					t.Errorf("%d events, want %d: %s", n, want, all)
				}
				if last.How != krunk.HowPanic || how == "panic" && last.Event.IsZero() == (want == 1) {
					t.Errorf("the last run ended as %v, with event %s", last.How, last.Event)
				}
				if want == 1 && !strings.Contains(all, last.Event.String()) {
					t.Errorf("event %s is not what was sent: %s", last.Event, all)
				}
			}
		})
	}
}

// TestPolicyOfDeadRuns checks that what a policy says about kinds and panics holds for what a dead run has left: all but the first of a kind that is
// muted is kept back, and a crash text says for how many it stands.
func TestPolicyOfDeadRuns(t *testing.T) {
	var box inbox
	c := start(t, config(folder.Held(t), &box))
	raised(c.Channel("x"), "stuck")
	c.Close(time.Minute)
	kind := kindTag.FindStringSubmatch(box.all())[1]
	dir := folder.Held(t)
	play(t, "doubts", dir, "KRUNK_HOW=stuck", `KRUNK_KIND={"krunk":1,"version":1,"kinds":{"00000001":{"until":"2100-01-01T00:00:00Z","clients":100}}}`)
	all, _ := inherit(t, dir, fmt.Sprintf(`{"krunk":1,"version":1,"kinds":{%q:{"until":"2100-01-01T00:00:00Z","mute":true}}}`, kind))
	if n := strings.Count(all, `"krunk.kind":"`+kind); n != 1 {
		t.Errorf("%d of a muted kind are sent, want the first: %s", n, all)
	}
	dir = folder.Held(t)
	play(t, "doubts", dir, "KRUNK_HOW=nobody")
	if all, _ := inherit(t, dir, `{"krunk":1,"version":1,"salt":"s","panics":80}`); !strings.Contains(all, `"krunk.p":"0.8"`) {
		t.Errorf("a death of 80 %% does not say so: %s", all)
	}
}
