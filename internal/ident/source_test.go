package ident

import (
	"sync"
	"testing"
)

// checkID wants a random UUID: version 4, variant 10.
func checkID(t *testing.T, id [16]byte) {
	t.Helper()
	if id[6]>>4 != 4 || id[8]>>6 != 2 {
		t.Errorf("id %x has version %d and variant %b, want 4 and 10", id, id[6]>>4, id[8]>>6)
	}
}

func TestVersionBits(t *testing.T) {
	var source Source
	source.Init()
	for _, tt := range []struct {
		name string
		take func() [16]byte
	}{{"new", New}, {"source", func() (id [16]byte) { source.Take(&id); return id }}, {"random", func() (id [16]byte) { random(&id); return id }}} {
		t.Run(tt.name, func(t *testing.T) {
			seen := make(map[[16]byte]bool)
			var ones, zeros [16]byte
			for range 200 {
				id := tt.take()
				checkID(t, id)
				if seen[id] {
					t.Errorf("id %x came twice", id)
				}
				seen[id] = true
				for i, b := range id {
					ones[i] |= b
					zeros[i] |= ^b
				}
			}
			for i := range ones {
				want := byte(0xff)
				switch i {
				case 6:
					want = 0x0f
				case 8:
					want = 0x3f
				}
				if ones[i]&want != want || zeros[i]&want != want {
					t.Errorf("byte %d: bits %08b were never set, %08b never clear", i, want&^ones[i], want&^zeros[i])
				}
			}
		})
	}
}

// 64 goroutines make ids at the same time: none twice, and no half of one twice.
func TestConcurrentTake(t *testing.T) {
	var wg sync.WaitGroup
	var sources [2]Source // of two runs
	for i := range sources {
		sources[i].Init()
	}
	var made [64][200][16]byte
	for g := range made {
		wg.Go(func() {
			for i := range made[g] {
				sources[g%2].Take(&made[g][i])
			}
		})
	}
	wg.Wait()
	halves := make(map[[8]byte]bool)
	for g := range made {
		for _, id := range made[g] {
			checkID(t, id)
			hi, lo := [8]byte(id[:8]), [8]byte(id[8:])
			if halves[hi] || halves[lo] {
				t.Fatalf("id %x or a half of it came twice", id)
			}
			halves[hi], halves[lo] = true, true
		}
	}
}

func TestTakeDoesNotAllocate(t *testing.T) {
	var id [16]byte
	var source Source
	source.Init()
	if n := testing.AllocsPerRun(100, func() { source.Take(&id) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func TestAt(t *testing.T) {
	var source, other Source
	source.Init()
	other.Init()
	var id, again, foreign [16]byte
	for range 3 {
		n := source.Take(&id)
		source.At(&again, n)
		other.At(&foreign, n)
		if again != id || foreign == id {
			t.Errorf("id %d is %x, made again %x, of another run %x", n, id, again, foreign)
		}
	}
}
