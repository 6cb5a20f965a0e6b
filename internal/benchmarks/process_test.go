package benchmarks

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestStalledServer(t *testing.T) {
	const captures = 100_000
	s, err := Stall("krunk", captures)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
	if s.Growth > 1<<20 {
		t.Errorf("heap growth: got %d bytes, want at most Config.Memory, %d", s.Growth, 1<<20)
	}
	if s.Delivered != s.Taken {
		t.Errorf("delivered in the end: got %d, want the %d captures that returned an id", s.Delivered, s.Taken)
	}
	if got := s.Delivered + s.Dropped; got != captures || s.Taken == 0 {
		t.Errorf("delivered and counted as dropped: got %d + %d = %d, want %d", s.Delivered, s.Dropped, got, captures)
	}
}

// Deliver itself fails when an event is missing or is not of the shape that the others have.
func TestDeliver(t *testing.T) {
	for _, who := range Candidates() {
		d, err := Deliver(who, 200, 8, false)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %+v", who, d)
		if _, err := Deliver(who, 20, 1, true); err != nil {
			t.Errorf("over TLS: %v", err)
		}
		if d.CPU <= 0 || d.Mallocs == 0 || d.Seen.Bytes == 0 {
			t.Errorf("%s: got %+v, want a cost", who, d)
		}
		most := map[string]uint64{"krunk": 75, "krunk+http1": 3, "krunk+deflate": 75, "sentry-go": 1000}[who]
		if per := d.Mallocs / 200; per > most {
			t.Errorf("%s: got %d allocations an event, want at most %d", who, per, most)
		}
	}
}

func TestEncode(t *testing.T) {
	for _, crumbs := range []int{0, 100} {
		for _, pack := range []bool{false, true} {
			if d, err := Encode(crumbs, 100, pack); err != nil || d.CPU <= 0 {
				t.Errorf("%d breadcrumbs, compressed %v: got %+v, %v, want a cost", crumbs, pack, d, err)
			}
		}
	}
}

func TestIdle(t *testing.T) {
	if testing.Short() {
		t.Skip("counts for three seconds")
	}
	krunk, err := Sleep("krunk", 3*time.Second)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if krunk.Switches != 0 {
		t.Errorf("voluntary context switches in 3 s: got %d, want 0", krunk.Switches)
	}
}

func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs for arm")
	}
	dir := t.TempDir()
	sizes, err := Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	// Whatever descriptor a client reaches is in every program: one of a controller's would bring them all.
	for name, want := range map[string]bool{"lean": false, "sampling": true} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"krunk/internal/plan", "sampling.Controller"} {
			if got := bytes.Contains(b, []byte(part)); got != want {
				t.Errorf("%s in the program %s: got %v, want %v", part, name, got, want)
			}
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "lean"))
	if err != nil {
		t.Fatal(err)
	}
	hello, err := os.ReadFile(filepath.Join(dir, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	shared := []byte("sync/atomic.(*Pointer[")
	if got, want := bytes.Count(b, shared), bytes.Count(hello, shared); got > want {
		t.Errorf("the lean program has %d names of atomic.Pointer, want %d: each type costs 1 KiB, with its whole form in the names; use atomic.LoadPointer", got, want)
	}
	if !Links(b, "github.com/krunk-go/krunk/krunk.Start") {
		t.Error("the names of functions are not where they were: nothing is checked")
	}
	for _, p := range Parts() {
		if !Links(b, p.Symbol) {
			continue
		}
		edges, err := Edges(p.Symbol)
		t.Errorf("the lean program links %s: %s\n\t%s %v", p.Symbol, p.Why, edges, err)
	}
	for name, s := range sizes {
		t.Logf("%-16s %6d KiB, loaded %6d, over hello %6d", name, s.File, s.Loaded, s.Loaded-sizes["hello"].Loaded)
	}
	budgets, err := Budgets()
	if err != nil || len(budgets) == 0 {
		t.Fatalf("Budgets: got %v, %v", budgets, err)
	}
	for _, b := range budgets {
		if sizes[b.Name].File == 0 || sizes[b.Over].File == 0 {
			t.Errorf("size/budget.txt: %s or %s is not built", b.Name, b.Over)
			continue
		}
		if got := b.Of(sizes); got > b.KiB {
			t.Errorf("%s over %s: got %d KiB, want at most %d", b.Name, b.Over, got, b.KiB)
		}
	}
}

// What dead games left without a network arrives whole beside a start, and a run file costs little memory.
func TestAfterlife(t *testing.T) {
	if testing.Short() {
		t.Skip("plays games for 6 and more seconds")
	}
	dir := t.TempDir()
	got, err := Inherit(3, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", got)
	if !got.Delivered || got.Told == 0 || got.Arrived != got.Told || RunFiles(dir) != 0 {
		t.Errorf("got %+v and %d files left, want all %d events", got, RunFiles(dir), got.Told)
	}
	nobody, err := Hold("nobody", dir)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	krunk, err2 := Hold("krunk", t.TempDir())
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v over %+v", krunk, nobody)
	if over := krunk.Anonymous - nobody.Anonymous; over > 2<<10 || krunk.RunFile == 0 {
		t.Errorf("%d KiB of anonymous memory over a program without, want 2 MiB at most; %+v", over, krunk)
	}
	if w, err := Write("beats", t.TempDir(), time.Second); err != nil || w.Bytes <= 0 || w.File <= w.Bytes/2 {
		t.Errorf("a second of beats wrote %+v, %v", w, err)
	}
}
