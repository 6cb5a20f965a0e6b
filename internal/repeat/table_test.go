package repeat

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func at(d time.Duration) int64 { return int64(d) }

func TestWindow(t *testing.T) {
	table := New(2, time.Minute, 16)
	for i, tt := range []struct {
		at         time.Duration
		ok         bool
		suppressed uint32
	}{
		{0, true, 0}, {time.Second, true, 0}, {2 * time.Second, false, 0}, {59 * time.Second, false, 0},
		{time.Minute, true, 2}, {61 * time.Second, true, 0}, {62 * time.Second, false, 0}, {119 * time.Second, false, 0},
		{10 * time.Minute, true, 2}, {10 * time.Minute, true, 0}, {10 * time.Minute, false, 0},
		{10*time.Minute - time.Second, false, 0}, // another goroutine read the clock before
		{11 * time.Minute, true, 2},
	} {
		p, ok := table.Pass(7, at(tt.at))
		if ok != tt.ok || p.Suppressed != tt.suppressed {
			t.Errorf("%d: at %v passed %v with %d suppressed, want %v with %d", i, tt.at, ok, p.Suppressed, tt.ok, tt.suppressed)
		}
	}
	if n := table.Suppressed(); n != 6 {
		t.Errorf("%d suppressed in all, want 6", n)
	}
	if a, b := table.Untold(), table.Untold(); a != 6 || b != 0 {
		t.Errorf("untold %d and then %d, want 6 and 0", a, b)
	}
}

func TestNoLimit(t *testing.T) {
	for _, limit := range []int{0, -1} {
		table := New(limit, time.Minute, 16)
		for range 1000 {
			p, ok := table.Pass(7, 0)
			if !ok || p.Suppressed != 0 {
				t.Fatalf("limit %d: an event was held back", limit)
			}
			table.Raised(7, p, 1)
			table.Back(p)
		}
		if table.Last(7, Pass{}) != 0 || table.Suppressed() != 0 {
			t.Error("a table without a limit remembers")
		}
	}
}

// However many kinds there are and however they meet in the table, no more passes than the limit for each of them, and nothing
// that was suppressed is forgotten.
func TestManyKinds(t *testing.T) {
	for _, kinds := range []int{2, 20, 200, 1000} {
		const limit = 5
		table := New(limit, time.Minute, 256)
		r := rand.New(rand.NewPCG(1, uint64(kinds)))
		keys := make([]uint64, kinds)
		for i := range keys {
			keys[i] = r.Uint64()
		}
		passed, refused, told := 0, 0, 0
		for turn := range 200 {
			for _, k := range keys {
				p, ok := table.Pass(k, at(time.Duration(turn)*time.Millisecond))
				told += int(p.Suppressed)
				if ok {
					passed++
				} else {
					refused++
				}
			}
		}
		if passed > kinds*limit || kinds <= 20 && passed != kinds*limit {
			t.Errorf("%d kinds: %d passed in a minute, want %d each", kinds, passed, limit)
		}
		for _, k := range keys { // the next window tells of all
			p, _ := table.Pass(k, at(time.Hour))
			told += int(p.Suppressed)
		}
		if told != refused {
			t.Errorf("%d kinds: %d of %d suppressed events were told", kinds, told, refused)
		}
	}
}

// Two kinds that share a place share its count, and neither starts it again for the other.
func TestSharedPlace(t *testing.T) {
	table := New(3, time.Minute, 4)
	for k := uint64(1); k <= 4; k++ {
		if _, ok := table.Pass(k, 0); !ok {
			t.Fatal("a kind with a place of its own was held back")
		}
	}
	passed := 0
	for range 100 {
		for _, k := range []uint64{1, 5} { // 5 shares a place, whose count it uses up
			if _, ok := table.Pass(k, 0); ok {
				passed++
			}
		}
	}
	if passed != 2 {
		t.Errorf("%d passed, want the 2 that were left of the place", passed)
	}
	if _, ok := table.Pass(5, at(2*time.Minute)); !ok {
		t.Error("held back in a new window")
	}
}

func TestBack(t *testing.T) {
	table := New(2, time.Minute, 16)
	table.Pass(7, 0)
	table.Pass(7, 0)
	table.Pass(7, 0)
	p, ok := table.Pass(7, at(time.Minute))
	if !ok || p.Suppressed != 1 {
		t.Fatalf("passed %v with %d, want true with 1", ok, p.Suppressed)
	}
	table.Back(p)
	for i, want := range []uint32{1, 0} {
		if p, ok := table.Pass(7, at(time.Minute)); !ok || p.Suppressed != want {
			t.Errorf("event %d passed %v with %d suppressed, want true with %d", i, ok, p.Suppressed, want)
		}
	}
	if _, ok := table.Pass(7, at(time.Minute)); ok {
		t.Error("three passed in a window of two")
	}
	table.Untell(p.Place, 4)
	if p, _ := table.Pass(7, at(2*time.Minute)); p.Suppressed != 6 {
		t.Errorf("told of %d, want the one, the one that was not sent and its 4", p.Suppressed)
	}
	table.Untell(60000, 1) // a number out of a record, which is not to be trusted
}

func TestLast(t *testing.T) {
	table := New(1, time.Minute, 4)
	const first = 1<<40 - 1
	p, _ := table.Pass(7, 0)
	if got := table.Last(7, p); got != 0 {
		t.Errorf("got %d before anything was raised", got)
	}
	table.Raised(7, p, first)
	p, _ = table.Pass(7, 0)
	if got := table.Last(7, p); got != first {
		t.Errorf("got %d, want %d", got, uint64(first))
	}
	for k := uint64(8); k < 11; k++ {
		table.Pass(k, 0)
	}
	for k := uint64(1); k < 1<<40; k = k<<4 | 3 { // shares places with the others
		p, _ := table.Pass(k<<30, 0)
		if got := table.Last(k<<30, p); got != 0 {
			t.Errorf("kind %x got the id of another kind", k<<30)
		}
	}
}

// Many goroutines: what passes and what is told add up, and no kind gets the number of another.
func TestConcurrent(t *testing.T) {
	const goroutines, each, limit = 8, 5000, 50
	table := New(limit, time.Minute, 16)
	var mu sync.Mutex
	passed, refused, told, mixed := map[uint64]int{}, 0, 0, 0
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			ok, no, say, mix := map[uint64]int{}, 0, 0, 0
			for i := range each {
				kind := uint64(i%3) + 1
				p, pass := table.Pass(kind, 0)
				if pass {
					ok[kind]++
					say += int(p.Suppressed)
					table.Raised(kind, p, kind*1000+uint64(g))
					continue
				}
				no++
				if n := table.Last(kind, p); n != 0 && n/1000 != kind {
					mix++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for k, n := range ok {
				passed[k] += n
			}
			refused, told, mixed = refused+no, told+say, mixed+mix
		})
	}
	wg.Wait()
	for k, n := range passed {
		if n != limit {
			t.Errorf("%d events of kind %d passed, want %d", n, k, limit)
		}
	}
	for k := uint64(1); k <= 3; k++ {
		p, _ := table.Pass(k, at(time.Hour))
		told += int(p.Suppressed)
	}
	if told != refused || mixed > 0 || table.Suppressed() != uint64(refused) {
		t.Errorf("%d suppressed, %d told, %d counted, %d numbers of another kind", refused, told, table.Suppressed(), mixed)
	}
}

// A kind that has taken a place and does not count in it yet keeps it, whatever other kinds come meanwhile.
func TestTakenPlace(t *testing.T) {
	table := New(2, time.Minute, ways)
	table.places[0].kind.Store(1 | taken)
	for kind, want := range map[uint64]uint16{2: 1, 1: 0} {
		if p, ok := table.Pass(kind, 0); !ok || p.Place != want {
			t.Errorf("kind %d: passed %v in place %d, want true in %d", kind, ok, p.Place, want)
		}
	}
	for k := uint64(3); k < 5; k++ {
		table.Pass(k, 0)
	}
	if p, _ := table.Pass(8, at(time.Hour)); p.Place == 0 {
		t.Error("another kind took the place of the one that had not begun")
	}
	for i := range table.places[1:] {
		if k := table.places[1+i].kind.Load(); k&taken != 0 {
			t.Errorf("place %d stays taken: %x", 1+i, k)
		}
	}
}

// Kinds that come for the first time at once find a place each, and no event passes in a place that another kind takes.
func TestTakenAtOnce(t *testing.T) {
	const goroutines, limit = 8, 3
	for range 500 {
		table := New(limit, time.Minute, ways)
		var passed [3]atomic.Int32
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for g := range goroutines {
			wg.Go(func() {
				<-begin
				for i := range 3 * limit {
					kind := (g + i) % len(passed)
					if _, ok := table.Pass(uint64(kind)+1, 0); ok {
						passed[kind].Add(1)
					}
				}
			})
		}
		close(begin)
		wg.Wait()
		for kind := range passed {
			if n := passed[kind].Load(); n != limit {
				t.Errorf("%d events of kind %d passed, want %d", n, kind, limit)
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	table := New(3, time.Minute, 16)
	if n := testing.AllocsPerRun(100, func() {
		p, ok := table.Pass(7, 0)
		if ok {
			table.Raised(7, p, 1)
		}
		table.Last(7, p)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkPass(b *testing.B) {
	table := New(1, time.Minute, 256)
	for b.Loop() {
		p, _ := table.Pass(0x1234567890, 0)
		table.Last(0x1234567890, p)
	}
}
