package policyserver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling/policy"
)

// roles lets anna do everything, support debug one player for an hour, and the operator of the night throw the kill switch.
func roles(a *Attempt) error {
	switch role := a.Request.Header.Get("Role"); {
	case role == "":
		return nil
	case role == "support" && a.Debugs(1, time.Hour):
		return nil
	case role == "night" && a.Kills() && len(a.Changes) == 1:
		return nil
	}
	return errors.New("your role does not allow this")
}

func TestRoles(t *testing.T) {
	const player, two = `{"connect":[{"channel":"net","level":"debug","for":"%s","player":"p-17"}]}`, `{"connect":[{"channel":"net","level":"debug","for":"1h","player":"p-17"},{"channel":"net","level":"debug","for":"1h","player":"p-18"}]}`
	for _, row := range []struct {
		name, role, change string
		want               int
	}{
		{"a player for an hour", "support", fmt.Sprintf(player, "1h"), 200},
		{"a player for two hours", "support", fmt.Sprintf(player, "2h"), 403},
		{"two players", "support", two, 403},
		{"everybody", "support", `{"connect":[{"channel":"net","level":"debug","for":"1h"}]}`, 403},
		{"the share", "support", `{"clients":11}`, 403},
		{"a player and the share", "support", strings.Replace(fmt.Sprintf(player, "1h"), `{"c`, `{"clients":11,"c`, 1), 403},
		{"the kill switch", "support", `{"enabled":false}`, 403},
		{"end of a debug rule", "support", `{"end":["debug-anna"]}`, 200},
		{"end of another rule", "support", `{"end":["throttle"]}`, 403},
		{"back", "support", `{"rollback":"3.1187"}`, 403},
		{"nothing", "support", `{}`, 403},
		{"the kill switch", "night", `{"enabled":false}`, 200},
		{"the share", "night", `{"clients":11}`, 403},
		{"everything", "", `{"clients":11,"end":["throttle"]}`, 200},
	} {
		t.Run(row.role+" "+row.name, func(t *testing.T) {
			var audit []string
			s := serving(t, Options{Permit: roles, Audit: func(line string) { audit = append(audit, line) }})
			until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
			doc := strings.Replace(string(policyDoc(1188, 10)), "\n}\n", `, "rules": [ { "id": "throttle", "when": { "release": ["1.0"] }, "set": { "clients": 1 } },
    { "id": "debug-anna", "until": "`+until+`", "when": { "player": ["anna"] }, "set": { "clients": 100 } } ]
}
`, 1)
			doc = strings.Replace(doc, "1999-12-10T12:00:00Z", time.Now().UTC().Format(time.RFC3339), 1)
			if _, err := s.Publish(t.Context(), []byte(doc), "anna"); err != nil {
				t.Fatal(err)
			}
			as := []string{"Authorization", "Bearer secret", "Role", row.role}
			w := do(s, http.MethodPost, "/policy/draft", row.change, as...)
			if w.Code != row.want {
				t.Errorf("draft: %d %s", w.Code, w.Body)
			}
			made, err := s.Draft(t.Context(), func() (c Change) { decode(t, row.change, &c); return c }(), "anna")
			if err != nil {
				t.Fatal(err)
			}
			before := s.current.Load()
			if w = do(s, http.MethodPut, "/policy?replaces=3.1188", string(made.Document), as...); w.Code != row.want || (s.current.Load() != before) != (row.want == 200) {
				t.Errorf("put: %d %s", w.Code, w.Body)
			}
			if row.want == 403 && (len(audit) < 2 || !strings.Contains(audit[len(audit)-1], "your role does not allow this")) {
				t.Errorf("audit %q", audit)
			}
		})
	}
	s := serving(t, Options{Permit: roles})
	if w := do(s, http.MethodPost, "/policy/kill", "", "Authorization", "Bearer secret", "Role", "support"); w.Code != 403 || !s.current.Load().policy.Enabled() {
		t.Errorf("kill by support: %d", w.Code)
	}
	if w := do(s, http.MethodPost, "/policy/kill", "", "Authorization", "Bearer secret", "Role", "night"); w.Code != 200 || s.current.Load().policy.Enabled() {
		t.Errorf("kill by night: %d", w.Code)
	}
	if _, err := s.Change(t.Context(), Change{Enabled: truth(true)}, "the game itself"); err != nil {
		t.Errorf("what is no request: %v", err)
	}
}

// A player is picked by a hash, also outside of the share.
func TestConnectAPlayer(t *testing.T) {
	s := serving(t, Options{})
	d, err := s.Draft(t.Context(), Change{Connect: []Connect{{Channel: "net", Level: "debug", For: "1h", Player: "p-17"}}}, "anna")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(d.Document), "p-17") {
		t.Errorf("the policy names the player:\n%s", d.Document)
	}
	for player, want := range map[string]bool{"p-17": true, "p-18": false} {
		e, err := policy.Explain(d.policy, outsider(d.policy.Salt(), player), "net", policy.Under{Hash: sha, Now: time.Now()})
		if err != nil || e.In != want || want && (!e.Forced || e.Send != policy.LevelDebug) {
			t.Errorf("%s: %+v, %v", player, e, err)
		}
	}
}

// Who may look at what is not the policy is the game's to say, and the policy is everybody's.
func TestAuthorizeRead(t *testing.T) {
	s := serving(t, Options{Page: true, AuthorizeRead: func(r *http.Request) error {
		if r.Header.Get("Authorization") == "" {
			return errors.New("log in to look")
		}
		return nil
	}})
	for _, path := range []string{"/", "/policy/page.js", "/policy/page.css", "/policy/status", "/policy/history", "/policy/ahead", "/policy/compare?to=3.1187"} {
		if w := do(s, http.MethodGet, path, ""); w.Code != 403 || !strings.Contains(w.Body.String(), "log in to look") {
			t.Errorf("%s by anybody: %d %s", path, w.Code, w.Body)
		}
		if w := do(s, http.MethodGet, path, "", "Authorization", "Bearer secret"); w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := do(s, http.MethodGet, "/policy", ""); w.Code != 200 {
		t.Errorf("the policy: %d", w.Code)
	}
}

// Pages of other origins may read the policy and nothing else.
func TestOtherOrigins(t *testing.T) {
	s := serving(t, Options{Page: true})
	for _, row := range []struct {
		method, path string
		status       int
		open         bool
	}{
		{"GET", "/policy", 200, true}, {"HEAD", "/policy", 200, true}, {"OPTIONS", "/policy", 204, true},
		{"GET", "/policy/status", 200, false}, {"GET", "/policy/history", 200, false}, {"GET", "/", 200, false},
		{"OPTIONS", "/policy/status", 405, false}, {"OPTIONS", "/policy/draft", 405, false}, {"OPTIONS", "/policy/kill", 405, false}, {"OPTIONS", "/", 405, false},
		{"PUT", "/policy", 403, false}, {"POST", "/policy/kill", 403, false},
	} {
		w := do(s, row.method, row.path, "", "Origin", "https://game.example", "Access-Control-Request-Method", "PUT", "Sec-Fetch-Site", "cross-site")
		if h := w.Header(); w.Code != row.status || (h.Get("Access-Control-Allow-Origin") == "*") != row.open || strings.Contains(h.Get("Access-Control-Allow-Methods"), "PUT") {
			t.Errorf("%s %s: %d %v", row.method, row.path, w.Code, h)
		}
	}
	if h := do(s, "GET", "/policy", "", "If-None-Match", s.current.Load().tag).Header(); h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "Krunk-Signature") {
		t.Errorf("304: %v", h)
	}
	if h := do(s, "OPTIONS", "/policy", "").Header(); h.Get("Access-Control-Allow-Headers") != "Krunk-Policy, If-None-Match" {
		t.Errorf("preflight: %v", h)
	}
}

// Muting a fault is a right of its own: Permit sees which kinds change.
func TestMuteIsARightOfItsOwn(t *testing.T) {
	var saw []string
	s := serving(t, Options{Permit: func(a *Attempt) error {
		saw = a.Kinds()
		if len(saw) > 0 && a.Request.Header.Get("Role") != "mute" {
			return errors.New("your role does not mute")
		}
		return nil
	}})
	now := time.Now().UTC()
	doc := fmt.Sprintf(`{"krunk":1,"epoch":3,"version":1188,"issued":%q,"salt":"w41","clients":10,"kinds":{"9f2c41d0":{"until":%q,"mute":true}}}`,
		now.Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339))
	for _, row := range []struct {
		role string
		want int
	}{{"", 403}, {"mute", 200}} {
		role, want := row.role, row.want
		if w := do(s, http.MethodPut, "/policy?replaces=3.1187", doc, "Authorization", "Bearer secret", "Role", role); w.Code != want || len(saw) != 1 || saw[0] != "9f2c41d0" {
			t.Errorf("role %q: got %d %s, saw %q", role, w.Code, w.Body, saw)
		}
	}
}
