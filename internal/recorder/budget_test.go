package recorder

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

func TestBudgetOfAnHour(t *testing.T) {
	var b budget
	for i, tt := range []struct {
		at     time.Duration
		charge int
		limit  int64
		left   int64 // before the charge
	}{
		{0, 100, 1000, 1000}, {59 * time.Second, 200, 1000, 900}, {10 * time.Minute, 700, 1000, 700}, {30 * time.Minute, 0, 1000, 0},
		{30 * time.Minute, 0, 0, math.MaxInt64}, {30 * time.Minute, 500, 1000, 0}, // a panic is charged all the same
		{60 * time.Minute, 0, 1000, 0}, {61 * time.Minute, 0, 1000, 0}, // 1500 less the 300 of the first minute
		{61 * time.Minute, 0, 2000, 800}, {71 * time.Minute, 0, 1000, 500}, {91 * time.Minute, 400, 1000, 1000},
		{1000 * time.Hour, 0, 1000, 1000}, {90 * time.Minute, 0, 1000, 1000}, // a clock that went back
	} {
		if got := b.left(tt.at, tt.limit); got != tt.left {
			t.Errorf("%d: at %v %d bytes are left, want %d", i, tt.at, got, tt.left)
		}
		b.charge(tt.at, tt.charge)
	}
}

// However the load comes, no span of sixty minutes has more than the limit.
func TestBudgetHoldsInEverySpan(t *testing.T) {
	const limit, n = 1000, 90
	var b budget
	var sent []time.Duration
	for at := time.Duration(0); at < 5*time.Hour; at += 7 * time.Second {
		if at%time.Hour < 20*time.Minute && at > time.Hour {
			continue
		}
		if b.left(at, limit) >= n {
			b.charge(at, n)
			sent = append(sent, at)
		}
	}
	for i, from := range sent {
		in := 0
		for _, at := range sent[i:] {
			if at-from < time.Hour {
				in += n
			}
		}
		if in > limit {
			t.Fatalf("%d bytes in the hour from %v", in, from)
		}
	}
	if len(sent) < 4*limit/n {
		t.Errorf("%d sent in five hours, the budget is not used", len(sent))
	}
}

// Of a batch that is over the budget goes out what fits, and the rest is counted in records and bytes.
func TestLogsOverTheBudget(t *testing.T) {
	g := newRig(1<<20, func(c *Config) { c.Bytes = func() int64 { return 4000 } })
	const n = 40
	for i := range n {
		g.log(t, 0, fmt.Sprint(i, strings.Repeat(".", 100)))
	}
	g.flushTo.Store(g.ring.Head())
	g.drain()
	size, kept := 0, 0
	for e, ok := g.sent(); ok; e, ok = g.sent() {
		size, kept = size+len(e.Body), kept+int(e.Count)
	}
	if kept == 0 || size > 4000 || fmt.Sprint(g.drops()) != fmt.Sprintf("[sample_rate log_item %d]", n-kept) {
		t.Errorf("%d records of %d bytes, dropped %v", kept, size, g.drops())
	}
	if !slices.ContainsFunc(g.tally.Total(nil), func(d protocol.Discard) bool {
		return d.Reason == protocol.ReasonSampleRate && d.Category == protocol.CategoryLogByte && d.Quantity > 100
	}) {
		t.Errorf("no bytes were counted: %v", g.tally.Total(nil))
	}
}

// Events over the budget are counted, the next one that goes out tells of them, and panics go out whatever is left.
func TestEventsOverTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		untold := 0
		g := newRig(1<<20, func(c *Config) {
			c.Bytes = func() int64 { return 6000 }
			c.Untell = func(typ record.Type, place uint16, suppressed uint32) {
				if untold += 1 + int(suppressed); typ != record.ErrorType || place != 3 {
					t.Errorf("an event of type %d and place %d is to be told later, want %d and 3", typ, place, record.ErrorType)
				}
			}
		})
		const n = 30
		for i := range n {
			h := record.Head{Type: record.ErrorType, Flags: record.FlagID, Level: 8, PPM: million, ID: [16]byte{15: byte(i)}, Place: 3, Suppressed: 2}
			g.put(t, blackbox.Event, encoded(h, "", nil, []record.Error{{Type: "*errors.errorString", Text: "boom"}}))
		}
		h := record.Head{Type: record.PanicType, Flags: record.FlagID, Level: 12, PPM: million, ID: [16]byte{1}}
		g.put(t, blackbox.Fatal, encoded(h, "", nil, []record.Error{{Type: "panic", Text: "boom"}}))
		g.drain()
		events, panics := 0, 0
		for e, ok := g.sent(); ok; e, ok = g.sent() {
			if e.Kind == blackbox.Fatal {
				panics++
			} else {
				events++
			}
		}
		if events < 2 || events == n || panics != 1 || fmt.Sprint(g.drops()) != fmt.Sprintf("[sample_rate error %d]", n-events) || untold != 3*(n-events) {
			t.Errorf("%d events and %d panics, dropped %v, %d to be told later", events, panics, g.drops(), untold)
		}
		time.Sleep(62 * time.Minute)
		h = record.Head{Type: record.ErrorType, Flags: record.FlagID, Level: 8, PPM: million, Time: int64(62 * time.Minute), Suppressed: 5}
		g.put(t, blackbox.Event, encoded(h, "", nil, []record.Error{{Type: "*errors.errorString", Text: "boom"}}))
		g.drain()
		if e, ok := g.sent(); !ok || !strings.Contains(string(e.Body), `"suppressed":5`) {
			t.Errorf("an hour later: %v %s", ok, e.Body)
		}
	})
}
