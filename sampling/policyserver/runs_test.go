package policyserver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// ruled is a document with rules of all sorts.
func ruled(n int64, rules ...string) []byte {
	return fmt.Appendf(nil, `{
  "krunk": 1, "epoch": 3, "version": %d, "issued": %q, "author": "anna", "note": "note of %d", "salt": "w41", "enabled": true, "panics": 50, "clients": 10,
  "ceiling": { "clients": 60 },
  "channels": { "*": { "send": "error" }, "net": { "send": "info", "clients": 5, "records": 25, "rate": "60/m" } },
  "rules": [%s]
}`, n, time.Now().UTC().Format(time.RFC3339), n, strings.Join(rules, ", "))
}

func rule(id, when, set string) string {
	return fmt.Sprintf(`{ "id": %q, "until": %q, "when": %s, "set": %s }`, id, time.Now().UTC().Add(time.Hour).Format(time.RFC3339), when, set)
}

// The status says what runs: levels of each channel, ceiling, crashes, and of each rule what it does, for how many, and who wants that why.
func TestStatusSaysWhatRuns(t *testing.T) {
	s := serving(t, Options{Channels: []string{"net.http", "ui"}})
	windows := rule("w", `{ "platform": ["windows"] }`, `{ "channels": { "ui": { "trail": "debug", "send": "debug" } } }`)
	all := rule("a", everyone, `{ "channels": { "net.http": { "trail": "debug", "send": "debug" } } }`)
	named := rule("p", `{ "player": ["p-1", "p-2"] }`, `{ "clients": 100 }`)
	for i, c := range []struct {
		by    string
		rules []string
	}{{"anna", []string{windows}}, {"bert", []string{windows, all}}, {"carla", []string{all, named, windows}}} {
		if _, err := s.Publish(t.Context(), ruled(1188+int64(i), c.rules...), c.by); err != nil {
			t.Fatal(err)
		}
	}
	s.Observe(Observation{Clients: 900, Groups: []Group{
		{Identity: sampling.Identity{Platform: "linux"}, Clients: 300}, {Identity: sampling.Identity{Platform: "windows"}, Clients: 600},
	}})
	do(s, "GET", "/policy/history", "") // reads the past, which the status does beside
	st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
	var got []string
	for _, c := range st.Runs.Channels {
		got = append(got, fmt.Sprintf("%s %s/%s/%s %v%% %v%% %s %d", c.Channel, c.Trail, c.Send, c.Issue, c.Clients, c.Records, c.Rate, c.Differs))
	}
	want := "* debug/error/error 10% 100%  0, net debug/info/error 5% 25% 60/m 0, net.http debug/debug/error 5% 25% 60/m 0, ui debug/debug/error 10% 100%  300"
	if strings.Join(got, ", ") != want {
		t.Errorf("levels\n%s, want\n%s", strings.Join(got, ", "), want)
	}
	if r := st.Runs; r.Panics != 50 || fmt.Sprint(r.Ceiling) != "[{clients 60}]" || r.Stopped || r.Default {
		t.Errorf("runs %+v", r)
	}
	got = nil
	for _, r := range st.Rules {
		clients := "-"
		if r.Clients != nil {
			clients = fmt.Sprint(*r.Clients)
		}
		got = append(got, fmt.Sprintf("%s for %s (%s) by %s in %s: %s", r.What, r.Who, clients, r.Owner, r.Since, r.Reason))
	}
	want = "net.http: keeps from debug, ships from debug for everyone (900) by bert in 3.1189: note of 1189\n" +
		"100 % of the clients for player p-1 or p-2 (-) by carla in 3.1190: note of 1190\n" +
		"ui: keeps from debug, ships from debug for platform windows (600) by anna in 3.1188: note of 1188"
	if strings.Join(got, "\n") != want {
		t.Errorf("rules\n%s, want\n%s", strings.Join(got, "\n"), want)
	}

	// The kill switch does not hide what holds afterwards.
	if _, err := s.Kill(t.Context(), "INC-1", "anna"); err != nil {
		t.Fatal(err)
	}
	killed := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
	if r := killed.Runs; !r.Stopped || fmt.Sprint(r.Channels) != fmt.Sprint(st.Runs.Channels) {
		t.Errorf("killed: %+v", r)
	}
}

func TestStatusBeforeTheFirstVersion(t *testing.T) {
	s, err := New(new(Memory), Options{Channels: []string{"net"}})
	if err != nil {
		t.Fatal(err)
	}
	st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
	if r := st.Runs; !r.Default || len(r.Channels) != 2 || r.Channels[1].Issue != "error" || r.Panics != 100 {
		t.Errorf("runs %+v", r)
	}
}

func TestRuleWords(t *testing.T) {
	for _, c := range []struct{ when, set, want string }{
		{everyone, `{ "clients": 30, "panics": 0 }`, "everyone: 30 % of the clients, crashes of 0 % of the clients"},
		{`{ "release": [">=1.4 <1.5", "1.3.9"], "not": { "region": ["eu"], "tags.cohort": ["a", "b", "c", "d", "e"] } }`,
			`{ "channels": { "net": { "trail": "off", "send": "off", "issue": "off", "rate": "10/h", "burst": 3, "first": 2, "by": "match", "salt": "x" } } }`,
			"release >=1.4 <1.5 or 1.3.9, but not region eu and tag cohort a, b, c or one of 2 more: " +
				"net: keeps nothing, ships nothing, raises no issues, at most 10/h a client, bursts of 3, the first 2 of a kind always, drawn by match, drawn with a salt of its own"},
		{`{ "moon": ["full"], "odd": 3 }`, `{ "colour": "red" }`, `moon full and odd 3: colour "red"`},
		{`{}`, `{}`, "everyone: sets nothing"},
		{`7`, `{}`, "nobody, since it cannot be read: {\"when\":7,\"set\":{}}"},
	} {
		h := ruleHead{raw: fmt.Appendf(nil, `{"when":%s,"set":%s}`, c.when, c.set)}
		who, what := h.words()
		if got := who + ": " + what; got != c.want {
			t.Errorf("%s %s:\n%s, want\n%s", c.when, c.set, got, c.want)
		}
	}
}

// Any two versions that are kept can be compared.
func TestCompare(t *testing.T) {
	s := serving(t, Options{})
	for n, x := range []float64{20, 30} {
		if _, err := s.Publish(t.Context(), policyDoc(1188+int64(n), x), "bert"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		query string
		code  int
		want  string
	}{
		{"from=3.1187&to=3.1189", 200, "[{clients 10 30}]"},
		{"from=3.1189&to=3.1188", 200, "[{clients 30 20}]"},
		{"from=3.1188&to=3.1188", 200, "[]"},
		{"to=3.1187", 200, `[{salt  w41} {clients  10} {channels["*"].send  error} {channels["net"].send  info} {channels["net"].clients  5}]`},
		{"from=3.1&to=3.1188", 404, "[]"},
		{"from=3.1188", 404, "[]"},
	} {
		w := do(s, "GET", "/policy/compare?"+c.query, "")
		if got := decoded[jsonComparison](t, w); w.Code != c.code || fmt.Sprint(got.Changes) != c.want && c.code == 200 {
			t.Errorf("%s: %d %v, want %d %s", c.query, w.Code, got.Changes, c.code, c.want)
		}
	}
	if w := do(s, "POST", "/policy/compare?to=3.1188", ""); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
	closed := serving(t, Options{AuthorizeRead: func(r *http.Request) error { return errors.New("log in first") }})
	if w := do(closed, "GET", "/policy/compare?to=3.1187", ""); w.Code != 403 {
		t.Errorf("without the right to read: %d", w.Code)
	}
}

// What is wrong with a draft names the part of the change, not an index into a text that nobody has seen.
func TestDraftNamesWhatIsWrong(t *testing.T) {
	s := serving(t, Options{})
	w := do(s, "POST", "/policy/draft", `{"connect":[{"channel":"ui","level":"debug","for":"1h"},{"channel":"net.*.http","level":"debug","for":"1h"}]}`, "Authorization", "Bearer secret")
	f := decoded[failure](t, w)
	if w.Code != 422 || len(f.Problems) != 1 || f.Problems[0].Item != 2 || !strings.HasPrefix(f.Problems[0].Path, `rules["connect-3.1188-2"].set.channels[`) {
		t.Errorf("%d %+v", w.Code, f)
	}
}
