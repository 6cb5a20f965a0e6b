package recorder

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// trailed is a record of history as games write them, no two of them the same.
func trailed(i int) []byte {
	h := record.Head{Type: record.LogType, Flags: record.FlagTrail, Time: int64(i) * 1e6, Channel: uint16(i % 3), Level: -4, Frame: uint32(i)}
	return encoded(h, "packet lost", nil, nil, record.Field{Key: "seq", Kind: record.Int64, Num: uint64(i)}, record.Field{Key: "peer", Kind: record.String, Str: "10.0"})
}

// quietChannels names channels as the client does, without making a text each time.
func quietChannels(cfg *Config) { cfg.Run.Channel = func(uint16) string { return "net" } }

// The time of a breadcrumb is written as any other, however it is come by.
func TestStamp(t *testing.T) {
	var s stamp
	for _, ns := range []int64{
		0, 999, 1000, 999_999_999, 1e9, 1e9 + 1000, 1_790_000_000_125_000_000, 1_790_000_000_999_999_999, 1_790_000_001_000_000_000, 1_790_000_000_000_001_000,
		4_102_444_800_000_000_000, 1_790_000_000_000_010_000,
	} {
		for range 2 {
			if got, want := string(s.append(nil, ns)), string(text.AppendTime(nil, ns, 6)); got != want {
				t.Errorf("%d: got %s, want %s", ns, got, want)
			}
		}
	}
}

// What is history costs no memory that is not there already, for as long as a game plays.
func TestHistoryDoesNotAllocate(t *testing.T) {
	g := newRig(1<<20, quietChannels)
	records := make([]blackbox.Record, 3000)
	for i := range records {
		records[i] = blackbox.Record{Body: trailed(i), Pos: uint64(i) * 100}
	}
	for i := range records {
		g.take(records[i])
	}
	i := 0
	if got := testing.AllocsPerRun(len(records)-1, func() {
		g.take(records[i])
		i++
	}); got != 0 {
		t.Errorf("%v allocations a record, want 0", got)
	}
}

// A record that is longer than an entry of the history may be stays one, with less in it, and the event says so.
func TestLongBreadcrumbs(t *testing.T) {
	for _, size := range []int{2 << 10, 4 << 10, 64 << 10} {
		g := newRig(1<<20, func(cfg *Config) { cfg.History = blackbox.NewHistoryBuffer(blackbox.Words(size), 0) })
		long := record.Head{Type: record.LogType, Flags: record.FlagTrail, Level: -4}
		g.put(t, blackbox.History, encoded(long, strings.Repeat("\x01m", 4000), nil, nil, record.Field{Key: "a", Kind: record.String, Str: strings.Repeat("d", 2000)}))
		g.put(t, blackbox.Event, encoded(raised(record.ErrorType), "", []uintptr{1}, []record.Error{{Type: "T", Text: "x"}}))
		ev := g.only(t)
		if got := crumbs(ev); len(got) != 1 || !strings.HasPrefix(got[0], "\x01m") {
			t.Errorf("%d bytes: breadcrumbs %.80q, want the beginning of the long one", size, got)
		}
		if fmt.Sprint(ev.Contexts["krunk"]["shortened"]) != "[breadcrumbs]" {
			t.Errorf("%d bytes: the event does not say that something was cut: %v", size, ev.Contexts["krunk"])
		}
	}
}

// How many breadcrumbs of the usual length there are in a history of the length that Config.Memory makes it: of 128 KiB, 256 KiB and 1 MiB.
func TestHistoryHolds(t *testing.T) {
	for size, want := range map[int]int{5_664: 20, 14_488: 50, 57_344: blackbox.MaxHistory} {
		g := newRig(1<<20, func(cfg *Config) { cfg.History = blackbox.NewHistoryBuffer(blackbox.Words(size), 0) })
		for i := range 300 {
			g.take(blackbox.Record{Body: trailed(i), Pos: uint64(i)})
		}
		if n := g.cfg.History.Len(); n < want {
			t.Errorf("%d bytes hold %d, want %d", size, n, want)
		}
	}
}

// The clock is set while the game runs: breadcrumbs encoded before follow it, as the event does.
func TestBreadcrumbsFollowTheClock(t *testing.T) {
	start := int64(0)
	g := newRig(1<<20, func(cfg *Config) { cfg.Run.Start = func() int64 { return start } })
	g.take(blackbox.Record{Body: trailed(1000), Pos: 1})
	start = 1_790_000_000_000_000_000
	h := raised(record.ErrorType)
	h.Time = 1_001e6
	g.put(t, blackbox.Event, encoded(h, "", []uintptr{1}, []record.Error{{Type: "T", Text: "x"}}))
	ev := g.only(t)
	if got := ev.Breadcrumbs.Values[0].Timestamp; got != "2026-09-21T14:13:21.000000Z" {
		t.Errorf("breadcrumb at %s, want the time that the clock tells now", got)
	}
}

// BenchmarkEvent shows what a hundred breadcrumbs add to an event, and what keeping a record costs.
func BenchmarkEvent(b *testing.B) {
	for _, n := range []int{0, 20, 100} {
		b.Run(fmt.Sprint("breadcrumbs=", n), func(b *testing.B) {
			g := newRig(1<<20, quietChannels)
			for i := range n {
				g.take(blackbox.Record{Body: trailed(i), Pos: uint64(i)})
			}
			var pcs [16]uintptr
			stack := pcs[:runtime.Callers(0, pcs[:])]
			body := encoded(raised(record.ErrorType), "", stack, []record.Error{{Type: "*errors.errorString", Text: "connection reset"}})
			rec, err := record.Read(body)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := g.events.item(&rec, &g.scope, g.cfg.History); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("record", func(b *testing.B) {
		g := newRig(1<<20, quietChannels)
		var bodies [256][]byte
		for i := range bodies {
			bodies[i] = trailed(i)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			g.take(blackbox.Record{Body: bodies[i%256], Pos: uint64(i)})
		}
	})
}
