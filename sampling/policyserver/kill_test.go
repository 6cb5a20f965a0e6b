package policyserver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// What runs is there again when reporting is started: a kill switch without a word, over a policy that hides crashes, or over one that strict
// reading refuses and clients take, keeps everything else.
func TestKillKeepsWhatRuns(t *testing.T) {
	for _, row := range []struct{ name, members, note, again string }{
		{"all crashes", `"panics": 100`, "", ""},
		{"half of the crashes", `"panics": 50`, "", ""},
		{"half of the crashes, blanks for a note", `"panics": 50`, " ", ""},
		{"half of the crashes in a rule", `"rules": [{ "id": "r", "until": "2999-01-01T00:00:00Z", "when": { "release": ["1"] }, "set": { "panics": 50 } }]`, "", ""},
		{"a rule without an end", `"rules": [{ "id": "r", "when": { "release": ["1"] }, "set": { "clients": 100 } }]`, "INC-1", "never ends"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var store Memory
			doc := fmt.Sprintf(`{"krunk":1,"epoch":3,"version":1187,"issued":"2026-10-10T12:00:00Z","author":"anna","note":"launch","salt":"w41","clients":10,%s}`, row.members)
			if err := store.Publish(t.Context(), Entry{Version: v3(1187), Bytes: []byte(doc), By: "anna", At: time.Now()}, sampling.Version{}); err != nil {
				t.Fatal(err)
			}
			s, err := New(&store, Options{Authorize: anna})
			if err != nil {
				t.Fatal(err)
			}
			if w := do(s, "POST", "/policy/kill", `{"note":"`+row.note+`"}`, "Authorization", "Bearer secret"); w.Code != 200 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			got, v := s.Bytes()
			if s.current.Load().policy.Enabled() || v != v3(1188) || !strings.Contains(string(got), row.members) || !strings.Contains(string(got), `"clients":10`) {
				t.Fatalf("%v is\n%s", v, got)
			}
			_, err = s.Change(t.Context(), Change{Enabled: truth(true), Note: "again"}, "anna")
			if row.again != "" {
				if err == nil || !strings.Contains(err.Error(), row.again) {
					t.Errorf("reporting starts again under a document that is wrong: %v", err)
				}
				return
			}
			if p := s.current.Load().policy; err != nil || !p.Enabled() || shareAt(p, time.Now()) != 10 {
				t.Errorf("started again: %v, %v %%", err, shareAt(p, time.Now()))
			}
		})
	}
	s := serving(t, Options{})
	w := do(s, "PUT", "/policy?replaces=3.1187", `{"krunk":1,"epoch":3,"version":1188,"enabled":false,"panics":0}`, "Authorization", "Bearer secret")
	if w.Code != 422 || !strings.Contains(w.Body.String(), "hides crashes") {
		t.Errorf("a kill switch that hides crashes without a word: %d %s", w.Code, w.Body)
	}
}
