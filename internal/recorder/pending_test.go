package recorder

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
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

// A record of a bridge brings its own time: one from the future must not hold back its kind for ever.
func TestRepeatsSurviveTheFuture(t *testing.T) {
	r := repeats{limit: 1, window: time.Minute}
	r.pass(logAt(t, math.MaxInt64, "m", 0))
	r.pass(logAt(t, math.MaxInt64, "m", 0))
	for i := range 3 {
		if _, ok := r.pass(logAt(t, time.Duration(i+1)*2*time.Minute, "m", 0)); !ok {
			t.Errorf("minute %d: held back by a record from the future", 2*(i+1))
		}
	}
}
