package protocol

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s\n got %s\nwant %s", path, got, want)
	}
}

var sentAt = time.Date(2026, 9, 21, 16, 13, 21, 4_999_999, time.FixedZone("", 2*3600))

func header() *Header {
	return &Header{
		EventID: [16]byte{0x5b, 0x0d, 0x7e, 0x0c, 0x1f, 0x4a, 0x4c, 0x2e, 0x9a, 0x61, 0xd1, 0xf0, 0xc3, 0xb7, 0xa9, 0xe2}, DSN: "https://0123456789abcdef0123456789abcdef@crash.example.test:8443/tel/42",
		SDKName: "krunk.go", SDKVersion: "0.3.0", TraceID: "7e57c0de7e57c0de7e57c0de7e57c0de", PublicKey: "0123456789abcdef0123456789abcdef",
		Release: "moonfall@1.4.2+881", Environment: "production",
	}
}

func TestEnvelopeGolden(t *testing.T) {
	var e Encoder
	body, err := e.Event(nil, full())
	if err != nil {
		t.Fatal(err)
	}
	env := AppendEnvelopeHeader(nil, header(), sentAt)
	env = AppendItem(env, "event", body)
	env = AppendItem(env, "client_report", AppendClientReport(nil, sentAt, []Discard{
		{ReasonQueueOverflow, CategoryLogItem, 12}, {ReasonQueueOverflow, CategoryLogByte, 4096},
	}))
	golden(t, "event.envelope", env)
	if got := items(t, env); len(got) != 2 || got[0].payload != string(body) || got[1].Type != "client_report" || !json.Valid([]byte(got[1].payload)) {
		t.Errorf("got %+v, want the event and its report", got)
	}

	h := Header{SDKName: "krunk.go", SDKVersion: "0.3.0"}
	a := LogAttrs{B: []byte("{")}
	a.Text("sentry.release", "moonfall@1.4.2")
	a.Float("frame.ms", 41.7)
	attrs := append(a.B, '}')
	logs := AppendLogs(nil, []Log{{
		Timestamp: 1790000001.5, TraceID: "7e57c0de7e57c0de7e57c0de7e57c0de", Level: "warn", Severity: 13, Body: "frame budget exceeded", Attributes: attrs,
	}})
	env = AppendLogItem(AppendEnvelopeHeader(nil, &h, sentAt), 1, logs)
	golden(t, "log.envelope", env) // one of its own: kinds of telemetry do not share an envelope
	if got := items(t, env); len(got) != 1 || got[0].ItemCount != 1 || got[0].payload != string(logs) {
		t.Errorf("got %+v, want the container", got)
	}
}

// item is one of an envelope, read back by the rules of the framing.
type item struct {
	Type        string `json:"type"`
	Length      *int   `json:"length"`
	ItemCount   int    `json:"item_count"`
	ContentType string `json:"content_type"`
	payload     string
}

// items takes an envelope apart: a header line, then items of exactly the length they say, each with a line feed.
func items(t *testing.T, env []byte) (list []item) {
	t.Helper()
	line, rest, _ := strings.Cut(string(env), "\n")
	if !json.Valid([]byte(line)) {
		t.Fatalf("header is no JSON: %s", line)
	}
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\n")
		var it item
		if err := json.Unmarshal([]byte(line), &it); err != nil || it.Length == nil {
			t.Fatalf("item header %s: %v", line, err)
		}
		if n := *it.Length; n >= len(rest) || rest[n] != '\n' {
			t.Fatalf("no line feed after %d bytes of %q", n, rest)
		}
		it.payload, rest = rest[:*it.Length], rest[*it.Length+1:]
		list = append(list, it)
	}
	return list
}

func TestEnvelopeFraming(t *testing.T) {
	payloads := []string{"", "{}", "a\nb\n", strings.Repeat("x", 1000)}
	env := AppendEnvelopeHeader(nil, header(), sentAt)
	for _, p := range payloads {
		env = AppendItem(env, "event", []byte(p))
	}
	got := items(t, AppendLogItem(env, 3, []byte("logs")))
	if len(got) != len(payloads)+1 {
		t.Fatalf("got %d items, want %d", len(got), len(payloads)+1)
	}
	for i, want := range payloads {
		if got[i].Type != "event" || got[i].payload != want {
			t.Errorf("got %s %q, want %q", got[i].Type, got[i].payload, want)
		}
	}
	if l := got[len(payloads)]; l.Type != "log" || l.ItemCount != 3 || l.ContentType != "application/vnd.sentry.items.log+json" || l.payload != "logs" {
		t.Errorf("got %+v, want a container of 3", l)
	}
}

func TestEnvelopeHeader(t *testing.T) {
	at := time.Unix(1790000001, 0)
	const sent = `"sent_at":"2026-09-21T14:13:21.000Z"`
	tests := []struct {
		name string
		h    Header
		want string
	}{
		{"empty", Header{}, `{` + sent + `}`},
		{"without event", Header{DSN: "https://k@h/1"}, `{"dsn":"https://k@h/1",` + sent + `}`},
		{"trace", Header{TraceID: "t", PublicKey: "k"}, `{` + sent + `,"trace":{"trace_id":"t","public_key":"k"}}`},
		{"trace without key", Header{TraceID: "t"}, `{` + sent + `}`},
		{"line feed in a value", Header{SDKName: "a\nb", SDKVersion: "1"}, `{` + sent + `,"sdk":{"name":"a\nb","version":"1"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(AppendEnvelopeHeader(nil, &tt.h, at)); got != tt.want+"\n" {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestClientReport(t *testing.T) {
	at := time.Unix(1790000030, 0)
	tests := []struct {
		name string
		at   time.Time
		list []Discard
		want string
	}{
		{"empty", at, nil, `{"timestamp":1790000030,"discarded_events":[]}`},
		{"two", at, []Discard{{ReasonBeforeSend, CategoryError, 1}, {ReasonSampleRate, CategorySession, 1<<64 - 1}},
			`{"timestamp":1790000030,"discarded_events":[{"reason":"before_send","category":"error","quantity":1},{"reason":"sample_rate","category":"session","quantity":18446744073709551615}]}`},
		{"of no use", at, []Discard{{ReasonInvalid, CategoryError, 0}, {ReasonInvalid, CategoryAll, 1}, {ReasonInvalid, CategoryInternal, 1}, {200, CategoryError, 1}, {ReasonInvalid, 200, 1}, {ReasonInvalid, CategoryError, 2}},
			`{"timestamp":1790000030,"discarded_events":[{"reason":"invalid","category":"error","quantity":2}]}`},
		{"clock before 1970", time.Unix(-5, 0), nil, `{"discarded_events":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(AppendClientReport(nil, tt.at, tt.list)); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Every name is one of the server's list, and none is there twice.
func TestReasonsAndCategories(t *testing.T) {
	const reasons = " queue_overflow buffer_overflow cache_overflow ratelimit_backoff network_error send_error sample_rate before_send event_processor ignored invalid insufficient_data backpressure internal_sdk_error "
	seen := map[string]bool{}
	for r := range Reason(Reasons) {
		if !strings.Contains(reasons, " "+r.String()+" ") || seen[r.String()] {
			t.Errorf("reason %d: got %q", r, r)
		}
		seen[r.String()] = true
	}
	if len(seen) != len(strings.Fields(reasons)) {
		t.Errorf("got %d reasons, want %d", len(seen), len(strings.Fields(reasons)))
	}
	for c := CategoryError; c < Categories; c++ {
		if got, ok := parseCategory(c.String()); !ok || got != c {
			t.Errorf("category %q: got %v, %v", c, got, ok)
		}
	}
	if Reason(255).String() != "" || Category(255).String() != "" || CategoryAll.String() != "" {
		t.Error("what has no name got one")
	}
}

func TestLevels(t *testing.T) {
	tests := []struct {
		level      int
		event, log string
		severity   int
	}{
		{-1 << 31, "debug", "trace", 1}, {-8, "debug", "trace", 1}, {-5, "debug", "trace", 4}, {-4, "debug", "debug", 5}, {-1, "debug", "debug", 8},
		{0, "info", "info", 9}, {3, "info", "info", 12}, {4, "warning", "warn", 13}, {7, "warning", "warn", 16}, {8, "error", "error", 17}, {11, "error", "error", 20},
		{12, "fatal", "fatal", 21}, {15, "fatal", "fatal", 24}, {1 << 30, "fatal", "fatal", 24},
	}
	for _, tt := range tests {
		name, severity := LogLevel(tt.level)
		if got := EventLevel(tt.level); got != tt.event || name != tt.log || severity != tt.severity {
			t.Errorf("%s: got %s, %s %d, want %s, %s %d", strconv.Itoa(tt.level), got, name, severity, tt.event, tt.log, tt.severity)
		}
	}
}
