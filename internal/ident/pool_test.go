package ident

import (
	"runtime"
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
	var filled, empty Pool
	filled.Fill()
	for _, tt := range []struct {
		name string
		take func() [16]byte
	}{{"new", New}, {"fast", fast}, {"filled pool", filled.Take}, {"empty pool", empty.Take}} {
		t.Run(tt.name, func(t *testing.T) {
			seen := make(map[[16]byte]bool)
			var ones, zeros [16]byte
			for range 200 { // more than a pool holds
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

func TestFillMakesWhatWasTaken(t *testing.T) {
	var p Pool
	if p.Take(); p.taken.Load() != 0 {
		t.Error("an id made on the spot counts as taken from the stock")
	}
	p.Fill()
	for range size + 5 {
		p.Take()
	}
	if taken, made := p.taken.Load(), p.made.Load(); taken != size || made != size {
		t.Errorf("taken %d, made %d; want %d: the last five made on the spot", taken, made, size)
	}
	p.Take()
	p.Fill()
	if made := p.made.Load(); made != 2*size {
		t.Errorf("made %d, want %d: as many as were taken", made, 2*size)
	}
	first := p.slots[0].hi.Load()
	if p.Fill(); p.slots[0].hi.Load() != first {
		t.Error("Fill of a full stock replaced an id")
	}
}

// check wants no id twice and none that is a mixture of two: halves are as good as unique, so one that comes again shows a
// torn id as well.
func check(t *testing.T, taken [][][16]byte) {
	t.Helper()
	his, los := make(map[[8]byte]bool), make(map[[8]byte]bool)
	for _, list := range taken {
		for _, id := range list {
			checkID(t, id)
			hi, lo := [8]byte(id[:8]), [8]byte(id[8:])
			if his[hi] || los[lo] {
				t.Fatalf("id %x or a half of it came twice", id)
			}
			his[hi], los[lo] = true, true
		}
	}
}

// takeAll lets 64 goroutines take so many ids each, round after round, and returns what every one got. They start
// a round together, so that they meet at the same slot.
func takeAll(p *Pool, rounds, each int, before func()) [][][16]byte {
	taken := make([][][16]byte, 64)
	for range rounds {
		before()
		var ready, wg sync.WaitGroup
		start := make(chan struct{})
		for g := range taken {
			ready.Add(1)
			wg.Go(func() {
				ready.Done()
				<-start
				for range each {
					taken[g] = append(taken[g], p.Take())
				}
			})
		}
		ready.Wait()
		close(start)
		wg.Wait()
	}
	return taken
}

// 64 goroutines take from a full stock, over and over: every id is given out once.
func TestConcurrentTakeFromAFullStock(t *testing.T) {
	const rounds = 3000                             // so many that two meet at an id even where one processor is all that they get
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8)) // threads that the system deschedules in between
	var p Pool
	check(t, takeAll(&p, rounds, 3, p.Fill)) // the third of them from an empty stock
	if p.taken.Load() < rounds*size {
		t.Errorf("%d ids came out of the stock, want at least %d", p.taken.Load(), rounds*size)
	}
}

// The same while Fill writes to the slots that are being read.
func TestConcurrentTakeAndFill(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	var p Pool
	done, filled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(filled)
		for {
			p.Fill()
			select {
			case <-done:
				return
			default:
				runtime.Gosched() // where there is one thread, nobody else gets it otherwise
			}
		}
	}()
	taken := takeAll(&p, 20, 100, func() {})
	close(done)
	<-filled
	check(t, taken)
	if p.taken.Load() == 0 {
		t.Error("no id came out of the stock")
	}
}

func TestTakeDoesNotAllocate(t *testing.T) {
	var p Pool
	p.Fill()
	if n := testing.AllocsPerRun(3*size, func() { p.Take() }); n != 0 { // the last of them from an empty stock
		t.Errorf("%v allocations, want 0", n)
	}
}
