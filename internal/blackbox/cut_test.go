package blackbox

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// waiting is a block whose outbox holds entries with gaps between them, crashes at its end, and what each has as its body.
func waiting(t *testing.T, seed uint64) (*Block, *Outbox, map[uint64]string) {
	t.Helper()
	s := Sizes{FactsRegion: 512, OutboxRegion: 64 << 10, BatchRegion: 4096, TallyRegion: 64, HistoryRegion: 1024, RingRegion: MinRing}
	b := NewBlock(Words(s.Total()), s, 7)
	b.Publish(&Facts{Start: 5, Texts: [FactTexts]string{Release: "game@1"}})
	rnd := rand.New(rand.NewPCG(seed, 1))
	b.Watch(func() {})
	o := b.Outbox()
	bodies := make(map[uint64]string)
	for i := range 40 {
		k := Event
		if i%7 == 3 {
			k = Fatal
		}
		body := bytes.Repeat([]byte{byte(i + 1)}, 100+rnd.IntN(2500))
		if o.Put(Meta{ID: [16]byte{byte(i)}, Kind: k, Count: 1, Upto: uint64(i), Open: i == 5}, body) {
			bodies[o.Last()] = string(body)
		}
	}
	for _, seq := range slices.Sorted(maps.Keys(bodies)) { // the same for a seed
		if rnd.IntN(2) == 0 {
			o.Done(seq)
			delete(bodies, seq)
		}
	}
	o.Tell([16]byte{5}, 77)
	return b, o, bodies
}

// holds checks that exactly these entries are found, and that they can be done with for good.
func holds(t *testing.T, what string, mem []byte, want map[uint64]string) {
	t.Helper()
	b, f, err := Open(mem)
	if err != nil || f.Texts[Release] != "game@1" {
		t.Fatalf("%s: %v, %+v", what, err, f)
	}
	o, found := b.OpenOutbox()
	n, _, _ := o.Usage()
	got := make(map[uint64]string)
	for _, e := range found.Entries {
		got[e.Seq] = string(e.Body)
	}
	if n != len(want) || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%s: %d entries, want %d", what, n, len(want))
	}
	for seq := range want {
		o.Done(seq)
	}
	b, _, _ = Open(mem)
	if o, _ := b.OpenOutbox(); func() bool { n, _, _ := o.Usage(); return n != 0 }() {
		t.Fatalf("%s: what is done came back", what)
	}
}

// A death at any store of Cut loses nothing and doubles nothing, whether what lies behind is there any more or not.
func TestCutAtAnyStore(t *testing.T) {
	for seed := range uint64(4) {
		b, o, want := waiting(t, seed)
		stores := 0
		probe := func() {
			stores++
			mem := Words(len(b.mem))
			copy(mem, b.mem)
			holds(t, fmt.Sprintf("seed %d, store %d", seed, stores), mem, want)
		}
		b.watch, o.probe = probe, probe
		n := b.Cut(o)
		b.watch, o.probe = nil, nil
		if total := b.sizes.Total(); n >= total || n%8 != 0 {
			t.Errorf("cut to %d of %d bytes", n, total)
		}
		bytes := 0
		for _, body := range want {
			bytes += int(room(len(body)))
		}
		if most := b.sizes.offset(OutboxRegion) + bytes + 100; n > most {
			t.Errorf("seed %d: cut to %d bytes, want %d at most", seed, n, most)
		}
		mem := Words((n + 7) / 8 * 8)
		copy(mem, b.mem[:n])
		holds(t, "cut", mem[:n], want)
		for seq := range want { // who has cut it goes on
			o.Done(seq)
		}
		if stores < 10 {
			t.Errorf("seed %d: %d stores", seed, stores)
		}
	}
}

// A body that ends within the word of an entry that is done does not bring that back, whatever it ends with.
func TestDoneStaysDone(t *testing.T) {
	for last := range 256 {
		for n := 1; n < 8; n++ {
			s := Sizes{FactsRegion: 512, OutboxRegion: 16 << 10, RingRegion: MinRing}
			b := NewBlock(Words(s.Total()), s, 7)
			b.Publish(&Facts{Texts: [FactTexts]string{Release: "game@1"}})
			o := b.Outbox()
			o.Put(Meta{Kind: Event}, make([]byte, 1000))
			at := int(o.entries[0].at + o.entries[0].room())
			o.Put(Meta{Kind: Event}, make([]byte, 1000))
			o.Done(1)
			o.Done(2)
			body := bytes.Repeat([]byte{byte(last)}, at+n-entryHeader)
			o.Put(Meta{Kind: Event}, body)
			holds(t, fmt.Sprintf("%d bytes %#x", n, last), b.mem, map[uint64]string{3: string(body)})
		}
	}
}

// What is on its way stays where it is.
func TestCutLeavesWhatIsOnItsWay(t *testing.T) {
	b, o, want := waiting(t, 3)
	e, ok := o.Next(0, nil)
	if !ok {
		t.Fatal("nothing waits")
	}
	o.Lend(e.Seq, true)
	n := b.Cut(o)
	if string(e.Body) != want[e.Seq] || n < b.sizes.offset(OutboxRegion)+int(e.at)+len(e.Body) {
		t.Errorf("the entry at %d was moved, or cut off at %d", e.at, n)
	}
}

// Nothing is believed of where a block was cut that cannot be.
func TestCutThatCannotBe(t *testing.T) {
	for _, cut := range []uint64{1, 8, 600, 1084, 1 << 20, 1<<63 + 2048, 1<<32 + 2048} {
		b, _, _ := waiting(t, 1)
		b.Live.Cut.Store(cut)
		if b, _, err := Open(b.mem); err == nil && (len(b.mem) != int(cut) || cut < uint64(b.sizes.offset(OutboxRegion))) {
			t.Errorf("opened with %d bytes, cut at %d", len(b.mem), cut)
		}
	}
}
