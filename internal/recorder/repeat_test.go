package recorder

import (
	"fmt"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// logAt returns a decoded log record.
func logAt(t *testing.T, at time.Duration, text string, flags uint8, pcs ...uintptr) *record.Record {
	t.Helper()
	rec, err := record.Read(encoded(record.Head{Type: record.LogType, Time: int64(at), Flags: flags}, text, pcs, nil))
	if err != nil {
		t.Fatal(err)
	}
	return &rec
}

func TestRepeatsInAWindow(t *testing.T) {
	r := repeats{limit: 2}
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
		r := repeats{limit: limit}
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
	r := repeats{limit: 1}
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

func TestPanicsAreNeverSuppressed(t *testing.T) {
	g := newRig(1<<20, func(c *Config) { c.Repeat = 1 })
	h := record.Head{Type: record.PanicType, Flags: record.FlagID, Level: 12, PPM: million}
	for i := range 5 {
		h.ID[15] = byte(i)
		g.put(t, blackbox.Fatal, encoded(h, "", []uintptr{1}, []record.Error{{Type: "panic", Text: "boom"}}))
		g.Recorder.drain()
	}
	for i := range 5 {
		g.Recorder.drain()
		if e, ok := g.sent(); !ok || e.ID[15] != byte(i) || e.Kind != blackbox.Fatal {
			t.Errorf("panic %d: got entry %v with id %d", i, ok, e.ID[15])
		}
	}
	if n := g.Suppressed.Load(); n != 0 {
		t.Errorf("%d suppressed, want 0", n)
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
