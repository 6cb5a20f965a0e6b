package recorder

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

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

// decoded is as much of an event as the tests look at.
type decoded struct {
	Timestamp   float64
	Tags        map[string]string
	Contexts    map[string]map[string]any
	Fingerprint []string
	LogEntry    map[string]string
	Exception   struct {
		Values []struct {
			Type, Value string
			Mechanism   map[string]any
			Stacktrace  *struct{ Frames []struct{ Function string } }
		}
	}
	Threads     struct{ Values []map[string]any }
	Breadcrumbs struct {
		Values []struct {
			Timestamp, Type, Category, Message string
			Data                               map[string]any
		}
	}
}

// only drains and returns the only envelope as an event.
func (g *rig) only(t *testing.T) (ev decoded) {
	t.Helper()
	g.drain()
	e, ok := g.sent()
	if !ok {
		t.Fatalf("no event; counted %v", g.drops())
	}
	if err := json.Unmarshal(payload(t, e.Body), &ev); err != nil {
		t.Fatalf("%v in %s", err, e.Body)
	}
	return ev
}

func raised(typ record.Type) record.Head {
	return record.Head{Type: typ, Flags: record.FlagID, Level: 8, PPM: million, ID: [16]byte{7}}
}

// A log entry is its message: servers take "formatted" out again where it says the same, and need "message".
func TestLogEntryIsTheMessage(t *testing.T) {
	for _, tt := range []struct {
		text  string
		flags uint16
		want  string
	}{{"packet lost", 0, "packet lost"}, {"a line", record.FlagPlain, "a line"}, {"", 0, "(no message)"}} {
		g := newRig(1<<20, nil)
		h := raised(record.LogType)
		h.Flags |= tt.flags
		g.put(t, blackbox.Event, encoded(h, tt.text, nil, nil))
		ev := g.only(t)
		if len(ev.LogEntry) != 1 || ev.LogEntry["message"] != tt.want {
			t.Errorf("%q: log entry %v, want the message %q alone", tt.text, ev.LogEntry, tt.want)
		}
		if x := ev.Exception.Values; len(x) != 1 || x[0].Value != tt.want {
			t.Errorf("%q: exceptions %v, want one that says %q", tt.text, x, tt.want)
		}
	}
}

func TestGoroutineOneIsMain(t *testing.T) {
	for gid, main := range map[uint64]bool{1: true, 17: false} {
		g := newRig(1<<20, nil)
		h := raised(record.PanicType)
		h.Gid = gid
		g.put(t, blackbox.Fatal, encoded(h, "", nil, []record.Error{{Type: "T", Text: "x"}}))
		th := g.only(t).Threads.Values
		if len(th) != 1 || th[0]["main"] == true != main || th[0]["name"] == "main" != main {
			t.Errorf("goroutine %d: threads %v", gid, th)
		}
	}
}

// Times are text, as Spotlight reads numbers as milliseconds; and the frame, which would stand there in place of the message,
// is told only beside other data.
func TestBreadcrumbsForReaders(t *testing.T) {
	g := newRig(1<<20, nil)
	h := record.Head{Type: record.LogType, Flags: record.FlagTrail, Frame: 3}
	g.put(t, blackbox.History, encoded(h, "socket open", nil, nil))
	g.put(t, blackbox.History, encoded(h, "packet lost", nil, nil, record.Field{Key: "seq", Kind: record.Int64, Num: 17}))
	g.put(t, blackbox.Event, encoded(raised(record.ErrorType), "", nil, []record.Error{{Type: "T", Text: "x"}}))
	c := g.only(t).Breadcrumbs.Values
	if len(c) != 2 || c[0].Data != nil || c[1].Data["frame"] != 3.0 || c[1].Data["seq"] != 17.0 {
		t.Fatalf("breadcrumbs %+v", c)
	}
	if _, err := time.Parse(time.RFC3339Nano, c[0].Timestamp); err != nil {
		t.Error(err)
	}
}
