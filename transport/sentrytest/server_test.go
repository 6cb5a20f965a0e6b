package sentrytest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func ptr[T any](v T) *T { return &v }

func TestTypedEvent(t *testing.T) {
	s := New(Options{AnyTime: true})
	post(t, s, eventEnvelope(
		"logger", `"net"`, "environment", `"beta"`, "dist", `"881"`, "tags", `{"scene":"boss_3"}`,
		"user", `{"id":"9d1c","username":"u","name":"n","email":"a@b.test","ip_address":"::1"}`,
		"contexts", `{"build":{"n":1,"f":1.5,"ok":true,"l":["a",2]}}`,
		"breadcrumbs", `{"values":[{"timestamp":1790000000,"type":"http","category":"c","message":"m","level":"info","data":{"status_code":200}}]}`,
		"exception", `{"values":[{"type":"inner","value":"a"},{"type":"outer","value":"b\nc","module":"m","thread_id":17,
			"mechanism":{"type":"auto.go.panic","handled":false,"exception_id":0,"data":{"n":1}},
			"stacktrace":{"frames":[{"function":"main","filename":"main.go","lineno":31},{"function":"(*Boss).Tick","module":"ai","in_app":true,"lineno":88,"colno":2,"instruction_addr":"0x7f"}]}}]}`,
		"threads", `{"values":[{"id":"17","name":"main","crashed":true,"current":true,"main":true,"state":"running"}]}`,
		"fingerprint", `["{{ default }}","x"]`, "logentry", `{"formatted":"slot 3 corrupt","message":"slot %d corrupt","params":["3"]}`))
	s.Verify(t)
	if len(s.Events()) != 1 {
		t.Fatalf("got %d events, want 1", len(s.Events()))
	}
	got := s.Events()[0]
	raw := string(got.Raw)
	got.Raw = nil
	top := Frame{Function: "(*Boss).Tick", Module: "ai", InApp: ptr(true), Line: 88, Column: 2, Address: "0x7f"}
	want := Event{
		ID: testID, Time: time.Unix(1790000000, 125e6).UTC(), Level: "fatal", Logger: "net",
		Release: "moonfall@1.4.2+881", Dist: "881", Environment: "beta", Tags: map[string]string{"scene": "boss_3"},
		User:        User{"9d1c", "u", "n", "a@b.test", "::1"},
		Contexts:    map[string]map[string]any{"build": {"n": int64(1), "f": 1.5, "ok": true, "l": []any{"a", int64(2)}}},
		Breadcrumbs: []Breadcrumb{{time.Unix(1790000000, 0).UTC(), "http", "c", "m", "info", map[string]any{"status_code": int64(200)}}},
		Exceptions: []Exception{{Type: "inner", Value: "a"}, {
			Type: "outer", Value: "b\nc", Module: "m", ThreadID: "17",
			Mechanism: &Mechanism{Type: "auto.go.panic", Handled: ptr(false), ID: ptr(0), Data: map[string]any{"n": int64(1)}},
			Frames:    []Frame{{Function: "main", Filename: "main.go", Line: 31}, top},
		}},
		Threads:     []Thread{{ID: "17", Name: "main", State: "running", Crashed: true, Current: true, Main: true}},
		Fingerprint: []string{"{{ default }}", "x"},
		LogEntry:    LogEntry{"slot 3 corrupt", "slot %d corrupt", []any{"3"}},
		SDK:         SDK{Name: "krunk.go", Version: "0.3.0"}, Envelope: 1,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Title() != "outer: b" || !reflect.DeepEqual(got.Top(), top) || got.Tag("scene") != "boss_3" || got.Handled() {
		t.Errorf("got title %q, top %+v, tag %q, handled %v", got.Title(), got.Top(), got.Tag("scene"), got.Handled())
	}
	if !strings.HasPrefix(raw, `{"event_id"`) || !strings.Contains(raw, "boss_3") {
		t.Errorf("got raw %s", raw)
	}
}

func TestTitle(t *testing.T) {
	for _, r := range []struct {
		event Event
		want  string
	}{
		{Event{}, ""},
		{Event{LogEntry: LogEntry{Formatted: "a\nb"}}, "a"},
		{Event{LogEntry: LogEntry{Message: "a %d"}}, "a %d"},
		{Event{Exceptions: []Exception{{Type: "x"}}}, "x"},
		{Event{Exceptions: []Exception{{Value: "y\nz"}}}, "y"},
		{Event{Exceptions: []Exception{{Type: "a"}, {Type: "x", Value: "y"}}, LogEntry: LogEntry{Formatted: "l"}}, "x: y"},
	} {
		if got := r.event.Title(); got != r.want {
			t.Errorf("got %q, want %q", got, r.want)
		}
	}
	crashed := Event{Exceptions: []Exception{{Type: "x"}}, Threads: []Thread{{Frames: []Frame{{Line: 1}}}, {Crashed: true, Frames: []Frame{{Line: 2}, {Line: 3}}}}}
	if got := crashed.Top().Line; got != 3 {
		t.Errorf("got top line %d, want that of the crashed thread, 3", got)
	}
}

func TestTypedLogs(t *testing.T) {
	s := New(Options{AnyTime: true})
	post(t, s, logEnvelope(record("severity_number", "13", "span_id", `"7e57c0de7e57c0de"`, "attributes",
		`{"s":{"value":"a","type":"string"},"i":{"value":9007199254740993,"type":"integer"},"d":{"value":3,"type":"double","unit":"byte"},"b":{"value":true,"type":"boolean"}}`), record("body", ""))+
		item("client_report", `{"timestamp":1790000030,"discarded_events":[{"reason":"send_error","category":"error","quantity":2}]}`))
	logs := s.Logs()
	if len(logs) != 1 {
		t.Fatalf("got %d logs, want the good one alone", len(logs))
	}
	got := logs[0]
	got.Raw = nil
	want := Log{
		Time: time.Unix(1790000001, 5e8).UTC(), TraceID: testTrace, SpanID: "7e57c0de7e57c0de", Level: "warn", Body: "frame budget exceeded",
		Severity: 13, Envelope: 1, Attributes: map[string]Attribute{
			"s": {"a", "string", ""}, "i": {int64(9007199254740993), "integer", ""}, "d": {3.0, "double", "byte"}, "b": {true, "boolean", ""},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Attr("s") != "a" || got.Attr("none") != nil {
		t.Errorf("got attributes %v and %v, want a and nil", got.Attr("s"), got.Attr("none"))
	}
	if got, want := s.Discards(), []Discard{{"send_error", "error", 2, 1}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEnvelopes(t *testing.T) {
	s := New(Options{AnyTime: true})
	body := eventEnvelope() + item("attachment", "seed=77\n", "filename", `"replay.txt"`, "content_type", `"text/plain"`)
	q := newSend(s, body)
	q.Body, q.ContentEncoding = zip(t, body), "gzip"
	wire := len(q.Body)
	if _, err := s.Transport().Send(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	clear(q.Body) // must not be retained
	s.Verify(t)
	e := s.Envelopes()[0]
	if string(e.Raw) != body || e.Encoding != "gzip" || e.Wire != wire || e.Status != 200 || e.Number != 1 {
		t.Errorf("got %+v", e)
	}
	if got := e.Items[1]; got.Filename != "replay.txt" || string(got.Payload) != "seed=77\n" || got.ContentType != "text/plain" {
		t.Errorf("got item %+v", got)
	}
	h := e.Header
	if h.EventID != testID || h.SDKName != "krunk.go" || h.SDKVersion != "0.3.0" || !h.SentAt.Equal(time.Date(2026, 9, 21, 14, 13, 21, 4e6, time.UTC)) {
		t.Errorf("got header %+v", h)
	}
	if got := e.Request.Get("User-Agent"); got != testAgent {
		t.Errorf("got User-Agent %q", got)
	}
}

func TestDuplicates(t *testing.T) {
	s := New(Options{AnyTime: true})
	s.Next(Unavailable(), Reply{Reset: true, Keep: true})
	for range 4 {
		_, _ = s.Transport().Send(t.Context(), newSend(s, eventEnvelope()))
	}
	if got := len(s.Events()); got != 1 || s.Duplicates() != 2 || s.Requests() != 4 {
		t.Errorf("got %d events, %d duplicates, %d requests; want 1, 2, 4", got, s.Duplicates(), s.Requests())
	}
	if e := s.Envelopes(); len(e) != 3 || e[0].Duplicate || !e[2].Duplicate {
		t.Errorf("got %+v, want the later two as duplicates", e)
	}
	s.Reset()
	if post(t, s, eventEnvelope()); len(s.Events()) != 1 || s.Duplicates() != 0 || s.Requests() != 1 {
		t.Errorf("got %d events, %d duplicates, %d requests after Reset; want 1, 0, 1", len(s.Events()), s.Duplicates(), s.Requests())
	}
}

func TestSessions(t *testing.T) {
	at := func(clock string, pairs ...string) string {
		return sessionEnvelope(append([]string{"init", "", "timestamp", quote("2026-09-21T" + clock + "Z")}, pairs...)...)
	}
	end := at("14:13:20.5", "status", `"exited"`, "seq", "3", "duration", "800.5", "errors", "2")
	first, second := at("14:01:00", "seq", "1", "errors", "1"), at("14:02:00", "seq", "2", "errors", "2")
	begin := sessionEnvelope("seq", "0")
	for _, r := range []struct {
		name   string
		bodies []string
		want   string
	}{
		{"whole life", []string{begin, first, second, end}, ""},
		{"start and end", []string{sessionEnvelope(), end}, ""},
		{"no numbers", []string{sessionEnvelope(), at("14:01:00", "errors", "1"), at("14:02:00", "status", `"exited"`, "errors", "1")}, ""},
		{"single final", []string{sessionEnvelope("status", `"exited"`)}, ""},
		{"abnormal", []string{begin, at("14:01:00", "seq", "1", "status", `"abnormal"`, "abnormal_mechanism", `"anr_foreground"`)}, ""},
		{"two sessions", []string{begin, sessionEnvelope("sid", `"1f6a2c1e7d0b4c539f0e5a1f8e2b6c77"`), end}, ""},
		{"no init", []string{end}, "no init"},
		{"sent again", []string{begin, begin, end, end}, ""},
		{"an older one sent again", []string{begin, first, second, first, end, begin}, ""},
		{"init twice", []string{begin, at("14:00:00", "init", "true", "seq", "1", "errors", "1")}, "counted twice"},
		{"after the end", []string{begin, end, at("14:20:00", "seq", "4", "errors", "3")}, "after a final status, exited"},
		{"two ends", []string{begin, end, at("14:20:00", "seq", "4", "errors", "3", "status", `"crashed"`)}, "after a final status, exited"},
		{"order", []string{begin, second, first}, "seq 1 behind 2"},
		{"number twice", []string{begin, first, at("14:02:00", "seq", "1", "errors", "2")}, "seq 1 behind 1"},
		{"number lost", []string{begin, first, at("14:02:00", "errors", "2")}, "seq 0 behind 1"},
		{"time falls", []string{begin, second, at("14:01:00", "seq", "3", "errors", "2")}, "timestamp 2026-09-21 14:01:00 +0000 UTC behind"},
		{"errors fall", []string{begin, second, at("14:03:00", "seq", "3", "errors", "1")}, "errors fell from 2 to 1"},
		{"another user", []string{begin, at("14:01:00", "seq", "1", "did", `"u2"`)}, `did changed from "u1" to "u2"`},
		{"another begin", []string{begin, at("14:01:00", "seq", "1", "started", `"2026-09-21T14:00:01Z"`)}, "started changed"},
		{"another release", []string{begin, at("14:01:00", "seq", "1", "attrs", `{"release":"moonfall@1.4.3"}`)}, "release changed"},
		{"another environment", []string{begin, at("14:01:00", "seq", "1", "attrs", `{"release":"moonfall@1.4.2","environment":"x"}`)}, "environment changed"},
	} {
		s := New(Options{AnyTime: true})
		for _, b := range r.bodies {
			post(t, s, b)
		}
		f := s.Faults()
		if r.want == "" && len(f) > 0 || r.want != "" && (len(f) != 1 || !strings.Contains(f[0].What, r.want)) {
			t.Errorf("%s: got %v, want %q", r.name, f, r.want)
		}
		if got := len(s.Sessions()); got != len(r.bodies) {
			t.Errorf("%s: got %d sessions, want %d", r.name, got, len(r.bodies))
		}
	}
}

func TestCrashTogether(t *testing.T) {
	crashed := sessionEnvelope("status", `"crashed"`, "errors", "1")
	_, update, _ := strings.Cut(crashed, "\n")
	for _, r := range []struct {
		name, body string
		together   bool
		faults     int
	}{
		{"together", header() + "\n" + item("event", event("level", `"fatal"`)) + update, true, 0},
		{"alone", crashed, true, 1},
		{"beside an error", header() + "\n" + item("event", event("level", `"error"`)) + update, true, 1},
		{"alone, not asked", crashed, false, 0},
		{"no crash", sessionEnvelope(), true, 0},
	} {
		s := New(Options{AnyTime: true, CrashTogether: r.together})
		post(t, s, r.body)
		if f := s.Faults(); len(f) != r.faults {
			t.Errorf("%s: got %v, want %d faults", r.name, f, r.faults)
		}
	}
}

// TestKeep: memory is bounded whatever comes.
func TestKeep(t *testing.T) {
	const keep = 64 << 10
	s := New(Options{AnyTime: true, Keep: keep})
	crumb := quote(strings.Repeat("x", 8000))
	for i := range 100 {
		id := fmt.Sprintf("5b0d7e0c1f4a4c2e9a61d1f0c3b7%04x", i)
		post(t, s, header("event_id", quote(id))+"\n"+item("event", event("event_id", quote(id), "logentry", `{"formatted":`+crumb+`}`)))
	}
	s.Verify(t)
	raw, envelopes := 0, s.Envelopes()
	for _, e := range envelopes {
		raw += len(e.Raw)
		if (e.Raw == nil) != (e.Items[0].Payload == nil) {
			t.Errorf("envelope %d keeps half of its bytes", e.Number)
		}
	}
	last := envelopes[len(envelopes)-1]
	if raw > keep || raw == 0 || envelopes[0].Raw != nil || last.Raw == nil || last.Number != 100 {
		t.Errorf("kept %d raw bytes, first %v, last %d; want at most %d, the newest", raw, envelopes[0].Raw != nil, last.Number, keep)
	}
	events := s.Events()
	if n := len(events); n < 2 || n > keep/8000 || events[n-1].Envelope != 100 {
		t.Errorf("kept %d events, want at most %d and the newest", n, keep/8000)
	}
	if s.Requests() != 100 {
		t.Errorf("got %d requests, want 100", s.Requests())
	}
	var ids = newIDSet()
	for i := range maxIDs + 10 {
		ids.put(fmt.Sprint(i))
	}
	if len(ids.has) != maxIDs || len(ids.order) != maxIDs || ids.put(fmt.Sprint(maxIDs)) {
		t.Errorf("kept %d ids, want the newest %d", len(ids.has), maxIDs)
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{AnyTime: true})
		done := make(chan bool)
		go func() { done <- s.Wait(t.Context(), func(s *Server) bool { return len(s.Events()) == 1 }) }()
		synctest.Wait()
		post(t, s, logEnvelope(record()))
		synctest.Wait()
		select {
		case <-done:
			t.Fatal("Wait ended before the event")
		default:
		}
		post(t, s, eventEnvelope())
		if !<-done {
			t.Error("got false, want true")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if s.Wait(ctx, func(*Server) bool { return false }) {
			t.Error("got true at the end of ctx")
		}
		go func() { done <- s.Wait(t.Context(), func(*Server) bool { return false }) }()
		synctest.Wait()
		s.Close()
		s.Close()
		if <-done {
			t.Error("got true of a closed server")
		}
	})
}

// recorder is a TB that keeps what it is told.
type recorder struct{ lines []string }

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func TestVerify(t *testing.T) {
	s := New(Options{AnyTime: true})
	var r recorder
	if s.Verify(&r); len(r.lines) != 0 {
		t.Errorf("got %v of an empty server", r.lines)
	}
	post(t, s, eventEnvelope("level", `"warn"`))
	s.Verify(&r)
	want := `sentrytest: envelope 1 item 0: event.level (byte 98): unknown value "warn"; ` +
		`write one of fatal error warning info debug (loses: field)`
	if len(r.lines) != 1 || r.lines[0] != want {
		t.Errorf("got  %q\nwant %q", r.lines, want)
	}
	post(t, s, logEnvelope(slices.Repeat([]string{record("body", "")}, 90)...))
	r.lines = nil
	if s.Verify(&r); len(r.lines) != verifyMax+1 || !strings.Contains(r.lines[verifyMax], "and 71 more") {
		t.Errorf("got %d lines, the last %q", len(r.lines), r.lines[len(r.lines)-1])
	}
}

func TestConcurrency(t *testing.T) {
	s := Start(Options{AnyTime: true})
	defer s.Close()
	const workers, each = 8, 20
	web := viaHTTP(t, s)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				id := quote(fmt.Sprintf("5b0d7e0c1f4a4c2e9a61d1f0%04x%04x", w, i))
				q := newSend(s, header("event_id", id)+"\n"+item("event", event("event_id", id)))
				tr := s.Transport()
				if i%2 == 0 {
					tr = web
				}
				if a, err := tr.Send(t.Context(), q); err != nil || a.Status != 200 {
					t.Errorf("got %+v, %v", a, err)
				}
				_, _, _ = s.Events(), s.Faults(), s.Refused()
			}
		})
	}
	if !s.Wait(t.Context(), func(s *Server) bool { return len(s.Events()) == workers*each }) {
		t.Error("Wait ended early")
	}
	wg.Wait()
	s.Verify(t)
	if got := len(s.Envelopes()); got != workers*each {
		t.Errorf("got %d envelopes, want %d", got, workers*each)
	}
}
