package policydoc

import (
	"strings"
	"testing"

	"github.com/krunk-go/krunk/sampling/policy"
)

// Whatever a policy says of thresholds, a rule that ships from any level on is a good one beside it.
func TestLevelsKeepTheOrder(t *testing.T) {
	for _, channels := range []string{
		`{}`, `{"*":{"trail":"error","send":"error"},"net":{"trail":"fatal","send":"off","issue":"fatal"}}`, `{"*":{"issue":"warn"}}`,
		`{"net":{"trail":"trace","send":"debug","issue":"info"}}`, `{"net":{"trail":"off","send":"off","issue":"off"}}`, `{"net":{"trail":"fatal","send":"fatal","issue":"off"}}`,
	} {
		for _, level := range []policy.Level{policy.LevelTrace, policy.LevelDebug, policy.LevelInfo, policy.LevelWarn, policy.LevelError, policy.LevelFatal} {
			for _, on := range []string{"*", "net", "net.http", "ui"} {
				base := `{"krunk":1,"version":1,"issued":"2026-10-10T12:00:00Z","channels":` + channels
				doc := base + `,"rules":[{"id":"r","until":"2026-10-10T13:00:00Z","when":{"player":["p"]},"set":{"channels":{"` + on + `":{` + Levels([]byte(base+"}"), level) + `}}}}]}`
				if _, _, err := policy.ParseStrict([]byte(doc)); err != nil {
					t.Errorf("%s, from %s on %s: %v\n%s", channels, level, on, err, doc)
				}
				if !strings.Contains(doc, `"send": "`+level.String()+`"`) {
					t.Errorf("%s does not ship from %s", doc, level)
				}
			}
		}
	}
}

func TestOnePlayer(t *testing.T) {
	const none = `{"krunk":1,"version":1}`
	for _, row := range []struct{ doc, channel, rate, want string }{
		{none, "*", "5/m", `"*": { "send": "debug", "rate": "5/m" }`},
		{none, "net", "5/m", `"*": { "rate": "600/m" }, "net": { "send": "debug", "rate": "5/m" }`},
		{none, "net", "100/s", `"*": { "rate": "100/s" }, "net": { "send": "debug", "rate": "100/s" }`},
		{none, "net", "many", `"*": { "rate": "600/m" }, "net": { "send": "debug", "rate": "many" }`},
		{"", "net", "5/m", `"*": { "rate": "600/m" }, "net": { "send": "debug", "rate": "5/m" }`},
		{`{"krunk":1,"version":1,"channels":{"*":{"rate":"10/h"}}}`, "net", "5/m", `"*": { "rate": "600/m" }, "net": { "send": "debug", "rate": "5/m" }`},
		{`{"krunk":1,"version":1,"channels":{"*":{"rate":"100/s"}}}`, "net", "5/m", `"*": { "rate": "100/s" }, "net": { "send": "debug", "rate": "5/m" }`}, // who is looked at sends no less of the rest
		{`{"krunk":1,"version":1,"rules":[{"id":"r","when":{"env":["dev"]},"set":{"channels":{"*":{"rate":"50/s"}}}}]}`, "net", "20/s", `"*": { "rate": "50/s" }, "net": { "send": "debug", "rate": "20/s" }`},
	} {
		if got := OnePlayer([]byte(row.doc), row.channel, `"send": "debug"`, row.rate); got != row.want {
			t.Errorf("%s at %s: got %s, want %s", row.channel, row.rate, got, row.want)
		}
	}
}
