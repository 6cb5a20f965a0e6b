package policy

import (
	"strings"
	"testing"

	"github.com/krunk-go/krunk/sampling"
)

// Whatever way a rule without an end raises volume, it is found, also for channels that it does not name.
func TestRulesThatRaiseNeedAnEnd(t *testing.T) {
	const base = `"panics":10,"note":"n","channels":{"*":{"send":"error"},"net":{"send":"off","rate":"10/h","burst":1,"records":1},"ai":{"records":1,"rate":"1/h","first":1}}`
	for set, want := range map[string]string{
		`{"panics":100}`:                                           "raises panics from 10 to 100",
		`{"channels":{"*":{"send":"warn"}}}`:                       `lowers "*" to warn`,
		`{"channels":{"net":{"send":"debug"}}}`:                    `lowers "net" to debug`,
		`{"channels":{"ai.path":{"records":100}}}`:                 `raises records of "ai.path" to 100`,
		`{"channels":{"ai":{"rate":"1000/s"}}}`:                    `raises rate of "ai" to 1000/s`,
		`{"channels":{"net":{"rate":"10/h","burst":1000}}}`:        `raises burst of "net" to 1000`,
		`{"channels":{"ai":{"first":1000}}}`:                       `raises first of "ai" to 1000`,
		`{"clients":50}`:                                           ``,
		`{"channels":{"ui":{"send":"fatal"},"net":{"records":0}}}`: ``,
		`{"channels":{"net":{"rate":"1/h"},"ai":{"rate":"1/h"}}}`:  ``,
		`{"channels":{"ai":{"first":0,"records":1,"rate":"1/h"}}}`: ``,
	} {
		doc := `{"krunk":1,"version":1,"issued":"2026-01-01T00:00:00Z",` + base + `,"rules":[{"id":"r","when":{"env":["x"]},"set":` + set + `}]}`
		_, _, err := ParseStrict([]byte(doc))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: got %v", set, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "never ends")):
			t.Errorf("%s: got %v, want %q", set, err, want)
		}
	}
}

func TestNoteSilencesAFractionWhereverItStands(t *testing.T) {
	for doc, want := range map[string]int{
		`{"krunk":1,"version":1,"clients":0.5}`:            1,
		`{"krunk":1,"version":1,"note":"n","clients":0.5}`: 0,
		`{"krunk":1,"version":1,"clients":0.5,"note":"n"}`: 0,
	} {
		if _, warnings, err := ParseStrict([]byte(doc)); err != nil || len(warnings) != want {
			t.Errorf("%s: %v, %v", doc, warnings, err)
		}
	}
}

func TestCautiousIsClean(t *testing.T) {
	if _, warnings, err := ParseStrict(sampling.Cautious()); err != nil || len(warnings) != 0 {
		t.Fatalf("got %v, %v", warnings, err)
	}
}
