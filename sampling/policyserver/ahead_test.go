package policyserver

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A ramp is made by a change, its steps are forecast one by one, and it is stopped, or taken a step back, by setting the share.
func TestRampOfAChange(t *testing.T) {
	s := serving(t, Options{Authorize: anna})
	s.Observe(Observation{Clients: 1000})
	one := 1.0
	change := Change{Clients: &one, Ramp: []Step{{"1h", 5}, {"24h", 25}, {"72h", 100}}, Note: "launch"}
	if _, err := s.Change(t.Context(), change, "anna"); err != nil {
		t.Fatal(err)
	}
	doc, _ := s.Bytes()
	if got := strings.Count(string(doc), `"at": `); got != 3 {
		t.Fatalf("%d steps in %s", got, doc)
	}
	a := decoded[jsonAhead](t, do(s, "GET", "/policy/ahead", ""))
	got := fmt.Sprint(a.Now.Share, a.Now.Outcome.Clients)
	for _, m := range a.List {
		got += fmt.Sprint("; ", strings.Join(m.What, ", "), " = ", m.Share, " ", m.Outcome.Clients)
	}
	if want := "1 10; share of clients 1 -> 5 = 5 50; share of clients 5 -> 25 = 25 250; share of clients 25 -> 100 = 100 1000"; got != want {
		t.Errorf("ahead %s, want %s", got, want)
	}
	if len(a.Past) != 1 || a.Past[0].Clients != 1 {
		t.Errorf("past %v", a.Past)
	}
	if st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", "")); !st.Ahead || st.Clients != 1 {
		t.Errorf("status: %v %v", st.Ahead, st.Clients)
	}
	p := s.current.Load().policy
	if x := shareAt(p, time.Now().Add(25*time.Hour)); x != 25 {
		t.Errorf("after a day %v, want 25", x)
	}

	// A draft says what would happen by itself, and a share alone stops it.
	w := do(s, "POST", "/policy/draft", `{"ramp":[{"after":"2h","clients":50}]}`, "Authorization", "Bearer secret")
	if d := decoded[jsonReport](t, w); w.Code != 200 || d.Ahead == nil || len(d.Ahead.List) != 1 || d.Ahead.List[0].Outcome.Clients != 500 {
		t.Errorf("draft %d %s", w.Code, w.Body)
	}
	five := 5.0
	if _, err := s.Change(t.Context(), Change{Clients: &five}, "anna"); err != nil {
		t.Fatal(err)
	}
	if a := decoded[jsonAhead](t, do(s, "GET", "/policy/ahead", "")); len(a.List) != 0 || a.Now.Share != 5 {
		t.Errorf("stopped: %+v", a)
	}
}

func TestRampsThatCannotBe(t *testing.T) {
	s := serving(t, Options{Authorize: anna})
	for change, want := range map[string]string{
		`{"ramp":[{"after":"1 day","clients":50}]}`:                                                      "write a time from 1m",
		`{"ramp":[{"after":"-1h","clients":50}]}`:                                                        "write a time from 1m",
		`{"ramp":[{"after":"1h","clients":5}]}`:                                                          "a ramp only adds",
		`{"ramp":[{"after":"2h","clients":50},{"after":"1h","clients":60}]}`:                             "so the two overlap",
		`{"ramp":[{"after":"1h","clients":500}]}`:                                                        "100",
		`{"ramp":[` + strings.Repeat(`{"after":"1h","clients":5},`, 70) + `{"after":"1h","clients":5}]}`: "64 steps",
	} {
		w := do(s, "POST", "/policy/draft", change, "Authorization", "Bearer secret")
		if w.Code < 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%.80s: %d %s, want %q", change, w.Code, w.Body, want)
		}
	}
}

// What happens by itself beyond a ramp: rules that start and end, and the end of the policy.
func TestAheadOfRules(t *testing.T) {
	s := serving(t, Options{})
	s.Observe(Observation{Clients: 1000})
	now := time.Now().UTC().Truncate(time.Second)
	at := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	doc := fmt.Sprintf(`{"krunk":1,"epoch":3,"version":1188,"issued":%q,"expires":%q,"salt":"w41","clients":10,
		"rules":[{"id":"event","until":%q,"when":{"from":%q,"not":{"env":["none"]}},"set":{"clients":60}}]}`, at(0), at(100*time.Hour), at(4*time.Hour), at(2*time.Hour))
	if _, err := s.Publish(t.Context(), []byte(doc), "anna"); err != nil {
		t.Fatal(err)
	}
	a := decoded[jsonAhead](t, do(s, "GET", "/policy/ahead", ""))
	got := ""
	for _, m := range a.List {
		got += fmt.Sprintln(m.At.Sub(now), strings.Join(m.What, ", "), m.Outcome.Clients)
	}
	want := "2h0m0s rules[\"event\"] starts 600\n4h0m0s rules[\"event\"] ends 100\n100h0m0s the policy ends, and clients report as they were compiled 1000\n"
	if got != want {
		t.Errorf("ahead\n%s, want\n%s", got, want)
	}
	st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
	if r := st.Rules[0]; r.From == nil || !r.From.Equal(now.Add(2*time.Hour)) || r.Who != "everyone" {
		t.Errorf("rule %+v", r)
	}
}

// However many rules end before, the steps of a ramp are all forecast, and so is the end.
func TestAheadHasEveryStep(t *testing.T) {
	s := serving(t, Options{})
	now := time.Now().UTC()
	at := func(h int) string { return now.Add(time.Duration(h) * time.Hour).Format(time.RFC3339) }
	var rules []string
	for i := range 30 {
		rules = append(rules, fmt.Sprintf(`{"id":"r%d","until":%q,"when":{"release":["1"]},"set":{"clients":1}}`, i, at(i+1)))
	}
	doc := fmt.Sprintf(`{"krunk":1,"epoch":3,"version":1188,"issued":%q,"expires":%q,"salt":"w41","clients":1,"ramp":[{"at":%q,"clients":5},{"at":%q,"clients":25},{"at":%q,"clients":100}],"rules":[%s]}`,
		at(0), at(100), at(12), at(24), at(72), strings.Join(rules, ","))
	if _, err := s.Publish(t.Context(), []byte(doc), "anna"); err != nil {
		t.Fatal(err)
	}
	got := ""
	a := decoded[jsonAhead](t, do(s, "GET", "/policy/ahead", ""))
	for _, m := range a.List {
		if !strings.HasPrefix(m.What[0], "rules") {
			got += fmt.Sprintf("%.0fh %v; ", m.At.Sub(now).Hours(), m.Share)
		}
	}
	if want := "12h 5; 24h 25; 72h 100; 100h 100; "; got != want || len(a.List)+a.More != 32 {
		t.Errorf("got %s and %d of %d moments, want %s", got, len(a.List), len(a.List)+a.More, want)
	}
}
