package recorder

import (
	"slices"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/record"
)

// Halves of a long batch that find no room wait whole and in order: the second one must not be written over the first.
func TestHalvesWaitForRoom(t *testing.T) {
	g := newRig(1<<18, nil)
	for range 40 {
		g.log(t, 0, strings.Repeat("x", 2000))
	}
	g.flushTo.Store(g.ring.Head())
	g.drain()
	var want []string
	for i := range 36 {
		want = append(want, escaped(i, 1000))
		g.log(t, 0, want[i])
	}
	g.flushTo.Store(g.ring.Head())
	g.drain()
	if !g.stalled() {
		t.Fatal("there was room for everything; the test wants a full outbox")
	}
	var got []string
	for e, ok := g.sent(); ok; e, ok = g.sent() {
		for _, body := range logBodies(t, e) {
			if !strings.HasPrefix(body, "x") {
				got = append(got, body)
			}
		}
		g.drain()
	}
	if !slices.Equal(got, want) || g.drops() != nil {
		t.Errorf("%d of %d records arrived, dropped %v", len(got), len(want), g.drops())
	}
}

// A log record of the level fatal is an event like any other: in the outbox it is no crash.
func TestFatalLogsAreNoPanics(t *testing.T) {
	g := newRig(1<<20, nil)
	for i := range 3 {
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
	if n != 3 {
		t.Errorf("%d sent, want 3", n)
	}
}

// A batch that waits for room is made again where an event was made in its place.
func TestEventWhileABatchWaits(t *testing.T) {
	g := newRig(1<<20, nil)
	filler := make([]byte, 1<<18-1000)
	for g.outbox.Put(blackbox.Meta{Kind: blackbox.Log, Count: 1}, filler) {
	}
	var want []string
	for i := range 100 {
		want = append(want, escaped(i, 100))
	}
	for _, text := range want[:99] {
		g.log(t, 0, text)
	}
	h := record.Head{Type: record.LogType, Flags: record.FlagSend | record.FlagID, Level: 8, PPM: million, ID: [16]byte{1}}
	g.put(t, blackbox.Event, encoded(h, want[99], []uintptr{1}, nil))
	g.drain()
	if !g.stalled() {
		t.Fatal("there was room for the batch; the test wants none")
	}
	events := 0
	for e, ok := g.sent(); ok; e, ok = g.sent() {
		if e.Kind == blackbox.Event {
			events++
			payload(t, e.Body)
		} else if len(e.Body) < len(filler) {
			if got := logBodies(t, e); !slices.Equal(got, want) {
				t.Errorf("%d records arrived, want the %d in order", len(got), len(want))
			}
			want = nil
		}
		g.drain()
	}
	if events != 1 || want != nil {
		t.Errorf("%d events, log records arrived: %v; want one, and true", events, want == nil)
	}
}

// What a policy keeps back, and what turns out not to be raised, is no issue of the history either where its log record has to wait for room, and
// is counted where it is to be.
func TestMutedWhileABatchWaits(t *testing.T) {
	for fate, want := range map[gate.Fate][]string{gate.Muted: {"ignored error 1"}, gate.Missed: nil} {
		var untold uint32
		g := newRig(1<<20, func(c *Config) {
			c.Settle = func(*gate.Event, string) gate.Fate { return fate }
			c.Untell = func(_ record.Type, _ uint16, n uint32) { untold += n + 1 }
		})
		filler := make([]byte, 1<<18-1000)
		for g.outbox.Put(blackbox.Meta{Kind: blackbox.Log, Count: 1}, filler) {
		}
		for i := range 99 {
			g.log(t, 0, escaped(i, 100))
		}
		h := record.Head{
			Type: record.LogType, Flags: record.FlagSend | record.FlagID | record.FlagTrail | record.FlagDoubt, Level: 8, PPM: million, ID: [16]byte{1}, Suppressed: 3,
		}
		g.put(t, blackbox.Event, encoded(h, "lost", []uintptr{1}, nil))
		g.drain()
		if !g.stalled() {
			t.Fatal("there was room for the batch; the test wants none")
		}
		for e, ok := g.sent(); ok; e, ok = g.sent() {
			if e.Kind == blackbox.Event {
				t.Error("an event was sent")
			}
			g.drain()
		}
		n := g.cfg.History.Len()
		if n != 1 || strings.Contains(string(g.cfg.History.Body(n-1)), `"type":"error"`) {
			t.Errorf("fate %d: %d breadcrumbs, the last is %q", fate, n, g.cfg.History.Body(n-1))
		}
		if fate == gate.Missed && (untold != 3 || g.Events.Load() != 0) || fate == gate.Muted && untold != 4 {
			t.Errorf("fate %d: the next one tells of %d, and %d are counted as events", fate, untold, g.Events.Load())
		}
		if !slices.Equal(g.drops(), want) {
			t.Errorf("fate %d: dropped %v, want %v", fate, g.drops(), want)
		}
	}
}
