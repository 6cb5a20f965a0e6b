package policyserver

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// A fault is raised for a share of all clients, shown with what that leads to, changed, and let go again.
func TestRaiseOfAChange(t *testing.T) {
	s := serving(t, Options{})
	s.Observe(Observation{Clients: 1000})
	const kind = "9f2c41d0"
	draft := func(change string) jsonReport {
		t.Helper()
		w := do(s, "POST", "/policy/draft", change, "Authorization", "Bearer secret")
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", change, w.Code, w.Body)
		}
		return decoded[jsonReport](t, w)
	}
	d := draft(`{"raise":[{"kind":"krunk.kind: 9F2C41D0","for":"24h","clients":25,"rate":"20/h","panics":true}]}`)
	if r := d.Effect.Raises; len(r) != 1 || r[0].Kind != kind || r[0].Before != 0 || r[0].After != 250 || r[0].Most == nil || *r[0].Most != 250*20/3600. ||
		r[0].Text != "Fault 9f2c41d0: 250 of 1,000 clients send every event of it, all together at most 1.4/s." || !strings.HasSuffix(d.Effect.Text, "; raised 9f2c41d0: clients 0 -> 250 at most 1.4/s") {
		t.Errorf("%+v %s", r, d.Effect.Text)
	}
	if !strings.Contains(d.Document, `"clients": 25, "rate": "20/h", "panics": true }`) {
		t.Error(d.Document)
	}
	for _, c := range []Change{
		{Raise: []Raise{{Kind: kind, For: "24h", Clients: 25, Rate: "20/h", Panics: true}}, Note: "INC-1: nobody has seen it"},
		{Mute: []Mute{{Kind: "0000000a", For: "24h"}}, Note: "INC-2"},
	} {
		if _, err := s.Change(t.Context(), c, "bert"); err != nil {
			t.Fatal(err)
		}
	}
	do(s, "GET", "/policy/history", "")
	st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
	got := ""
	for _, k := range st.Kinds {
		got += fmt.Sprintln(k.Kind, k.Raised, k.What, "by", k.Owner, "in", k.Since, k.Reason)
	}
	if want := "9f2c41d0 true 25 % of all clients send every event of it, at most 20/h each, panics too by bert in 3.1188 INC-1: nobody has seen it\n" +
		"0000000a false all but the first of each client and day by bert in 3.1189 INC-2\n"; got != want {
		t.Errorf("kinds\n%swant\n%s", got, want)
	}
	d = draft(`{"raise":[{"kind":"9f2c41d0","for":"24h","clients":50}]}`)
	if r := d.Effect.Raises; len(r) != 1 || r[0].Text != "Fault 9f2c41d0: 500 of 1,000 clients send every event of it, 250 did until now; how many that are nobody knows, and no rate bounds them." || r[0].Most != nil {
		t.Errorf("%+v", r)
	}
	rates := serving(t, Options{})
	rates.Observe(Observation{Clients: 1000})
	bounded := strings.NewReplacer(`"salt"`, `"ceiling": { "rate": "36/h" }, "salt"`, "1187", "1188").Replace(string(rates.current.Load().doc))
	if _, err := rates.Publish(t.Context(), []byte(bounded), "anna"); err != nil {
		t.Fatal(err)
	}
	w := do(rates, "POST", "/policy/draft", `{"raise":[{"kind":"9f2c41d0","for":"24h","clients":50}]}`, "Authorization", "Bearer secret")
	if r := decoded[jsonReport](t, w).Effect.Raises; len(r) != 1 || r[0].Text != "Fault 9f2c41d0: 500 of 1,000 clients send every event of it, all together at most 5/s." {
		t.Errorf("under a ceiling %+v", r)
	}
	if d = draft(`{"clients":20}`); len(d.Effect.Raises) != 0 {
		t.Errorf("a share raises %+v", d.Effect.Raises)
	}
	for change, text := range map[string]string{`{"unmute":["9f2c41d0"]}`: "is raised no longer: 250 clients", `{"enabled":false}`: "is raised no longer", `{"mute":[{"kind":"9f2c41d0","for":"24h"}]}`: "is raised no longer"} {
		if d = draft(change); len(d.Effect.Raises) != 1 || !strings.Contains(d.Effect.Raises[0].Text, text) {
			t.Errorf("%s: %+v", change, d.Effect.Raises)
		}
	}
	if _, err := s.Change(t.Context(), Change{Unmute: []string{kind}}, "anna"); err != nil {
		t.Fatal(err)
	}
	if doc, _ := s.Bytes(); strings.Contains(string(doc), kind) {
		t.Errorf("%s", doc)
	}
}

// What cannot be raised is refused, with what to write.
func TestRaiseThatCannotBe(t *testing.T) {
	s := serving(t, Options{})
	for change, want := range map[string]string{
		`{"raise":[{"kind":"*","for":"1h","clients":1}]}`:                                                           "paste the tag krunk.kind",
		`{"raise":[{"kind":"9f2c41d0","for":"721h","clients":1}]}`:                                                  "to 720h",
		`{"raise":[{"kind":"9f2c41d0","clients":1}]}`:                                                               "to 720h",
		`{"raise":[{"kind":"9f2c41d0","for":"1h"}]}`:                                                                "write the percentage of all clients",
		`{"raise":[{"kind":"9f2c41d0","for":"1h","clients":101}]}`:                                                  "write the percentage of all clients",
		`{"raise":[{"kind":"9f2c41d0","for":"1h","clients":-1}]}`:                                                   "write the percentage of all clients",
		`{"raise":[{"kind":"9f2c41d0","for":"1h","clients":0.00001}]}`:                                              "finer than",
		`{"raise":[{"kind":"9f2c41d0","for":"1h","clients":1,"rate":"often"}]}`:                                     "write e.g. 5/h",
		`{"raise":[{"kind":"9f2c41d0","for":"1h","clients":1}],"mute":[{"kind":"krunk.kind=9f2c41d0","for":"1h"}]}`: "stands twice",
		`{"raise":[{"kind":"9f2c41d0","for":"1h","clients":1},{"kind":"9F2C41D0","for":"1h","clients":2}]}`:         "stands twice",
		`{"raise":[{"kind":"9f2c41d0","for":"1h","clients":1}],"unmute":["9f2c41d0"]}`:                              "stands twice",
		`{"raise":[` + strings.Repeat(`{"kind":"9f2c41d0","for":"1h","clients":1},`, 64) + `{"kind":"9f2c41d0"}]}`:  "mute or raise 64 kinds",
	} {
		w := do(s, "POST", "/policy/draft", change, "Authorization", "Bearer secret")
		if w.Code != 422 && w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%.120s: %d %s", change, w.Code, w.Body)
		}
	}
}

// Raising is a right of its own beside muting, by a draft as by a document, and what ends by itself asks for none.
func TestRaiseIsARightOfItsOwn(t *testing.T) {
	var raises, kinds []string
	permit := func(a *Attempt) error {
		raises, kinds = a.Raises(), a.Kinds()
		switch role := a.Request.Header.Get("Role"); {
		case role == "support" && !a.Debugs(1, time.Hour):
			return errors.New("your role debugs one player")
		case role == "mute" && len(raises) > 0:
			return errors.New("your role does not raise")
		}
		return nil
	}
	now := time.Now().UTC()
	in := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	doc := func(n int, kinds string) string {
		return fmt.Sprintf(`{"krunk":1,"epoch":3,"version":%d,"issued":%q,"salt":"w41","clients":10%s}`, n, in(-time.Hour), kinds)
	}
	raised, muted := `{"until":"`+in(time.Hour)+`","clients":25}`, `{"until":"`+in(time.Hour)+`","mute":true}`
	for _, row := range []struct {
		name, was, will, role string
		raises                []string
		want                  int
	}{
		{"begin", ``, `,"kinds":{"9f2c41d0":` + raised + `}`, "mute", []string{"9f2c41d0"}, 403},
		{"begin", ``, `,"kinds":{"9f2c41d0":` + raised + `}`, "", []string{"9f2c41d0"}, 200},
		{"end", `,"kinds":{"9f2c41d0":` + raised + `}`, ``, "mute", []string{"9f2c41d0"}, 403},
		{"more", `,"kinds":{"9f2c41d0":` + raised + `}`, `,"kinds":{"9f2c41d0":` + strings.Replace(raised, "25", "26", 1) + `}`, "mute", []string{"9f2c41d0"}, 403},
		{"longer", `,"kinds":{"9f2c41d0":` + raised + `}`, `,"kinds":{"9f2c41d0":` + strings.Replace(raised, in(time.Hour), in(2*time.Hour), 1) + `}`, "mute", []string{"9f2c41d0"}, 403},
		{"in place of a mute", `,"kinds":{"9f2c41d0":` + muted + `}`, `,"kinds":{"9f2c41d0":` + raised + `}`, "mute", []string{"9f2c41d0"}, 403},
		{"a mute beside it", `,"kinds":{"9f2c41d0":` + raised + `}`, `,"kinds":{"9f2c41d0":` + raised + `,"00000001":` + muted + `}`, "mute", nil, 200},
		{"by support", ``, `,"kinds":{"9f2c41d0":` + raised + `}`, "support", []string{"9f2c41d0"}, 403},
	} {
		t.Run(row.name+" "+row.role, func(t *testing.T) {
			s := serving(t, Options{Permit: permit})
			if _, err := s.Publish(t.Context(), []byte(doc(1188, row.was)), "anna"); err != nil {
				t.Fatal(err)
			}
			w := do(s, http.MethodPut, "/policy?replaces=3.1188", doc(1189, row.will), "Authorization", "Bearer secret", "Role", row.role)
			if w.Code != row.want || !slices.Equal(raises, row.raises) || len(kinds) != 1 {
				t.Errorf("got %d %s; raises %q, kinds %q", w.Code, w.Body, raises, kinds)
			}
		})
	}
	s := serving(t, Options{Permit: permit})
	over := strings.ReplaceAll(doc(1188, `,"kinds":{"9f2c41d0":`+raised+`},"pulls":{"INC-1":{"until":"`+in(time.Hour)+`","player":["sha256:0123456789abcdef"]}}`), in(time.Hour), in(-time.Minute))
	if _, err := s.Publish(t.Context(), []byte(over), "anna"); err != nil {
		t.Fatal(err)
	}
	w := do(s, "POST", "/policy/draft", `{"connect":[{"channel":"net","level":"debug","for":"1h","player":"p-17"}]}`, "Authorization", "Bearer secret", "Role", "support")
	if w.Code != 200 || len(kinds)+len(raises) != 0 || strings.Contains(decoded[jsonReport](t, w).Document, "9f2c41d0") {
		t.Errorf("a raise that has ended stands in the way of who may debug a player: %d %s, kinds %q", w.Code, w.Body, kinds)
	}
	if w = do(s, "POST", "/policy/draft", `{}`, "Authorization", "Bearer secret", "Role", "support"); w.Code != 403 {
		t.Errorf("nothing but what ended: %d", w.Code)
	}
}

// A player is told whether they are among those who send what is raised.
func TestRaiseOfAPlayer(t *testing.T) {
	s := serving(t, Options{})
	c := Change{Raise: []Raise{{Kind: "0000000a", For: "1h", Clients: 30, Rate: "5/h"}}, Mute: []Mute{{Kind: "0000000b", For: "1h"}, {Kind: "0000000c", For: "1h", Rate: "2/h"}}}
	if _, err := s.Change(t.Context(), c, "anna"); err != nil {
		t.Fatal(err)
	}
	salt := s.current.Load().policy.Salt()
	for i, seen := 0, 0; seen < 2; i++ {
		id := sampling.Identity{ID: fmt.Sprint("install-", i)}
		want := "raised: their client sends every event of it, at most 5/h"
		if b := policy.Bucket(salt, id.ID); b > 900_000 {
			want = "raised, and their client is not one of those that send it"
		} else if b > 290_000 || seen > 0 {
			continue
		}
		seen++
		p := decoded[jsonPlayer](t, do(s, "POST", "/policy/player", `{"player":"p","client":"`+id.ID+`"}`, "Authorization", "Bearer secret"))
		if got := fmt.Sprint(p.Kinds); got != fmt.Sprintf("[{0000000b kept back, all but the first of each client and day false} {0000000c kept back, all beyond 2/h of each client false} {0000000a %s %v}]", want, strings.Contains(want, "sends every")) {
			t.Errorf("%s: %s", id.ID, got)
		}
	}
	p := decoded[jsonPlayer](t, do(s, "POST", "/policy/player", `{"player":"p"}`, "Authorization", "Bearer secret"))
	if !strings.Contains(p.Kinds[2].Text, "cannot be told") {
		t.Errorf("%+v", p.Kinds)
	}
	said := func(doc string) (s string) {
		one := serving(t, Options{})
		if _, err := one.Publish(t.Context(), []byte(doc), "anna"); err != nil {
			t.Fatal(err)
		}
		for _, k := range decoded[jsonPlayer](t, do(one, "POST", "/policy/player", `{"player":"p","client":"a"}`, "Authorization", "Bearer secret")).Kinds {
			s += k.Text
		}
		return s
	}
	now := time.Now().UTC()
	doc := fmt.Sprintf(`{"krunk":1,"epoch":3,"version":2000,"issued":%q,MORE"kinds":{"0000000a":{"until":%q,"clients":100,"rate":"5/h"}}}`, now.Add(-time.Hour).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339))
	for more, want := range map[string]string{
		"":                         "raised: their client sends every event of it, at most 5/h",
		`"enabled":false,`:         "raised, but the kill switch is thrown: nobody sends any",
		`"by":"match",`:            "raised: their client sends every event of it, at most 5/h",
		`"ceiling":{"records":0},`: "raised, and their client is not one of those that send it",
		fmt.Sprintf(`"rules":[{"id":"a","until":%q,"when":{"player":["p"]},"set":{"clients":0}}],`, now.Add(time.Hour).Format(time.RFC3339)): "raised, but a rule picks them by name: what that says of their channels counts, at most 5/h",
	} {
		if got := said(strings.Replace(doc, "MORE", more, 1)); got != want {
			t.Errorf("%s: %s", more, got)
		}
	}
	if _, err := s.Change(t.Context(), Change{Rollback: "3.1188"}, "anna"); err != nil {
		t.Fatal(err)
	}
	ceiling := strings.Replace(string(s.current.Load().doc), `"salt"`, `"ceiling": { "clients": 10 }, "salt"`, 1)
	ceiling = strings.Replace(ceiling, "1189", "1190", 1)
	if _, err := s.Publish(t.Context(), []byte(ceiling), "anna"); err != nil {
		t.Fatal(err)
	}
	for _, k := range decoded[jsonStatus](t, do(s, "GET", "/policy/status", "")).Kinds {
		if k.Raised && k.What != "10 % of all clients send every event of it, held to that by the ceiling, at most 5/h each" {
			t.Errorf("%+v", k)
		}
	}
}

// What is asked for longer than a policy would hold makes the policy hold: nobody would see that it ended before.
func TestPolicyOutlivesWhatIsAsked(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	for _, row := range []struct {
		name string
		c    Change
		want time.Duration
	}{
		{"a share", Change{Clients: share(20)}, 14 * 24 * time.Hour},
		{"a mute", Change{Mute: []Mute{{Kind: "9f2c41d0", For: "720h"}}}, 720 * time.Hour},
		{"a raise", Change{Raise: []Raise{{Kind: "9f2c41d0", For: "720h", Clients: 25}}}, 720 * time.Hour},
		{"a short raise", Change{Raise: []Raise{{Kind: "9f2c41d0", For: "24h", Clients: 25}}}, 14 * 24 * time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := serving(t, Options{})
			doc := fmt.Sprintf(`{"krunk":1,"epoch":3,"version":1188,"issued":%q,"expires":%q,"clients":10}`, now.Add(-13*24*time.Hour).Format(time.RFC3339), now.Add(24*time.Hour).Format(time.RFC3339))
			if _, err := s.Publish(t.Context(), []byte(doc), "anna"); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Change(t.Context(), row.c, "anna"); err != nil {
				t.Fatal(err)
			}
			if got := s.current.Load().policy.Expires().Sub(now).Round(time.Hour); got != row.want {
				t.Errorf("the policy holds for %v, want %v", got, row.want)
			}
		})
	}
}
