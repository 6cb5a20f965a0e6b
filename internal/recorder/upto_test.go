package recorder

import (
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
)

// An entry says where the ring goes on behind the newest record in it: what comes before that does not have to be encoded again after
// a death, what comes behind it has to.
func TestEntriesSayUptoWhere(t *testing.T) {
	g := newRig(1<<20, func(c *Config) { c.Item = 40 << 10 })
	ends := map[uint64]string{} // what ends at each position
	put := func(what string, f func()) {
		f()
		ends[g.ring.Head()] = what
	}
	long := strings.Repeat("x", 900)
	for range 160 { // 100 make a batch; halves of it are put where it is longer than an envelope may be
		put("log", func() { g.log(t, 0, long) })
	}
	g.event(t, 1, "between")
	ends[g.ring.Head()] = "event"
	put("log", func() { g.log(t, 0, "last") })
	g.flushTo.Store(g.ring.Head())
	if g.drain(); g.stalled() {
		t.Fatal("the outbox is full")
	}
	logs, last := 0, uint64(0)
	for e, ok := g.sent(); ok; e, ok = g.sent() {
		want := "event"
		if e.Kind == blackbox.Log {
			want = "log"
			logs += int(e.Count)
			if e.Upto <= last {
				t.Errorf("a batch is read up to %d, the one before it up to %d", e.Upto, last)
			}
			last = e.Upto
			n := 0
			for end, what := range ends {
				if what == "log" && end <= e.Upto {
					n++
				}
			}
			if n != logs {
				t.Errorf("%d log records are in the entries up to there, and %d in the ring", logs, n)
			}
		}
		if ends[e.Upto] != want {
			t.Errorf("an entry with %d of kind %d says %d, where %q ends", e.Count, e.Kind, e.Upto, ends[e.Upto])
		}
	}
	if logs != 161 {
		t.Errorf("%d log records, want 161", logs)
	}
}
