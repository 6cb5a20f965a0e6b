package sentrytest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

const (
	testID    = "5b0d7e0c1f4a4c2e9a61d1f0c3b7a9e2"
	testTrace = "7e57c0de7e57c0de7e57c0de7e57c0de"
	testSDK   = `{"name":"krunk.go","version":"0.3.0"}`
	testAgent = "krunk.go/0.3.0"
)

// object is a JSON object of pairs key, raw value; a later pair replaces an earlier one, an empty value removes the key.
func jsonObject(pairs ...string) string {
	var keys []string
	vals := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if _, ok := vals[pairs[i]]; !ok {
			keys = append(keys, pairs[i])
		}
		vals[pairs[i]] = pairs[i+1]
	}
	var out []string
	for _, k := range keys {
		if vals[k] != "" {
			out = append(out, fmt.Sprintf("%q:%s", k, vals[k]))
		}
	}
	return "{" + strings.Join(out, ",") + "}"
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

func with(base []string, pairs []string) string {
	return jsonObject(append(append([]string(nil), base...), pairs...)...)
}

func baseHeader() []string {
	return []string{
		"event_id", quote(testID), "dsn", quote("https://" + defaultKey + "@crash.example.test:8443/tel/42"),
		"sent_at", `"2026-09-21T14:13:21.004Z"`, "sdk", testSDK,
	}
}

func header(pairs ...string) string { return with(baseHeader(), pairs) }

// plain is a header without event_id.
func plain(pairs ...string) string { return header(append([]string{"event_id", ""}, pairs...)...) }

func event(pairs ...string) string {
	return with([]string{
		"event_id", quote(testID), "timestamp", "1790000000.125", "platform", `"go"`, "level", `"fatal"`,
		"release", `"moonfall@1.4.2+881"`, "sdk", testSDK,
		"exception", `{"values":[{"type":"runtime.boundsError","value":"index out of range\n[9]"}]}`,
	}, pairs)
}

func record(pairs ...string) string {
	return with([]string{"timestamp", "1790000001.5", "trace_id", quote(testTrace), "level", `"warn"`, "body", `"frame budget exceeded"`}, pairs)
}

// item is an item with its true length.
func item(typ, payload string, pairs ...string) string {
	return with([]string{"type", quote(typ), "length", fmt.Sprint(len(payload))}, pairs) + "\n" + payload + "\n"
}

func logItem(records ...string) string {
	return item("log", `{"items":[`+strings.Join(records, ",")+`]}`, "item_count", fmt.Sprint(len(records)), "content_type", quote(sentryrules.LogType))
}

func eventEnvelope(pairs ...string) string { return header() + "\n" + item("event", event(pairs...)) }

func logEnvelope(records ...string) string { return plain() + "\n" + logItem(records...) }

func reportEnvelope(report string) string { return plain() + "\n" + item("client_report", report) }

func sessionEnvelope(pairs ...string) string {
	return plain() + "\n" + item("session", with([]string{
		"sid", `"0f6a2c1e-7d0b-4c53-9f0e-5a1f8e2b6c77"`, "did", `"u1"`, "init", "true", "started", `"2026-09-21T14:00:00Z"`,
		"timestamp", `"2026-09-21T14:00:00Z"`, "status", `"ok"`, "errors", "0", "attrs", `{"release":"moonfall@1.4.2"}`,
	}, pairs))
}

func times(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }

// row is an envelope and the fault it must give; where "" wants none.
type row struct {
	name  string
	body  string
	where string // of the first fault
	loss  Loss   // the worst
}

// lintRows holds that each row gives its fault and no fault elsewhere.
func lintRows(t *testing.T, rows []row) {
	t.Helper()
	names := map[string]bool{}
	for _, r := range rows {
		if names[r.name] {
			t.Errorf("row %q stands twice", r.name)
		}
		names[r.name] = true
		t.Run(r.name, func(t *testing.T) { lintRow(t, r) })
	}
}

func lintRow(t *testing.T, r row) {
	t.Helper()
	faults := Lint(Options{AnyTime: true}, []byte(r.body))
	if r.where == "" {
		for _, f := range faults {
			t.Errorf("got fault %v, want none", f)
		}
		return
	}
	if len(faults) == 0 {
		t.Fatalf("got no fault, want one at %s", r.where)
	}
	worst := LossNone
	for _, f := range faults {
		worst = max(worst, f.Loss)
		if f.Where == "" || f.What == "" || f.Write == "" {
			t.Errorf("fault %+v lacks a part", f)
		}
	}
	if got := faults[0].Where; got != r.where {
		t.Errorf("got fault at %q, want %q: %v", got, r.where, faults[0])
	}
	if worst != r.loss {
		t.Errorf("got loss %v, want %v: %v", worst, r.loss, faults)
	}
}
