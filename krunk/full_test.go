package krunk_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/krunk"
)

// asked counts how often it is asked for its text.
type asked struct{ n *int }

func (a asked) Error() string { *a.n++; return "asked" }

// A full ring refuses an event before it takes the stack or asks the error, and counts it as one that found no room.
func TestFullRingRefusesAtOnce(t *testing.T) {
	c := stalled(t)
	lost := func(category string) (n uint64) {
		for _, l := range c.Stats().Losses {
			if l.Reason == "queue_overflow" && l.Category == category {
				n += l.Quantity
			}
		}
		return n
	}
	const calls = 100
	n, errs, logs := 0, lost("error"), lost("log_item")
	crumbs := c.Stats().HistoryLost
	for range calls {
		if id := c.Report(asked{&n}); !id.IsZero() {
			t.Fatalf("got id %v of a full ring", id)
		}
		c.Channel("net").Error("disconnected")
	}
	if got, want := fmt.Sprint(lost("error")-errs, lost("log_item")-logs, c.Stats().HistoryLost-crumbs, n), fmt.Sprint(2*calls, 0, 0, 0); got != want {
		t.Errorf("events, log records, history lost and errors asked: %s, want %s", got, want)
	}
}

// BenchmarkFull is what an error costs while the ring is full.
func BenchmarkFull(b *testing.B) {
	c := stalled(b)
	err := errors.New("boom")
	b.ReportAllocs()
	for b.Loop() {
		c.Report(err)
	}
}

// The thousandth channel costs what the first one does.
func TestChannelsAreLinear(t *testing.T) {
	var c *krunk.Client
	bytes := func(part string, n int) float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range n {
			c.Channel(fmt.Sprint(part, i))
		}
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	}
	first, rest := 0.0, 1.0
	for try := 0; try < 5 && rest > 3*first; try++ { // what other goroutines allocate is counted as well
		c = quiet(t, krunk.Config{})
		bytes("warm", 20)
		first, rest = bytes("few", 60), bytes("many", 900)
	}
	if rest > 3*first {
		t.Errorf("a channel allocates %.0f bytes among 900, %.0f among the first 60; want about the same", rest, first)
	}
	if n := c.Channel(strings.Repeat("x", 10)).Name(); n != "xxxxxxxxxx" {
		t.Errorf("got channel %q", n)
	}
}
