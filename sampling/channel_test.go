package sampling

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

func controller(t testing.TB, id Identity, o Options, docs ...string) *Controller {
	t.Helper()
	c, err := New(id, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	for _, d := range docs {
		if err := c.Apply([]byte(d)); err != nil {
			t.Fatalf("Apply(%s): %v", d, err)
		}
	}
	return c
}

func TestTakeKeepsTheStatedShareAndCounts(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{}, doc(`"channels":{"net":{"send":"info","records":25}}`))
	ch := Channel(c, "net")
	ch.SetDice(rand.NewPCG(1, 7).Uint64) // the same draws each time
	kept := 0
	const n = 40_000
	for range n {
		v := ch.Decide(gate.LevelInfo)
		if v != gate.Trail|gate.Send|gate.Draw {
			t.Fatalf("got verdict %b, want trail, send and draw", v)
		}
		v, share := ch.Take(v, gate.LevelInfo, 0)
		if v&gate.Send != 0 {
			kept++
			if n, forced := gate.Weight(share); n != 4 || forced {
				t.Fatalf("got weight %v, want 4", n)
			}
		}
		if v&gate.Trail == 0 {
			t.Fatal("the trail was lost with the record")
		}
	}
	if d := math.Abs(float64(kept) - n/4); d > 5*math.Sqrt(n*0.25*0.75) {
		t.Errorf("kept %d of %d, want about a quarter", kept, n)
	}
	if got := ch.Dropped(); got.SampledRecords != uint64(n-kept) || got.SampledEvents != 0 {
		t.Errorf("got %+v, want %d records", got, n-kept)
	}
	ch.Take(ch.Decide(gate.LevelError), gate.LevelError, 0)
	if records, events := ch.TakeDropped(gate.Open); records != uint64(n-kept)+events || events > 1 || ch.Dropped() != (gate.Dropped{}) {
		t.Errorf("got %d records and %d events, then %+v", records, events, ch.Dropped())
	}
}

func TestTakeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := controller(t, Identity{ID: "a"}, Options{}, doc(`"channels":{"*":{"records":0,"first":3}}`))
		ch, other := Channel(c, "net"), Channel(c, "ui")
		pass := func(ch *gate.Channel, key uint64) bool {
			v, ppm := ch.Take(ch.Decide(gate.LevelError), gate.LevelError, key)
			return v&gate.Issue != 0 && ppm == gate.Million
		}
		for hour := range 3 {
			for i := range 5 {
				for key := range uint64(50) {
					if got, want := pass(ch, key), i < 3; got != want {
						t.Fatalf("hour %d, record %d of key %d: got %v, want %v", hour, i, key, got, want)
					}
				}
			}
			if !pass(other, 7) {
				t.Fatal("another channel's fingerprint counts as the same")
			}
			time.Sleep(time.Hour)
		}
	})
}

func TestRates(t *testing.T) {
	const policy = `"channels":{"*":{"send":"info","rate":"30/m","burst":30},"net":{"rate":"10/m","burst":5},"net.own":{"rate":"20/m"}}`
	synctest.Test(t, func(t *testing.T) {
		c := controller(t, Identity{ID: "a"}, Options{}, doc(policy))
		burst := func(name string) int {
			ch, n := Channel(c, name), 0
			for range 100 {
				if v, _ := ch.Take(ch.Decide(gate.LevelInfo), gate.LevelInfo, 0); v&gate.Send != 0 {
					n++
				}
			}
			return n
		}
		steps := []struct {
			channel string
			wait    time.Duration
			want    int
		}{
			{"net", 0, 5}, {"net.http", 0, 0}, // one budget for all below
			{"net.own", 0, 10},               // its own, default burst
			{"ui", 0, 15},                    // what "*" has left of 30
			{"net", 6 * time.Second, 1},      // refilled evenly
			{"net", 10 * time.Minute, 5},     // never above the burst
			{"ui", 0, 25}, {"net.own", 0, 0}, // "*" is always asked
		}
		for i, s := range steps {
			time.Sleep(s.wait)
			if got := burst(s.channel); got != s.want {
				t.Errorf("step %d: %s got %d, want %d", i, s.channel, got, s.want)
			}
		}
		c.Update(func(id *Identity) { id.Player = "p" })
		if got := burst("ui"); got != 0 {
			t.Errorf("after Update: got %d, want an empty bucket", got)
		}
		if got := Channel(c, "ui").Dropped().LimitedRecords; got != 75+100 {
			t.Errorf("got %d limited records for which none stands, want 175", got)
		}
	})
}

func TestCompiledMaxRateHoldsForThosePickedByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := controller(t, Identity{ID: "a", Player: "p"}, Options{Limits: Limits{MaxRate: Rate{3, time.Hour}}},
			rules(`{"id":"r","when":{"player":["p"]},"set":{"clients":100,"channels":{"*":{"send":"debug"}}}}`))
		n := 0
		for i := range 50 {
			ch := Channel(c, "c"+strconv.Itoa(i%5))
			if v, share := ch.Take(ch.Decide(gate.LevelDebug), gate.LevelDebug, 0); v&gate.Send != 0 {
				n++
				if w, forced := gate.Weight(share); w != 1 || !forced {
					t.Errorf("got weight %v, %v, want 1 and forced", w, forced)
				}
			}
		}
		if n != 3 {
			t.Errorf("got %d, want 3", n)
		}
	})
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{}, doc(`"channels":{"*":{"send":"info","records":50,"first":1,"rate":"5/m"}}`))
	controls := join(t, c, nil)
	ch := Channel(c, "net")
	key := uint64(0)
	for name, f := range map[string]func(){
		"Enabled": func() { ch.Enabled(gate.LevelDebug) },
		"Take":    func() { key++; ch.Take(ch.Decide(gate.LevelInfo), gate.LevelInfo, key) },
		"Panics":  func() { controls.Panics(); controls.Killed(); controls.Reports(); controls.Bytes(); controls.Policy() },
		"Bucket":  func() { gate.Bucket("2026-w41", "3f1d6c1e-8a35-4c0e-9a64-8d7c7a1be0f2") },
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

func TestReadersDuringApply(t *testing.T) {
	c := controller(t, Identity{ID: "a", Player: "p"}, Options{})
	ch := Channel(c, "net")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if v, share := ch.Take(ch.Decide(gate.LevelError), gate.LevelError, uint64(i)); v&gate.Draw != 0 || share > gate.Million && share < 1<<29 {
					t.Errorf("got %b, %d", v, share)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				c.Update(func(id *Identity) { id.Match += "x"; id.Match = id.Match[len(id.Match)/9:] })
				Channel(c, "x").Enabled(0)
				c.Status()
			}
		}
	})
	for i := range 300 {
		s := `{"krunk":1,"version":` + strconv.Itoa(i+1) + `,"clients":` + strconv.Itoa(i%100) + `,"channels":{"net":{"send":"info","records":50,"rate":"9/s","first":2}}}`
		if err := c.Apply([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if err := c.Apply([]byte(`{`)); err == nil {
			t.Fatal("half a document was accepted")
		}
	}
	close(stop)
	wg.Wait()
	if c.Version() != (Version{0, 300}) || errors.Is(c.Status().LastError, ErrStale) {
		t.Errorf("got %+v", c.Status())
	}
}
