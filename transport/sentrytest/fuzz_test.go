package sentrytest

import (
	"bytes"
	"testing"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// FuzzEnvelope: no input panics, hands out bytes that it does not hold, or makes faults without bound.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{
		"", "{}", "{}\n", "{}\n\n", eventEnvelope(), logEnvelope(record(), record()), sessionEnvelope(),
		reportEnvelope(`{"discarded_events":[{"reason":"send_error","category":"error","quantity":1}]}`),
		eventEnvelope("contexts", `{"trace":{"trace_id":1},"device":null,"flags":{"values":[{}]}}`, "breadcrumbs", `[{"timestamp":"x"}]`),
		eventEnvelope("exception", mechanism(`{"type":"m","exception_id":0,"parent_id":0,"meta":{"signal":[]}}`), "threads", `[1]`),
		header("trace", `[]`, "sdk", `1`, "dsn", `":"`) + "\n" + item("attachment", "a\nb", "length", "") + "\n\n",
		plain() + "\n" + item("log", `{"items":[{"attributes":{"a":{"type":"array","value":[]}}},null]}`, "item_count", "2", "content_type", quote(sentryrules.LogType)),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := New(Options{AnyTime: true, Keep: 1 << 20})
		before := bytes.Clone(body)
		status := post(t, s, string(body))
		if faults := Lint(Options{AnyTime: true}, body); !bytes.Equal(body, before) || len(faults) > sentryrules.MaxFaults {
			t.Fatalf("changed its input or gave %d faults", len(faults))
		}
		if status != 200 && len(s.Faults()) == 0 {
			t.Errorf("got status %d without a fault", status)
		}
		if got := len(s.Envelopes()) + len(s.Refused()); got != 1 || (status == 200) != (len(s.Envelopes()) == 1) {
			t.Errorf("got %d envelopes with status %d", got, status)
		}
		sum := 0
		for _, e := range s.Envelopes() {
			for _, it := range e.Items {
				sum += len(it.Payload) + len(it.Header)
			}
		}
		if sum > len(body) {
			t.Errorf("items hold %d bytes of %d", sum, len(body))
		}
		for _, e := range s.Events() {
			_, _, _ = e.Title(), e.Top(), e.Handled()
		}
	})
}
