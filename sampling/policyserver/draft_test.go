package policyserver

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

func share(x float64) *float64 { return &x }
func truth(b bool) *bool       { return &b }

func TestDraft(t *testing.T) {
	for _, c := range []struct {
		name string
		c    Change
		want []policy.Difference
	}{
		{"share", Change{Clients: share(50)}, []policy.Difference{{Path: "clients", Old: "10", New: "50"}}},
		{"tiny share", Change{Clients: share(0.0001)}, []policy.Difference{{Path: "clients", Old: "10", New: "0.0001"}}},
		{"kill", Change{Enabled: truth(false)}, []policy.Difference{{Path: "enabled", Old: "", New: "false"}}},
		{"connect", Change{Connect: []Connect{{Channel: "Net.HTTP", Level: "debug", For: "1h"}}}, []policy.Difference{
			{Path: `rules["connect-3.1188-1"].when`, New: "everyone"},
			{Path: `rules["connect-3.1188-1"].until`, New: "2000-01-01T01:00:00Z"},
			{Path: `rules["connect-3.1188-1"].set.channels["net.http"].trail`, New: "debug"},
			{Path: `rules["connect-3.1188-1"].set.channels["net.http"].send`, New: "debug"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the bubble starts in 2000
				s := serving(t, Options{})
				d, err := s.Draft(t.Context(), c.c, "anna")
				if err != nil {
					t.Fatal(err)
				}
				if d.Version != v3(1188) || d.Replaces != v3(1187) {
					t.Errorf("draft of %v over %v", d.Version, d.Replaces)
				}
				if len(d.Report.Changes) != len(c.want) {
					t.Fatalf("changes %v, want %v\n%s", d.Report.Changes, c.want, d.Document)
				}
				for i, got := range d.Report.Changes {
					if got != c.want[i] {
						t.Errorf("got %v, want %v", got, c.want[i])
					}
				}
				if _, v := s.Bytes(); v != v3(1187) {
					t.Errorf("a draft was published: %v", v)
				}
				if _, err := s.Replace(t.Context(), Proposal{Bytes: d.Document, By: "anna", Replaces: d.Replaces}); err != nil {
					t.Errorf("%v\n%s", err, d.Document)
				}
			})
		})
	}
}

func TestDraftKeepsTheText(t *testing.T) {
	s := serving(t, Options{})
	d, err := s.Draft(t.Context(), Change{Clients: share(50), Note: `say "why"`}, "bert")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := sampling.Parse(d.Document)
	want := strings.NewReplacer("1187", "1188", `"clients": 10`, `"clients": 50`, `"anna"`, `"bert"`, `"note": "n"`, `"note": "say \"why\""`,
		"1999-12-10T12:00:00Z", p.Issued().Format(time.RFC3339)).Replace(string(policyDoc(1187, 10)))
	if string(d.Document) != want {
		t.Errorf("got\n%s\nwant\n%s", d.Document, want)
	}
}

func TestDraftRefuses(t *testing.T) {
	s := serving(t, Options{})
	for name, c := range map[string]Change{
		"share":          {Clients: share(150)},
		"not a number":   {Clients: share(math.NaN())},
		"level":          {Connect: []Connect{{Channel: "net", Level: "verbose", For: "1h"}}},
		"off":            {Connect: []Connect{{Channel: "net", Level: "off", For: "1h"}}},
		"too long":       {Connect: []Connect{{Channel: "net", Level: "debug", For: "200h"}}},
		"no length":      {Connect: []Connect{{Channel: "net", Level: "debug"}}},
		"channel":        {Connect: []Connect{{Channel: `n"et`, Level: "debug", For: "1h"}}},
		"rate":           {Connect: []Connect{{Channel: "net", Level: "debug", For: "1h", Rate: "many"}}},
		"rule to end":    {End: []string{"no-such"}},
		"roll back to":   {Rollback: "3.1"},
		"not utf-8 note": {Rollback: "x"},
	} {
		if _, err := s.Draft(t.Context(), c, "anna"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRulesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serving(t, Options{})
		for _, c := range []Change{
			{Connect: []Connect{{Channel: "net", Level: "debug", For: "1h"}, {Channel: "ui", Level: "warn", For: "4h", Clients: share(2), Rate: "5/m"}}},
			{End: []string{"connect-3.1188-2"}},
		} {
			if _, err := s.Change(t.Context(), c, "anna"); err != nil {
				t.Fatal(err)
			}
		}
		st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
		if len(st.Rules) != 1 || st.Rules[0].ID != "connect-3.1188-1" {
			t.Fatalf("rules %+v", st.Rules)
		}
		time.Sleep(61 * time.Minute) // of the bubble
		d, err := s.Draft(t.Context(), Change{Clients: share(11)}, "anna")
		if err != nil || len(d.Ended) != 1 || strings.Contains(string(d.Document), "connect-3.1188-1") {
			t.Errorf("ended %v, %v\n%s", d.Ended, err, d.Document)
		}
	})
}

func TestRollback(t *testing.T) {
	s := serving(t, Options{})
	if _, err := s.Publish(t.Context(), policyDoc(1188, 50), "bert"); err != nil {
		t.Fatal(err)
	}
	r, err := s.Rollback(t.Context(), v3(1187), "carla")
	if err != nil || r.Version != v3(1189) || r.Replaced != v3(1188) {
		t.Fatalf("%+v, %v", r, err)
	}
	b, _ := s.Bytes()
	p, _, err := policy.ParseStrict(b)
	if err != nil || p.Note() != "back to 3.1187 from 3.1188" || p.Author() != "carla" {
		t.Errorf("note %q by %q, %v", p.Note(), p.Author(), err)
	}
	old, _ := sampling.Parse(policyDoc(1187, 10))
	if diff := policy.Diff(old, p); len(diff) != 0 {
		t.Errorf("differs from 3.1187: %v", diff)
	}
	if _, err := s.Rollback(t.Context(), v3(4), "carla"); err == nil || !strings.Contains(err.Error(), "3.4") {
		t.Errorf("rollback to what is not there: %v", err)
	}
}

func TestFirstDraft(t *testing.T) {
	if _, _, err := policy.ParseStrict([]byte(blank)); err != nil {
		t.Fatal(err)
	}
	var m Memory
	s, err := New(&m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Change(t.Context(), Change{Clients: share(1)}, "anna")
	if want := (sampling.Version{Epoch: 1, N: 1}); err != nil || r.Version != want {
		t.Errorf("got %v, %v", r.Version, err)
	}
}

func TestDraftOverHTTP(t *testing.T) {
	s := serving(t, Options{Channels: []string{"net", "net.http", "ui"}})
	s.Observe(Observation{Clients: 1000})
	for _, c := range []struct {
		body   string
		status int
		text   string
	}{
		{`{"clients":50}`, 200, `"clients reporting 100 -> 500"`},
		{`{"connect":[{"channel":"nett","level":"debug","for":"1h"}]}`, 200, `did you mean`},
		{`{"clients":150}`, 422, `"problems":[{"code":"E05"`},
		{`{"cleints":50}`, 400, "cleints"},
		{`{"connect":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}`, 400, "16 channels"},
		{"{", 400, "EOF"},
		{strings.Repeat(" ", 20<<10), 413, "at most 16384"},
	} {
		w := do(s, "POST", "/policy/draft", c.body, "Authorization", "Bearer secret")
		if body := strings.ReplaceAll(w.Body.String(), `\u003e`, ">"); w.Code != c.status || !strings.Contains(body, c.text) {
			t.Errorf("%.40s: got %d %s, want %d and %s", c.body, w.Code, body, c.status, c.text)
		}
	}
	if w := do(s, "GET", "/policy/draft", ""); w.Code != 405 {
		t.Errorf("GET of a draft: %d", w.Code)
	}
}

func TestConflictOverHTTP(t *testing.T) {
	s := serving(t, Options{})
	var d jsonReport
	w := do(s, "POST", "/policy/draft", `{"clients":50}`, "Authorization", "Bearer secret")
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Change(t.Context(), Change{Clients: share(20)}, "bert"); err != nil {
		t.Fatal(err)
	}
	w = do(s, "PUT", "/policy?replaces="+d.Replaces, d.Document, "Authorization", "Bearer secret")
	if f := decoded[failure](t, w); w.Code != 409 || f.Current != "3.1188" || f.By != "bert" {
		t.Errorf("got %d %+v", w.Code, f)
	}
	_, err := s.Replace(t.Context(), Proposal{Bytes: []byte(d.Document), By: "anna", Replaces: v3(1187)})
	if !errors.Is(err, ErrConflict) {
		t.Errorf("got %v", err)
	}
}

// A document that somebody put into the store with mistakes cannot be edited, but it can be stopped.
func TestKillInSpiteOfMistakes(t *testing.T) {
	var m Memory
	doc := strings.Replace(string(policyDoc(1187, 10)), `"clients": 10`, `"panics": 0, "novelty": 1, "clients": 10`, 1)
	if err := m.Publish(t.Context(), Entry{Version: v3(1187), Bytes: []byte(doc), By: "git"}, sampling.Version{}); err != nil {
		t.Fatal(err)
	}
	s, err := New(&m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Change(t.Context(), Change{Clients: share(5)}, "anna")
	if e, ok := isStrict(err); !ok || e.List[0].Path != "novelty" {
		t.Errorf("change of a document with a mistake: %v", err)
	}
	if _, err := s.Change(t.Context(), Change{Enabled: truth(false), Clients: share(5)}, "anna"); err == nil {
		t.Error("more than the kill switch went through")
	}
	if _, err := s.Change(t.Context(), Change{Enabled: truth(false)}, "anna"); err != nil {
		t.Fatal(err)
	}
	b, v := s.Bytes()
	p, err := sampling.Parse(b)
	if err != nil || v != v3(1188) || p.Enabled() || p.Salt() != "w41" || !strings.Contains(string(b), `"panics": 0`) || !strings.Contains(string(b), `"clients": 10`) {
		t.Errorf("%v: %v\n%s", v, err, b)
	}
}

// What is to be ended beside a roll back may be missing in the old version: then there is nothing to do. Otherwise it is a mistake.
func TestEndBesideARollback(t *testing.T) {
	s := serving(t, Options{})
	old := s.current.Load().version()
	c := Change{Connect: []Connect{{Channel: "net", Level: "debug", For: "1h"}}, Mute: []Mute{{Kind: "0000000a", For: "1h"}}, Pull: []Pull{{Player: "p-17", ID: "INC-7"}}}
	if _, err := s.Change(t.Context(), c, "anna"); err != nil {
		t.Fatal(err)
	}
	rule := connectPrefix + s.current.Load().version().String() + "-1"
	c = Change{End: []string{rule}, Unmute: []string{"0000000a"}, Unpull: []string{"INC-7"}}
	if _, err := s.Draft(t.Context(), c, "anna"); err != nil {
		t.Errorf("of what runs: %v", err)
	}
	c.Rollback = old.String()
	if _, err := s.Draft(t.Context(), c, "anna"); err != nil {
		t.Errorf("beside a roll back: %v", err)
	}
	for _, c := range []Change{{End: []string{"x"}}, {Unmute: []string{"0000000b"}}, {Unpull: []string{"x"}}} {
		if _, err := s.Draft(t.Context(), c, "anna"); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

// Over a compiled default that lets each client send 10 records an hour of all channels together, a channel that is connected for everybody shows
// nothing: the draft says so, also where the channel has a rate, and by what a person writes it does show.
func TestConnectUnderWhatAllChannelsShare(t *testing.T) {
	cautious, err := sampling.Parse(sampling.Cautious())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		made Connect
		warn string
		sent int
	}{
		{"as it is", Connect{Channel: "net"}, `rules["connect-3.1188-1"].set.channels["net"]`, 10},
		{"at a rate", Connect{Channel: "net", Rate: "1200/m"}, `rules["connect-3.1188-1"].set.channels["net"]`, 10},
		{"all channels", Connect{Channel: "*"}, `rules["connect-3.1188-1"].set.channels["*"]`, 10},
		{"with what all may send", Connect{Channel: "net", Shared: "1200/m"}, "", 100},
		{"with both", Connect{Channel: "net", Rate: "1200/m", Shared: "1200/m"}, "", 100},
		{"all channels at a rate", Connect{Channel: "*", Rate: "1200/m"}, "", 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serving(t, Options{Under: policy.Under{Default: cautious}})
				c.made.Level, c.made.For = "debug", "1h"
				change, err := json.Marshal(Change{Clients: share(100), Connect: []Connect{c.made}})
				if err != nil {
					t.Fatal(err)
				}
				w := do(s, "POST", "/policy/draft", string(change), "Authorization", "Bearer secret")
				d := decoded[jsonReport](t, w)
				got := ""
				for _, p := range d.Warnings {
					if got += p.Path; p.Code != "W05" || p.Item != 1 {
						t.Errorf("%+v", p)
					}
				}
				if got != c.warn {
					t.Errorf("warned of %q, want %q: %s", got, c.warn, w.Body)
				}
				ctl, err := sampling.New(sampling.Identity{ID: "a"}, sampling.Options{Default: sampling.Cautious()})
				if err != nil {
					t.Fatal(err)
				}
				defer ctl.Close()
				if err := ctl.Apply([]byte(d.Document)); err != nil {
					t.Fatal(err)
				}
				client, err := policy.Simulate(ctl)
				if err != nil {
					t.Fatal(err)
				}
				net, sent := client.Channel("net"), 0
				for range 100 {
					if net.Record(policy.LevelDebug, 0).Send {
						sent++
					}
					time.Sleep(time.Second / 10)
				}
				if sent != c.sent {
					t.Errorf("%d of 100 records in 10 s are sent, want %d", sent, c.sent)
				}
			})
		})
	}
	for name, made := range map[string]Connect{
		"write it as rate": {Channel: "*", Shared: "5/m"}, "leave it out": {Channel: "net", Player: "p-17", Shared: "5/m"}, "the policy has a mistake": {Channel: "net", Shared: "often"},
	} {
		made.Level, made.For = "debug", "1h"
		change, _ := json.Marshal(Change{Connect: []Connect{made}})
		if w := do(serving(t, Options{}), "POST", "/policy/draft", string(change), "Authorization", "Bearer secret"); w.Code != 422 || !strings.Contains(w.Body.String(), name) {
			t.Errorf("%+v: %d %s, want %q", made, w.Code, w.Body, name)
		}
	}
}
