package policyserver

import (
	"fmt"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// A flight log is asked for by a change, told with owner and reason, and whoever says that it was answered is counted.
func TestPullOfAChange(t *testing.T) {
	s := serving(t, Options{Player: func(name string) (Player, error) {
		return Player{sampling.Identity{ID: "install-" + name}, true, uint64(len(name))}, nil
	}})
	if _, err := s.Change(t.Context(), Change{Pull: []Pull{{Player: "p-17", Goroutines: true}, {Player: "p", ID: "INC-4711", For: "1h", Bytes: 4096}}, Note: "freezes"}, "bert"); err != nil {
		t.Fatal(err)
	}
	do(s, "GET", "/policy/history", "")
	mark := plan.KindName(plan.PullMark("INC-4711"))
	for echo, want := range map[string]int{"have=3.1188": 0, "have=3.1188; log=nonsense": 0, "have=3.1188; log=" + mark: 1, "have=3.1188; log=" + mark + "; err=E06": 1, "have=3.1188; log=00000000": 0} {
		s.HeartbeatEcho(1, echo)
		got := ""
		for _, p := range decoded[jsonStatus](t, do(s, "GET", "/policy/status", "")).Pulls {
			got += fmt.Sprintln(p.ID, p.Who, p.What, p.Answered, p.Owner, p.Reason)
		}
		want := fmt.Sprintf("pull-3.1188-1 player %s the flight log with all goroutines 0 bert freezes\nINC-4711 player %s the flight log, at most 4096 bytes %d bert freezes\n",
			hashed("w41", "p-17"), hashed("w41", "p"), want)
		if got != want {
			t.Errorf("after %q\n%swant\n%s", echo, got, want)
		}
	}
	s.HeartbeatEcho(1, "have=3.1188; log="+mark)
	for player, want := range map[string]string{"p": "INC-4711 1", "p-17": "pull-3.1188-1 0", "somebody": ""} {
		got := ""
		for _, x := range decoded[jsonPlayer](t, do(s, "POST", "/policy/player", `{"player":"`+player+`"}`, "Authorization", "Bearer secret")).Pulls {
			got += fmt.Sprint(x.ID, " ", x.Answered)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", player, got, want)
		}
	}
	if _, err := s.Change(t.Context(), Change{Unpull: []string{"INC-4711"}}, "anna"); err != nil {
		t.Fatal(err)
	}
	if doc, _ := s.Bytes(); strings.Contains(string(doc), "INC-4711") || !strings.Contains(string(doc), "pull-3.1188-1") {
		t.Errorf("%s", doc)
	}
	many := make([]string, 20)
	for i := range many {
		many[i] = fmt.Sprintf(`{"player":"p-%d"}`, i)
	}
	for change, want := range map[string]string{
		`{"pull":[{"player":" "}]}`:                                                                     "pull 1: player \\\"\\\" names nobody",
		`{"pull":[{"player":"p"},{"player":"sha256:zz"}]}`:                                              "pull 2: player \\\"sha256:zz\\\" is the hash of no id; write sha256: and 16 of 0-9 and a-f, or the id itself",
		`{"connect":[{"channel":"net","level":"debug","for":"1h","player":" "}]}`:                       "player \\\"\\\" names nobody",
		`{"connect":[{"channel":"net","level":"debug","for":"1h","player":"sha256:ABCDEF0123456789"}]}`: "is the hash of no id; write sha256: and 16",
		`{"pull":[{"player":"p","for":"200h"}]}`:                                                        "to 168h",
		`{"pull":[{"player":"p","bytes":7}]}`:                                                           "1024",
		`{"pull":[` + strings.Join(many, ",") + `]}`:                                                    "16",
		`{"pull":[{"player":"p","id":"x"},{"player":"q","id":"x"}]}`:                                    "pull 2: id \\\"x\\\" stands twice",
		`{"pull":[{"player":"p","id":"x"}],"unpull":["x"]}`:                                             "pull 1: id \\\"x\\\" stands twice",
		`{"pull":[{"player":"p","bytes":-1}]}`:                                                          "bytes -1; write",
		`{"unpull":["INC-1"]}`:                                                                          "nothing is asked for",
	} {
		if w := do(s, "POST", "/policy/draft", change, "Authorization", "Bearer secret"); w.Code != 422 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", change, w.Code, w.Body)
		}
	}
}
