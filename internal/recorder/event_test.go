package recorder

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// Cut tells where an event's breadcrumbs begin, whatever its texts and keys look like: what is before it, and a brace, is the
// same event without them.
func TestCutIsTheEndOfTheRest(t *testing.T) {
	const like = `,"breadcrumbs":{"values":[`
	g := newRig(1<<20, nil)
	g.event(t, 1, "no history")
	g.put(t, blackbox.History, encoded(record.Head{Type: record.LogType, Flags: record.FlagTrail}, like, nil, nil, record.Field{Key: "breadcrumbs", Kind: record.JSON, Str: "{}"}))
	g.put(t, blackbox.Event, encoded(record.Head{Type: record.ErrorType, Flags: record.FlagID, PPM: million, ID: [16]byte{2}}, "", nil,
		[]record.Error{{Type: "T", Text: like}}, record.Field{Key: "breadcrumbs", Kind: record.JSON, Str: `{"values":[1]}`}))
	g.drain()
	e, _ := g.sent()
	if e.Cut != 0 {
		t.Errorf("an event without breadcrumbs: Cut is %d, want 0", e.Cut)
	}
	e, _ = g.sent()
	body := payload(t, e.Body)
	cut := int(e.Cut) - bytes.IndexByte(e.Body, '\n') - 1
	if cut <= 0 || !bytes.HasPrefix(body[cut:], []byte(like)) {
		t.Fatalf("Cut is %d in\n%s", e.Cut, e.Body)
	}
	var whole, rest map[string]json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(append(bytes.Clone(body[:cut]), '}'), &rest); err != nil {
		t.Fatalf("the rest is no JSON: %v", err)
	}
	if len(rest) != len(whole)-1 || rest["breadcrumbs"] != nil {
		t.Errorf("%d members are left of %d, want one less", len(rest), len(whole))
	}
}
