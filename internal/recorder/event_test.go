package recorder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strings"
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
	}{{"packet lost", 0, "packet lost"}, {"a line", record.FlagPlain, "a line"}, {"", 0, "(no message)"}, {" \t\n", 0, "(no message)"}} {
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

func str(key, v string) record.Field { return record.Field{Key: key, Kind: record.String, Str: v} }

func num(key string, v int64) record.Field {
	return record.Field{Key: key, Kind: record.Int64, Num: uint64(v)}
}

// report returns the event of a report with these attributes.
func report(t *testing.T, fields ...record.Field) decoded {
	t.Helper()
	g := newRig(1<<20, nil)
	g.put(t, blackbox.Event, encoded(raised(record.ErrorType), "", nil, []record.Error{{Type: "T", Text: "x"}}, fields...))
	return g.only(t)
}

// What is too much is shortened, the longest first, and the event says which.
func TestTooManyAttributes(t *testing.T) {
	many := func(n, size int) (out []record.Field) {
		for i := range n {
			out = append(out, str(fmt.Sprint("k", i), strings.Repeat("x", size)))
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		fields []record.Field
		named  int // how many the note names, "..." among them; -1: any number
		least  int // bytes that are left of each text
	}{
		{"ten of 1,000 bytes", append(many(10, 1000), num("n", 17)), 10, 750},
		{"128 of 100", many(128, 100), -1, 40},
		{"20 of 1,000", append(many(20, 1000), num("n", 17)), 20, 350},
		{"one of 2,048 beside an Int", append(many(1, 2048), num("n", 17)), 0, 2048},
		{"one long one among short ones", append(many(5, 2000), str("short", "here")), 5, 1500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ev := report(t, tt.fields...)
			got := ev.Contexts["attributes"]
			short, _ := got["krunk_shortened"].([]any)
			if tt.named >= 0 && len(short) != tt.named || got["krunk_left_out"] != nil {
				t.Errorf("shortened %v, left out %v; want %d names", short, got["krunk_left_out"], tt.named)
			}
			if said := ev.Contexts["krunk"]["shortened"]; (said != nil) != (tt.named != 0) {
				t.Errorf("the event says %v of what is shortened", said)
			}
			for _, f := range tt.fields {
				switch v := got[f.Key].(type) {
				case string:
					if len(v) < min(tt.least, len(f.Str)) || len(v) < len(f.Str) && !strings.HasSuffix(v, "...") {
						t.Errorf("%s has %d bytes of %d, want %d and dots", f.Key, len(v), len(f.Str), tt.least)
					}
				case float64:
					if v != float64(f.Num) {
						t.Errorf("%s is %v", f.Key, v)
					}
				default:
					t.Errorf("%s is gone", f.Key)
				}
			}
		})
	}
}

func TestLongBreadcrumbData(t *testing.T) {
	g := newRig(1<<20, nil)
	h := record.Head{Type: record.LogType, Flags: record.FlagTrail}
	g.put(t, blackbox.History, encoded(h, "one", nil, nil, str("text", strings.Repeat("x", 2040)), num("n", 17)))
	g.put(t, blackbox.History, encoded(h, "four", nil, nil, str("a", strings.Repeat("x", 600)), str("b", strings.Repeat("x", 600)), str("c", strings.Repeat("x", 600)), str("d", strings.Repeat("x", 600))))
	g.put(t, blackbox.Event, encoded(raised(record.ErrorType), "", nil, []record.Error{{Type: "T", Text: "x"}}))
	ev := g.only(t)
	c := ev.Breadcrumbs.Values
	if v, _ := c[0].Data["text"].(string); len(v) < 1800 || c[0].Data["n"] != 17.0 {
		t.Errorf("a long text beside a number: %v", c[0].Data)
	}
	for _, k := range []string{"a", "b", "c", "d"} {
		if v, _ := c[1].Data[k].(string); len(v) < 400 {
			t.Errorf("%s has %d bytes", k, len(v))
		}
	}
	if fmt.Sprint(ev.Contexts["krunk"]["shortened"]) != "[breadcrumbs]" {
		t.Errorf("the event says %v is shortened", ev.Contexts["krunk"]["shortened"])
	}
}

// Values arrive whatever they are, and one that cannot costs itself alone.
func TestValues(t *testing.T) {
	float := func(v float64) record.Field {
		return record.Field{Key: "f", Kind: record.Float64, Num: math.Float64bits(v)}
	}
	for _, tt := range []struct {
		f    record.Field
		want string
	}{
		{float(math.MaxFloat64), `"1.7976931348623157e+308"`}, {float(1e20), `100000000000000000000.0`}, {float(1e-9), `0.000000001`},
		{float(-1e308), `"-1e+308"`},
		{float(math.NaN()), `"NaN"`},
		{num("f", 1<<53), `9007199254740992`},
		{num("f", 1<<53+1), `"9007199254740993"`},
		{num("f", -1<<53-1), `"-9007199254740993"`},
		{record.Field{Key: "f", Kind: record.Uint64, Num: 76561198122624102}, `"76561198122624102"`},
		{record.Field{Key: "f", Kind: record.JSON, Str: `{"a":1e999}`}, `"[krunk: value is not JSON]"`},
		{record.Field{Key: "f", Kind: record.JSON, Str: `[[[[[[1]]]]]]`}, `[[[[["[1]"]]]]]`},
	} {
		g := newRig(1<<20, nil)
		g.put(t, blackbox.Event, encoded(raised(record.ErrorType), "", nil, []record.Error{{Type: "T", Text: "x"}}, tt.f, str("other", "here")))
		g.drain()
		e, _ := g.sent()
		if want := `"attributes":{"f":` + tt.want + `,"other":"here"}`; !bytes.Contains(e.Body, []byte(want)) {
			t.Errorf("no %s in %s", want, e.Body)
		}
	}
}

// An object has a key once: names that are taken, and two keys that become one, get another name.
func TestKeys(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fields []record.Field
		want   string
	}{
		{"twice", []record.Field{num("a", 1), num("b", 2), num("a", 3)}, `{"b":2,"a":3}`},
		{"type", []record.Field{str("type", "profile"), num("hp", 7)}, `{"type_":"profile","hp":7}`},
		{"type and type_", []record.Field{num("type_", 1), num("type", 2)}, `{"type_":1,"type__":2}`},
		{"bad UTF-8", []record.Field{num("\xff", 1), num("\xfe", 2)}, `{"` + "\ufffd" + `":1,"` + "\ufffd" + `_":2}`},
		{"line breaks", []record.Field{num("a\nb", 1), num("a_b", 2)}, `{"a_b_":1,"a_b":2}`},
		{"Krunk's own", []record.Field{num("krunk_shortened", 1)}, `{"krunk_shortened_":1}`},
	} {
		g := newRig(1<<20, nil)
		g.put(t, blackbox.Event, encoded(raised(record.ErrorType), "", nil, []record.Error{{Type: "T", Text: "x"}}, tt.fields...))
		g.drain()
		e, _ := g.sent()
		if want := `"attributes":` + tt.want; !bytes.Contains(e.Body, []byte(want)) {
			t.Errorf("%s: no %s in %s", tt.name, want, e.Body)
		}
	}
}

// The game's contexts: merged by key, typed as servers want it, renamed where the name would lose it.
func TestGamesContexts(t *testing.T) {
	g := newRig(1<<20, nil)
	set := func(name string, fields ...record.Field) {
		g.put(t, blackbox.Event, encoded(record.Head{Type: record.SetContext}, name, nil, nil, fields...))
	}
	set("device", str("name", "Steam Deck"), num("processor_count", 8))
	set("gpu", num("vendor_id", 4098), str("memory_size", "8 GB"))
	set("profile", str("name", "Anna"), num("level", 40))
	set("trace", num("a", 1))
	set("trace_", num("b", 2))
	set("krunk", num("channel", 3))
	set("attributes", num("c", 4))
	set("match", str("type", "goblin"))
	g.event(t, 1, "x")
	got := g.only(t).Contexts
	for _, tt := range []struct{ context, key, want string }{
		{"device", "name", "Steam Deck"}, {"device", "processor_count", "8"}, {"device", "arch", runtime.GOARCH},
		{"gpu", "vendor_id", "4098"}, {"gpu", "memory_size_", "8 GB"},
		{"profile_", "name", "Anna"}, {"profile_", "level", "40"},
		{"trace_", "a", "1"}, {"trace__", "b", "2"}, {"krunk_", "channel", "3"}, {"attributes_", "c", "4"}, {"match", "type_", "goblin"},
	} {
		if v := fmt.Sprint(got[tt.context][tt.key]); v != tt.want {
			t.Errorf("%s.%s is %s, want %s", tt.context, tt.key, v, tt.want)
		}
	}
	if _, ok := got["gpu"]["vendor_id"].(string); !ok || got["trace"]["trace_id"] == nil || got["krunk"]["channel"] != "channel0" {
		t.Errorf("contexts %v", got)
	}
}

// Spaces at the ends of a tag's value are cut, and what is nothing then removes the tag; keys that differ stay different.
func TestTags(t *testing.T) {
	g := newRig(1<<20, nil)
	set := func(key, value string) {
		g.put(t, blackbox.Event, encoded(record.Head{Type: record.SetTag}, "", nil, nil, str(key, value)))
	}
	set("a", " b ")
	set("gone", "x")
	set("gone", " \t\n ")
	set("名前", "1")
	set("名剎", "2")
	g.event(t, 1, "x")
	tags := g.only(t).Tags
	if tags["a"] != "b" || len(tags) != 5 { // and the support code and the kind
		t.Errorf("tags %v", tags)
	}
}
