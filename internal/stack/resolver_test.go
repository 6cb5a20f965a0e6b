package stack

import (
	"reflect"
	"runtime"
	"testing"
)

// deep calls f below n frames, some of them inlined.
//
//go:noinline
func deep(n int, f func()) {
	if n > 0 {
		step(n, f)
		return
	}
	f()
}

func step(n int, f func()) { deep(n-1, f) }

func callers(depth int) []uintptr {
	buf := make([]uintptr, 256)
	n := 0
	deep(depth, func() { n = runtime.Callers(0, buf) })
	return buf[:n]
}

// TestExpandEqualsRuntime holds the counter-by-counter expansion against runtime.CallersFrames over the whole stack,
// also for lists that leave the counters of inlined calls out and for lists that were cut short.
func TestExpandEqualsRuntime(t *testing.T) {
	full := callers(8)
	var physical []uintptr
	for i, pc := range full {
		if i == 0 || NewResolver(Options{}).lookup(full[i-1]).next != pc {
			physical = append(physical, pc)
		}
	}
	if len(physical) == len(full) {
		t.Fatal("the stack holds no inlined call")
	}
	tests := []struct {
		name string
		pcs  []uintptr
	}{
		{"callers", full}, {"physical", physical}, {"one", full[2:3]}, {"none", nil},
		{"odd tail", full[:5]}, {"even tail", full[:6]}, {"from the middle", full[5:]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewResolver(Options{})
			for range 2 { // cold and warm
				compare(t, r.expand(nil, tt.pcs), tt.pcs)
			}
		})
	}
}

func compare(t *testing.T, got []Frame, pcs []uintptr) {
	t.Helper()
	frames := runtime.CallersFrames(pcs)
	for i := 0; ; i++ {
		want, more := frames.Next()
		if want.PC == 0 {
			break
		}
		if i >= len(got) {
			t.Fatalf("got %d frames, want %q next", len(got), want.Function)
		}
		g := got[i]
		if g.Func != want.Function || g.File != want.File || g.Line != want.Line || g.PC != want.PC {
			t.Errorf("frame %d: got %s %s:%d, want %s %s:%d", i, g.Func, g.File, g.Line, want.Function, want.File, want.Line)
		}
		if !more {
			if i+1 != len(got) {
				t.Errorf("got %d frames, want %d", len(got), i+1)
			}
			break
		}
	}
}

func TestFramesAppendsAndForgets(t *testing.T) {
	r := NewResolver(Options{MainModule: krunkModule})
	pcs := callers(3)
	first := r.Frames([]Frame{{Func: "before"}}, pcs, Call)
	if first[0].Func != "before" || len(first) < 6 {
		t.Fatalf("got %d frames behind %q, want 5 and more behind %q", len(first)-1, first[0].Func, "before")
	}
	clear(pcs)
	if got := first[len(first)-1]; got.Function != "callers.func1" || !got.InApp {
		t.Errorf("call site: got %q in-app %t, want callers.func1 in-app", got.Function, got.InApp)
	}
}

func TestUnknownCounter(t *testing.T) {
	r := NewResolver(Options{})
	got := r.Frames(nil, []uintptr{3, callers(0)[1]}, Call)
	if len(got) != 2 || !reflect.DeepEqual(got[1], Frame{PC: 3}) {
		t.Errorf("got %+v, want a frame of PC 3 alone at the end", got)
	}
	if got := r.Frames(nil, nil, Panic); len(got) != 0 {
		t.Errorf("no counters: got %d frames, want 0", len(got))
	}
}

func TestCacheIsBounded(t *testing.T) {
	r := NewResolver(Options{})
	pcs := callers(4)
	want := r.Frames(nil, pcs, Call)
	for pc := uintptr(2); pc < 3*maxCache; pc++ {
		r.lookup(pc)
		if n := linked(r); len(r.entries) > maxCache || n != len(r.entries) {
			t.Fatalf("got %d entries and %d in lists, want at most %d of both", len(r.entries), n, maxCache)
		}
	}
	got := r.Frames(nil, pcs, Call)
	if len(got) != len(want) {
		t.Fatalf("after overflow: got %d frames, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("after overflow: frame %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

// linked counts the entries that are found by their counters.
func linked(r *Resolver) (n int) {
	for _, i := range r.heads {
		for ; i != 0; i = r.entries[i-1].link {
			n++
		}
	}
	return n
}

// sites returns the stacks of n call sites, each of which has two calls of its own below eight that many share: a game's systems,
// its frame and its loop.
func sites(n int) [][]uintptr {
	pc := uintptr(1 << 20)
	next := func() uintptr { pc += 16; return pc }
	var systems [][]uintptr
	loop := []uintptr{next(), next(), next()}
	for range 20 {
		systems = append(systems, append([]uintptr{next(), next(), next(), next(), next()}, loop...))
	}
	var out [][]uintptr
	for i := range n {
		out = append(out, append([]uintptr{next(), next()}, systems[i%len(systems)]...))
	}
	return out
}

// However many call sites there are, what their stacks share is resolved once: of ten frames two are new.
func TestNoCliffAsSitesGrow(t *testing.T) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		r := NewResolver(Options{})
		var dst []Frame
		all, calls := sites(n), 0
		round := func() {
			for _, pcs := range all {
				dst = r.Frames(dst[:0], pcs, Call)
				calls++
			}
		}
		round()
		round()
		before := r.Resolved()
		calls = 0
		round()
		if perCall := float64(r.Resolved()-before) / float64(calls); perCall > 2.5 { // the clock loses a shared one now and then
			t.Errorf("%d sites: %.1f of 10 frames are resolved again at each event, want hardly more than the two that no other site has", n, perCall)
		}
	}
}

func TestFramesWarmDoesNotAllocate(t *testing.T) {
	r := NewResolver(Options{MainModule: krunkModule})
	pcs := callers(30)
	dst := r.Frames(nil, pcs, Call)
	n := testing.AllocsPerRun(100, func() {
		dst = r.Frames(dst[:0], pcs, Call)
		if Top(dst) == nil {
			t.Error("Top: got nil, want a frame")
		}
	})
	if n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func BenchmarkFrames(b *testing.B) {
	pcs := callers(30)
	for _, bb := range []struct {
		name string
		cold bool
	}{{"warm", false}, {"cold", true}} {
		b.Run(bb.name, func(b *testing.B) {
			r := NewResolver(Options{MainModule: krunkModule})
			var dst []Frame
			b.ReportAllocs()
			for b.Loop() {
				if bb.cold {
					r.cache = cache{size: r.size}
				}
				dst = r.Frames(dst[:0], pcs, Call)
			}
		})
	}
	b.Run("runtime", func(b *testing.B) { // CallersFrames over the stack at once, names not split
		b.ReportAllocs()
		for b.Loop() {
			frames := runtime.CallersFrames(pcs)
			for more := true; more; {
				_, more = frames.Next()
			}
		}
	})
}
