package protocol

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// both encodes ev with the build's encoder and with the appender, and checks what holds for either. In the lean build these are
// the same encoder, and only the latter counts.
func both(t *testing.T, e *Encoder, ev *Event) string {
	t.Helper()
	got, err := e.Event([]byte("kept"), ev)
	if err != nil {
		t.Fatalf("Event: %v", err)
	}
	want := string(whole([]byte("kept"), ev))
	if string(got) != want {
		t.Fatalf("encoders differ\n got %s\nwant %s", got, want)
	}
	body := strings.TrimPrefix(want, "kept")
	if has := len(ev.Breadcrumbs) > 0; has != (e.Cut > 0) || has && !strings.HasPrefix(body[e.Cut:], `,"breadcrumbs":{"values":[`) {
		t.Fatalf("the breadcrumbs do not begin at %d: %s", e.Cut, body)
	}
	if e.Cut > 0 && !json.Valid([]byte(body[:e.Cut]+"}")) {
		t.Fatalf("no JSON without its breadcrumbs: %s", body[:e.Cut])
	}
	if !json.Valid([]byte(body)) || !utf8.ValidString(body) {
		t.Fatalf("no JSON: %s", body)
	}
	return body
}

// whole appends ev with all of its members.
func whole(dst []byte, ev *Event) []byte {
	dst, _ = ev.end(leanEvent(dst, ev))
	return dst
}

// wantLogs wants AppendLogs to write what the standard library makes of the records' tags.
func wantLogs(t *testing.T, records []Log) {
	t.Helper()
	clean := make([]Log, 0, len(records)) // as AppendLogs has them: numbers
	for _, l := range records {
		l.Timestamp = finite(l.Timestamp)
		clean = append(clean, l)
	}
	got := AppendLogs([]byte("kept"), clean)
	std, err := json.Marshal(map[string][]Log{"items": clean})
	if err != nil || string(got[:4]) != "kept" {
		t.Fatalf("%v: %s", err, got)
	}
	var v, want any
	if err := errors.Join(json.Unmarshal(got[4:], &v), json.Unmarshal(std, &want)); err != nil || !reflect.DeepEqual(v, want) {
		t.Fatalf("not what the standard library writes (%v)\n got %s\nwant %s", err, got, std)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x05hello\x03\x01\x00\x00\x00\x00\x00\x00\xf0\x7f\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte(strings.Repeat("\x03\xff\xfe\x00\x06", 80)))
	f.Add([]byte(strings.Repeat("\x0bab\"\\\u2028\x01\x02", 120)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var e Encoder
		s := source{b: b}
		ev := s.event()
		both(t, &e, ev)
		wantLogs(t, s.logs())
		ev.Trim()
		out, err := e.EventWithin(nil, ev, MinFit)
		if err != nil || len(out) > MinFit || !json.Valid(out) {
			t.Fatalf("EventWithin: %d bytes, %v: %s", len(out), err, out)
		}
	})
}

// The standard library reads back what was written.
func TestEventReadsBack(t *testing.T) {
	var e Encoder
	ev := full()
	out, err := e.Event(nil, ev)
	if err != nil {
		t.Fatal(err)
	}
	var back Event
	type plain Event // Raw has no UnmarshalJSON; its fields are compared as text
	if err := json.Unmarshal(out, &struct {
		*plain
		Tags        any `json:"tags"`
		Contexts    any `json:"contexts"`
		Breadcrumbs any `json:"breadcrumbs"`
	}{plain: (*plain)(&back)}); err != nil {
		t.Fatal(err)
	}
	again, err := e.Event(nil, &back)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"tags":{`, `"contexts":{`, `"breadcrumbs":{`} {
		if !strings.Contains(string(out), part) {
			t.Errorf("no %s in %s", part, out)
		}
	}
	ev.Tags, ev.Contexts, ev.Breadcrumbs = nil, nil, nil
	if want, _ := e.Event(nil, ev); string(again) != string(want) {
		t.Errorf("\n got %s\nwant %s", again, want)
	}
}

func TestTidy(t *testing.T) {
	ev := func(f func(*Event)) *Event {
		v := &Event{}
		f(v)
		return v
	}
	const head = `{"event_id":"","timestamp":0,"platform":"","level":""`
	tests := []struct {
		name string
		ev   *Event
		want string
	}{
		{"empty", &Event{}, head + "}"},
		{"NaN", &Event{Timestamp: math.NaN()}, head + "}"},
		{"infinity", &Event{Timestamp: math.Inf(-1)}, head + "}"},
		{"crumb", ev(func(e *Event) {
			e.Breadcrumbs = []Raw{crumb("t", Breadcrumb{Data: Raw(`{"a":1}`)}), crumb("u", Breadcrumb{Data: Raw{}})}
		}), head + `,"breadcrumbs":{"values":[{"timestamp":"t","message":"","data":{"a":1}},{"timestamp":"u","message":""}]}}`},
		{"no null lists", ev(func(e *Event) {
			e.Exception, e.Threads, e.Breadcrumbs = &Exceptions{}, &Threads{}, []Raw{}
		}), head + "}"},
		{"no null frames", ev(func(e *Event) {
			e.Exception = &Exceptions{Values: []Exception{{Type: "E", Stacktrace: &Stacktrace{}, Mechanism: &Mechanism{}}}}
		}), head + `,"exception":{"values":[{"type":"E","mechanism":{"type":"generic"}}]}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e Encoder
			if got := both(t, &e, tt.ev); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAppendLogs(t *testing.T) {
	if got := string(AppendLogs(nil, nil)); got != `{"items":[]}` {
		t.Errorf("got %s", got)
	}
	got := string(AppendLogs(nil, []Log{{Timestamp: math.NaN(), Severity: 9}, {Timestamp: 1.5, TraceID: "t", Level: "info", Body: "a\"b", Attributes: Raw(`{"a":1}`)}}))
	want := `{"items":[{"timestamp":0,"trace_id":"","level":"","severity_number":9,"body":""},` +
		`{"timestamp":1.5,"trace_id":"t","level":"info","severity_number":0,"body":"a\"b","attributes":{"a":1}}]}`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestEncodeNil(t *testing.T) {
	var e Encoder
	if out, err := e.Event([]byte("x"), nil); err == nil || string(out) != "x" {
		t.Errorf("Event: got %q, %v", out, err)
	}
	if out, err := e.EventWithin([]byte("x"), nil, MinFit); err == nil || string(out) != "x" {
		t.Errorf("EventWithin: got %q, %v", out, err)
	}
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool drop things")
	}
	var e Encoder
	e.Warm()
	ev := full()
	logs := []Log{{Timestamp: 1790000001.5, Level: "warn", Body: "b", Attributes: Raw(`{"a":{"value":1,"type":"integer"}}`)}}
	buf := make([]byte, 0, 64<<10)
	for name, f := range map[string]func(){
		"Event":       func() { buf, _ = e.Event(buf[:0], ev) },
		"EventWithin": func() { buf, _ = e.EventWithin(buf[:0], ev, MaxEvent) },
		"AppendLogs":  func() { buf = AppendLogs(buf[:0], logs) },
		"appender":    func() { buf = whole(buf[:0], ev) },
		"Trim":        func() { ev.Trim() },
	} {
		if got := testing.AllocsPerRun(200, f); got != 0 {
			t.Errorf("%s: got %v allocations, want 0", name, got)
		}
	}
}

func BenchmarkEvent(b *testing.B) {
	ev := full()
	buf := make([]byte, 0, 64<<10)
	b.Run("encoder", func(b *testing.B) {
		var e Encoder
		e.Warm()
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = e.Event(buf[:0], ev)
		}
	})
	b.Run("appender", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = whole(buf[:0], ev)
		}
	})
}
