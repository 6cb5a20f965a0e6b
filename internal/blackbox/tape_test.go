package blackbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

// at is the byte that a test writes at a position.
func at(pos uint64) byte { return byte(pos % 251) }

// record writes the next n bytes.
func record(t *Tape, n int) {
	p := make([]byte, n)
	for i := range p {
		p[i] = at(t.end + uint64(i))
	}
	t.Write(p)
}

// heard fails where bytes are not what was written at their place.
func heard(t *testing.T, b []byte, from uint64) {
	t.Helper()
	for i := range b {
		if want := at(from + uint64(i)); b[i] != want {
			t.Fatalf("byte %d of %d from %d: got %d, want %d", i, len(b), from, b[i], want)
		}
	}
}

func TestTapeKeepsTheNewest(t *testing.T) {
	for _, size := range []int{64, 100, 512, 4096} {
		tapes := NewTapes(Words(8<<10), ringKey)
		tape := tapes.Add("inputs", size)
		size = rounded(size)
		total := 0
		for _, n := range []int{0, 1, 5, 64, 63, 200, 1000, 4095, 4096, 4097, 5000, 64, 3} {
			record(tape, n)
			total += n
			kept := min(total, size)
			for _, most := range []int{1 << 20, 10, 0, -1} {
				b, from := tape.Newest(most)
				heard(t, b, from)
				if want := min(kept, max(most, 0)); len(b) != want || from != uint64(total-want) {
					t.Errorf("size %d, after %d bytes: %d bytes from %d, want %d", size, total, len(b), from, want)
				}
			}
		}
	}
}

func TestTapesFindRoom(t *testing.T) {
	b := NewBlock(Words(testSizes.Total()), testSizes, ringKey)
	tapes := b.Tapes()
	room := tapes.Room()
	for _, tt := range []struct {
		name string
		size int
		ok   bool
	}{{"inputs", 200, true}, {"a name that is longer than 32 bytes is", 64, false}, {"small", 63, false}, {"large", room, false}, {"negative", -1, false}, {"huge", math.MaxInt, false}, {"ticks", 64, true}} {
		if tape := tapes.Add(tt.name, tt.size); (tape != nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, tape)
		}
	}
	if left := room - TapeRoom(200) - TapeRoom(64); tapes.Room() != left || tapes.Named("ticks") == nil || tapes.Named("large") != nil {
		t.Errorf("%d bytes are left, want %d", tapes.Room(), left)
	}
	record(tapes.Named("inputs"), 300)
	found := b.OpenTapes()
	if len(found) != 2 || found[0].Name != "inputs" || found[1].Name != "ticks" {
		t.Fatalf("found %v", found)
	}
	data, from := found[0].Newest(1 << 20)
	if heard(t, data, from); len(data) != 256 || from != 44 {
		t.Errorf("%d bytes from %d", len(data), from)
	}
	if NewTapes(nil, 1).Add("x", 64) != nil || len((&Block{mem: b.mem, sizes: Sizes{}}).OpenTapes()) != 0 {
		t.Error("a tape without memory")
	}
}

// A death at any store leaves whole bytes, and only those of the write at hand may be missing.
func TestTapeAtAnyStore(t *testing.T) {
	b := NewBlock(Words(testSizes.Total()), testSizes, ringKey)
	stores, least := 0, 0
	b.Watch(func() {
		stores++
		died := NewBlock(cloned(b.mem), testSizes, ringKey)
		for _, tape := range died.OpenTapes() {
			data, from := tape.Newest(1 << 20)
			if heard(t, data, from); len(data) < least {
				t.Errorf("store %d: %d bytes, want at least %d", stores, len(data), least)
			}
		}
	})
	tape := b.Tapes().Add("inputs", 256)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		record(tape, rng.IntN(80))
		least = int(min(tape.end, 256))
	}
	if stores < 500 {
		t.Errorf("only %d stores", stores)
	}
}

// Who reads while another goroutine writes gets whole bytes.
func TestTapeWhileItIsWritten(t *testing.T) {
	tape := NewTapes(Words(64<<10), ringKey).Add("inputs", 4096)
	var all sync.WaitGroup
	stop := make(chan bool)
	all.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
				record(tape, n%97)
				runtime.Gosched() // in a browser nobody else gets a turn otherwise
			}
		}
	})
	for n, some := 0, 0; n < 2000 || some == 0; n++ {
		b, from := tape.Newest(1 << 20)
		heard(t, b, from)
		if some = max(some, len(b)); some == 0 {
			runtime.Gosched()
		}
	}
	close(stop)
	all.Wait()
}

func TestTapesClear(t *testing.T) {
	mem := Words(4 << 10)
	tapes := NewTapes(mem, ringKey)
	tape := tapes.Add("inputs", 256)
	record(tape, 1000)
	tapes.Clear(true)
	tape.Write([]byte("never"))
	if b, _ := tape.Newest(100); len(b) != 0 || bytes.Contains(mem, []byte{at(990), at(991), at(992)}) {
		t.Errorf("left %v", b)
	}
	tapes.Clear(false)
	record(tape, 10)
	tapes.Clear(false) // which it takes already
	if b, from := tape.Newest(100); len(b) != 10 || from != 1000 {
		t.Errorf("%d bytes from %d after it was granted again, want 10 from 1000", len(b), from)
	}
	record(tape, 500)
	b, from := tape.Newest(1 << 20)
	if heard(t, b, from); len(b) != 256 {
		t.Errorf("%d bytes after it was granted again", len(b))
	}
}

// A no in the middle of a long write ends it: nothing of it is left behind, and nothing comes back with a yes.
func TestTapeIsSilencedInTheMiddle(t *testing.T) {
	b := NewBlock(Words(testSizes.Total()), testSizes, ringKey)
	var tapes *Tapes
	stores, at := 0, 0
	b.Watch(func() {
		if stores++; stores == at {
			tapes.Clear(true)
		}
	})
	tapes = b.Tapes()
	tape := tapes.Add("inputs", 256)
	record(tape, 300)
	for _, n := range []int{300, 1000} {
		for at = 1; at <= 4; at++ {
			stores = 0
			tape.Write(bytes.Repeat([]byte{7}, n))
			if left := bytes.Count(tape.mem, []byte{7}); left > tape.spare {
				t.Errorf("a write of %d, silenced at store %d: %d bytes are left", n, at, left)
			}
			if data, _ := tape.Newest(1 << 20); bytes.Contains(data, []byte{7}) {
				t.Errorf("a write of %d, silenced at store %d: what was written is there", n, at)
			}
			tapes.Clear(false)
			if data, _ := tape.Newest(1 << 20); len(data) != 0 {
				t.Errorf("a write of %d, silenced at store %d: %d bytes come back", n, at, len(data))
			}
			stores = 100
			record(tape, 10)
			if data, from := tape.Newest(1 << 20); len(data) != 10 || from != tape.end-10 {
				t.Errorf("%d bytes from %d behind it", len(data), from)
			}
		}
	}
}

// Whatever a block says, nothing is read beyond it.
func FuzzOpenTapes(f *testing.F) {
	b := NewBlock(Words(testSizes.Total()), testSizes, ringKey)
	record(b.Tapes().Add("inputs", 200), 300)
	f.Add(b.At(ReplayRegion), uint16(8), uint64(1<<63))
	f.Add(b.At(ReplayRegion), uint16(16), uint64(3))
	f.Fuzz(func(t *testing.T, region []byte, off uint16, word uint64) {
		mem := Words(testSizes.Total())
		b := NewBlock(mem, testSizes, ringKey)
		copy(b.At(ReplayRegion), region)
		if int(off)+8 <= len(b.At(ReplayRegion)) {
			binary.LittleEndian.PutUint64(b.At(ReplayRegion)[off:], word)
		}
		for _, tape := range b.OpenTapes() {
			if data, _ := tape.Newest(1 << 30); len(data) > testSizes[ReplayRegion] || len(tape.Name) > MaxTapeName {
				t.Fatal(fmt.Sprint(len(data), " bytes"))
			}
		}
	})
}

func TestTapeDoesNotAllocate(t *testing.T) {
	tape := NewTapes(Words(64<<10), ringKey).Add("inputs", 4096)
	p := make([]byte, 64)
	if n := testing.AllocsPerRun(1000, func() { tape.Write(p) }); n != 0 {
		t.Errorf("a write allocates %g times, want 0", n)
	}
}

func BenchmarkTape(b *testing.B) {
	tape := NewTapes(Words(128<<10), ringKey).Add("inputs", 64<<10)
	p := make([]byte, 64)
	for b.Loop() {
		tape.Write(p)
	}
}

func TestOutboxCedes(t *testing.T) {
	o := NewOutbox(Words(16<<10), 7)
	o.Put(Meta{Kind: Fatal}, make([]byte, 100)) // the last place
	if o.Cede(1<<10, 4<<10) != nil {
		t.Error("ceded what an entry lies in")
	}
	o.Done(1)
	o.Put(Meta{Kind: Event}, make([]byte, 100))
	o.Put(Meta{Kind: Fatal}, bytes.Repeat([]byte{7}, 200)) // what nobody wipes with the outbox any more
	o.Done(3)
	for _, tt := range []struct{ n, want, left int }{{1 << 10, 1 << 10, 15 << 10}, {1 << 20, 11 << 10, 4 << 10}, {64, 0, 4 << 10}} {
		if mem := o.Cede(tt.n, 4<<10); len(mem) != tt.want || o.Size() != tt.left {
			t.Errorf("%d bytes, %d left; want %d, %d", len(mem), o.Size(), tt.want, tt.left)
		} else if bytes.Contains(mem, []byte{7}) {
			t.Error("what was there is there")
		}
	}
	for o.Put(Meta{Kind: Fatal}, make([]byte, 500)) {
	}
	if _, n, _ := o.Usage(); n > 4<<10 {
		t.Errorf("%d bytes wait in 4 KiB", n)
	}
}
