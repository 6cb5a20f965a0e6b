package recorder

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/transport/deflate"
)

// turns drains g on the only processor beside a goroutine that always wants it, and returns how often that one had it.
func turns(g *rig) int {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var stop atomic.Bool
	var n atomic.Int64
	over := make(chan struct{})
	go func() {
		defer close(over)
		for !stop.Load() {
			n.Add(1)
			runtime.Gosched()
		}
	}()
	runtime.Gosched()
	n.Store(0)
	g.drain()
	got := int(n.Load())
	stop.Store(true)
	<-over
	return got
}

// A burst is worked off in pieces, between which others have the processor.
func TestRecorderYields(t *testing.T) {
	for _, tt := range []struct {
		name  string
		burst func(g *rig)
		want  int // pieces, at the least

		change func(*Config)
	}{
		{"events", func(g *rig) {
			for i := range 200 {
				g.event(t, i, "boom")
			}
		}, 12, nil},
		{"compressed events", func(g *rig) {
			for i := range 200 {
				g.event(t, i, "boom")
			}
		}, 21, func(c *Config) { c.Compress = deflate.Items() }},
		{"long events", func(g *rig) {
			for i := range 10 {
				g.event(t, i, strings.Repeat("x", 4000))
			}
		}, 1, nil},
		{"log records", func(g *rig) {
			for i := range 1000 {
				g.log(t, 0, fmt.Sprint("record ", i))
			}
		}, 6, nil},
		{"history", func(g *rig) {
			for range 1000 {
				g.put(t, 0, encoded(record.Head{Type: record.LogType, Flags: record.FlagTrail, PPM: million}, "crumb", nil, nil))
			}
		}, 5, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(1<<20, tt.change)
			tt.burst(g)
			if got := turns(g); got < tt.want {
				t.Errorf("others had the processor %d times, want %d at least", got, tt.want)
			}
		})
	}
}

// Where more comes in during each yield than a turn works off, turns grow until all of it is worked off. With turns that stay as they are
// the ring fills.
func TestTurnsGrow(t *testing.T) {
	body := encoded(record.Head{Type: record.LogType, Flags: record.FlagTrail, PPM: million}, "crumb", nil, nil)
	const each, rounds = 200, 100
	var made, round int
	var most uint64
	g := newRig(1<<20, func(c *Config) { c.Outbox = nil })
	g.yields = func() { // what others do with the processor
		if round++; round > rounds {
			return
		}
		for range each {
			if s, ok := g.ring.Reserve(0, len(body)); ok {
				copy(s.Body, body)
				g.ring.Commit(&s)
				made++
			}
		}
		most = max(most, g.ring.Head()-g.cfg.Block.Done.Load())
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for round < rounds {
		g.yields()
		g.drain()
	}
	if got := g.History.Load(); got != each*rounds || made != each*rounds {
		t.Errorf("%d records found room and %d were read, want %d of both", made, got, each*rounds)
	}
	if most > 1<<16 {
		t.Errorf("%d bytes waited, want a quarter of the ring at the most", most)
	}
	if g.drain(); g.turn != turn {
		t.Errorf("a turn is %d where nothing waits, want %d", g.turn, turn)
	}
}

// A dead run is worked off in pieces as well.
func TestReplayYields(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	m := newMortal(t, func(*mortal) {})
	for range 40 {
		m.step(2)
	}
	for range 100 {
		m.step(5)
	}
	b, facts, err := blackbox.Open(m.block.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	cfg, yields := mortalConfig(), 0
	cfg.Tally = new(tally.Tally)
	heir := Continue(b, &facts, mortalStart, stack.Build{}, cfg)
	heir.yields = func() { yields++ }
	for n := 0; !heir.Replay() && n < 1000; n++ {
		for e, ok := heir.Outbox().Next(-1, nil); ok; e, ok = heir.Outbox().Next(-1, nil) {
			heir.Outbox().Done(e.Seq)
		}
	}
	if yields < 3 {
		t.Errorf("others had the processor %d times, want 3 at least", yields)
	}
}
