package policyserver

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A fault is muted by its kind, as people paste it, shown with owner and reason, and let go again; who may is a question of its own.
func TestMuteOfAChange(t *testing.T) {
	s := serving(t, Options{})
	for _, c := range []Change{
		{Mute: []Mute{{Kind: " krunk.kind: 9F2C41D0 ", For: "168h"}}, Note: "INC-1: floods"},
		{Mute: []Mute{{Kind: "0000000a", For: "24h", Rate: "5/h", Panics: true}}, Note: "INC-2"},
	} {
		if _, err := s.Change(t.Context(), c, "bert"); err != nil {
			t.Fatal(err)
		}
	}
	do(s, "GET", "/policy/history", "")
	st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
	got := ""
	for _, k := range st.Kinds {
		got += fmt.Sprintln(k.Kind, k.What, "by", k.Owner, "in", k.Since, k.Reason, time.Until(k.Until).Round(time.Hour), k.Over)
	}
	want := "9f2c41d0 all but the first of each client and day by bert in 3.1188 INC-1: floods 168h0m0s false\n" +
		"0000000a all beyond 5/h of each client, panics too by bert in 3.1189 INC-2 24h0m0s false\n"
	if got != want {
		t.Errorf("kinds\n%swant\n%s", got, want)
	}
	if _, err := s.Change(t.Context(), Change{Unmute: []string{"9f2c41d0"}}, "anna"); err != nil {
		t.Fatal(err)
	}
	if doc, _ := s.Bytes(); strings.Contains(string(doc), "9f2c41d0") || !strings.Contains(string(doc), "0000000a") {
		t.Errorf("%s", doc)
	}
	for change, want := range map[string]string{
		`{"mute":[{"kind":"*","for":"1h"}]}`:                       "paste the tag krunk.kind",
		`{"mute":[{"kind":"9f2c41d0","for":"721h"}]}`:              "at most",
		`{"mute":[{"kind":"9f2c41d0","for":"1h","rate":"often"}]}`: "write e.g. 5/h",
		`{"unmute":["12345678"]}`:                                  "nothing is said about kind 12345678",
	} {
		w := do(s, "POST", "/policy/draft", change, "Authorization", "Bearer secret")
		if want = strings.ReplaceAll(want, "at most", "to 720h"); w.Code != 422 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", change, w.Code, w.Body)
		}
	}
	closed := serving(t, Options{Permit: func(a *Attempt) error {
		if len(a.Kinds()) > 0 {
			return errors.New("your role does not mute")
		}
		return nil
	}})
	if w := do(closed, "POST", "/policy/draft", `{"mute":[{"kind":"9f2c41d0","for":"1h"}]}`, "Authorization", "Bearer secret"); w.Code != 403 || !strings.Contains(w.Body.String(), "does not mute") {
		t.Errorf("without the right: %d %s", w.Code, w.Body)
	}
}
