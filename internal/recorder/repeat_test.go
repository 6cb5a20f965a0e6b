package recorder

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// logAt returns a decoded log record.
func logAt(t *testing.T, at time.Duration, text string, flags uint16, pcs ...uintptr) *record.Record {
	t.Helper()
	rec, err := record.Read(encoded(record.Head{Type: record.LogType, Time: int64(at), Flags: flags}, text, pcs, nil))
	if err != nil {
		t.Fatal(err)
	}
	return &rec
}

func TestRepeatsInAWindow(t *testing.T) {
	r := repeats{limit: 2, window: time.Minute}
	for i, tt := range []struct {
		at         time.Duration
		ok         bool
		suppressed uint64
	}{
		{0, true, 0}, {time.Second, true, 0}, {2 * time.Second, false, 0}, {59 * time.Second, false, 0},
		{time.Minute, true, 2}, {61 * time.Second, true, 0}, {62 * time.Second, false, 0}, {119 * time.Second, false, 0},
		{10 * time.Minute, true, 2}, {10 * time.Minute, true, 0}, {10 * time.Minute, false, 0},
	} {
		suppressed, ok := r.pass(logAt(t, tt.at, "m", 0, 1, 2))
		if ok != tt.ok || suppressed != tt.suppressed {
			t.Errorf("%d: at %v passed %v with %d suppressed, want %v with %d", i, tt.at, ok, suppressed, tt.ok, tt.suppressed)
		}
	}
}

func TestRepeatsWithoutALimit(t *testing.T) {
	for _, limit := range []int{0, -1} {
		r := repeats{limit: limit, window: time.Minute}
		for range 1000 {
			if n, ok := r.pass(logAt(t, 0, "m", 0)); !ok || n != 0 {
				t.Fatalf("limit %d: a record was held back", limit)
			}
		}
	}
}

func TestKindsOfEvents(t *testing.T) {
	withError := func(typ, text string) *record.Record {
		rec, err := record.Read(encoded(record.Head{Type: record.ErrorType}, "", []uintptr{1}, []record.Error{{Type: typ, Text: text}}))
		if err != nil {
			t.Fatal(err)
		}
		return &rec
	}
	for _, tt := range []struct {
		name string
		a, b *record.Record
		same bool
	}{
		{"the same", logAt(t, 0, "m", 0, 1, 2), logAt(t, 5, "m", 0, 1, 2), true},
		{"another template", logAt(t, 0, "m", 0, 1, 2), logAt(t, 0, "n", 0, 1, 2), false},
		{"another stack", logAt(t, 0, "m", 0, 1, 2), logAt(t, 0, "m", 0, 1, 3), false},
		{"another order", logAt(t, 0, "m", 0, 1, 2), logAt(t, 0, "m", 0, 2, 1), false},
		{"texts with values", logAt(t, 0, "lost 1", record.FlagPlain, 1), logAt(t, 0, "lost 2", record.FlagPlain, 1), true},
		{"texts of errors", withError("*net.OpError", "a"), withError("*net.OpError", "b"), true},
		{"types of errors", withError("*net.OpError", "a"), withError("*fs.PathError", "a"), false},
		{"error and log", withError("m", ""), logAt(t, 0, "m", 0, 1), false},
	} {
		if got := kind(tt.a) == kind(tt.b); got != tt.same {
			t.Errorf("%s: same kind %v, want %v", tt.name, got, tt.same)
		}
	}
}

// Two kinds that meet in a slot: the later one takes it over with a clean count, and so does the first when it comes back.
func TestSlotTakeover(t *testing.T) {
	first := logAt(t, 0, "m", 0)
	var second *record.Record
	for i := 0; second == nil; i++ {
		if rec := logAt(t, 0, fmt.Sprint("other ", i), 0); kind(rec)%256 == kind(first)%256 {
			second = rec
		}
	}
	r := repeats{limit: 1, window: time.Minute}
	for i, tt := range []struct {
		rec        *record.Record
		ok         bool
		suppressed uint64
	}{
		{first, true, 0}, {first, false, 0}, {first, false, 0},
		{second, true, 0}, // not 2: those were of the first kind
		{second, false, 0},
		{first, true, 0},
	} {
		if n, ok := r.pass(tt.rec); ok != tt.ok || n != tt.suppressed {
			t.Errorf("%d: passed %v with %d suppressed, want %v with %d", i, ok, n, tt.ok, tt.suppressed)
		}
	}
}

// Panics have a window and a table of their own: errors neither use it up nor take over its slots.
func TestPanicsHaveTheirOwnWindow(t *testing.T) {
	g := newRig(1<<20, func(c *Config) { c.Repeat, c.PanicRepeat = 1, 3 })
	n := byte(0)
	put := func(typ record.Type, at time.Duration) {
		n++
		h := record.Head{Type: typ, Flags: record.FlagID, Level: 12, PPM: million, Time: int64(at), ID: [16]byte{15: n}}
		g.put(t, blackbox.Fatal, encoded(h, "", []uintptr{1}, []record.Error{{Type: "panic", Text: "boom"}}))
	}
	for range 5 {
		put(record.PanicType, 0)
		put(record.ErrorType, 0)
	}
	put(record.PanicType, 59*time.Minute) // its window is an hour, an error's a minute
	put(record.ErrorType, 59*time.Minute)
	put(record.PanicType, time.Hour)
	g.drain()
	got := map[blackbox.Kind][]byte{}
	told := ""
	for e, ok := g.sent(); ok; e, ok = g.sent() {
		got[e.Kind] = append(got[e.Kind], e.ID[15])
		if e.ID[15] == n && bytes.Contains(e.Body, []byte(`"suppressed":3`)) {
			told = "3"
		}
	}
	if fmt.Sprint(got[blackbox.Fatal], got[blackbox.Event]) != "[1 3 5 13] [2 12]" || told == "" {
		t.Errorf("sent %v, the last one tells of %q suppressed; want panics 1 3 5 13, errors 2 12, and 3", got, told)
	}
	if g.Suppressed.Load() != 7 || fmt.Sprint(g.drops()) != "[ratelimit_backoff error 7]" {
		t.Errorf("%d suppressed, counted %v; want 7", g.Suppressed.Load(), g.drops())
	}
}

// A log record of the level fatal is an event like any other: Repeat counts for it, and in the outbox it is no crash.
func TestFatalLogsAreNoPanics(t *testing.T) {
	g := newRig(1<<20, func(c *Config) { c.Repeat = 2 })
	for i := range 5 {
		h := record.Head{Type: record.LogType, Flags: record.FlagID, Level: 12, PPM: million, ID: [16]byte{15: byte(i)}}
		g.put(t, blackbox.Fatal, encoded(h, "fatal", []uintptr{1}, nil))
	}
	g.drain()
	n := 0
	for e, ok := g.sent(); ok; e, ok = g.sent() {
		if n++; e.Kind != blackbox.Event {
			t.Errorf("entry %d has kind %d, want Event", e.ID[15], e.Kind)
		}
	}
	if n != 2 || g.Suppressed.Load() != 3 {
		t.Errorf("%d sent, %d suppressed; want 2 and 3", n, g.Suppressed.Load())
	}
}

func TestSuppressedEventsAreCounted(t *testing.T) {
	g := newRig(1<<20, func(c *Config) { c.Repeat = 2 })
	for i := range 5 {
		g.event(t, i, "boom")
	}
	g.drain()
	if g.Events.Load() != 2 || g.Suppressed.Load() != 3 {
		t.Errorf("%d events, %d suppressed; want 2 and 3", g.Events.Load(), g.Suppressed.Load())
	}
	if got := fmt.Sprint(g.drops()); got != "[ratelimit_backoff error 3]" {
		t.Errorf("counted %s", got)
	}
}
