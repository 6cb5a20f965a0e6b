package blackbox

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var testSizes = Sizes{
	FactsRegion: FactsSize, OutboxRegion: 4 << 10, BatchRegion: 1000, ScopeRegion: SnapshotSize(500), NamesRegion: 200, TallyRegion: 128,
	HistoryRegion: 4 << 10, RingRegion: MinRing, ReplayRegion: 1 << 10,
}

func testFacts() Facts {
	f := Facts{Start: 1 << 60, PID: 77, Run: [16]byte{1}, Trace: [16]byte{2}, Boot: [16]byte{3}, Span: [8]byte{4}}
	for i := range f.Texts {
		f.Texts[i] = strings.Repeat(string(rune('a'+i)), 10+i)
	}
	return f
}

// written returns a block in which every region that has a reader here holds something.
func written() *Block {
	b := NewBlock(Words(testSizes.Total()), testSizes, ringKey)
	names := b.Names()
	for _, n := range []string{"default", "net", "net.http"} {
		names.Add(n)
	}
	snaps := b.Snapshots()
	snaps.Put(10, []byte("an older state"), nil)
	snaps.Put(20, []byte("a "), []byte("newer state"))
	batch := b.Batch()
	for i := range 4 {
		addItem(batch, uint64(10+10*i), fmt.Sprint("text ", i), fmt.Sprint("{", i, "}"))
	}
	f := testFacts()
	b.Publish(&f)
	return b
}

func addItem(t *Batch, upto uint64, text, attributes string) bool {
	room := t.Room()
	b := append(append(room, text...), attributes...)
	if len(b) > cap(room) {
		return false
	}
	t.Add(&Item{Upto: upto, Us: int64(upto) * 1000, Level: -4, Sequence: 3}, b, len(text))
	return true
}

// said is all that the readers say of a block.
type said struct {
	facts  Facts
	names  []string
	state  string
	upto   uint64
	items  []string
	opened bool
}

// read reads a block with sizes and key of its own, if it has any, and else with the right ones, so that a damaged head does not hide
// the regions.
func read(mem []byte) (s said) {
	b, f, err := Open(mem)
	if s.opened = err == nil; s.opened {
		s.facts = f
	} else if len(mem) == testSizes.Total() {
		b = NewBlock(mem, testSizes, ringKey)
	} else {
		return s
	}
	s.names = b.Names().List()
	_, state, upto := b.OpenSnapshots()
	s.state, s.upto = string(state), upto
	_, live, last := b.OpenBatch(0)
	for _, it := range live {
		s.items = append(s.items, fmt.Sprint(it.Upto, " ", it.Us, " ", it.Level, " ", it.Sequence, " ", string(it.Text), " ", string(it.Attributes)))
	}
	if len(live) > 0 && last.Upto != live[len(live)-1].Upto {
		s.items = append(s.items, "another last one")
	}
	return s
}

// believable fails where a damaged block says what never was: it may say less.
func believable(t *testing.T, what string, got, want said) {
	t.Helper()
	if got.opened && !reflect.DeepEqual(got.facts, want.facts) {
		t.Errorf("%s: facts %+v", what, got.facts)
	}
	if !prefix(got.names, want.names) || !prefix(got.items, want.items) {
		t.Errorf("%s: names %q, items %q", what, got.names, got.items)
	}
	if old := got.upto == 10 && got.state == "an older state"; !old && (got.state != want.state || got.upto != want.upto) && got.upto != 0 {
		t.Errorf("%s: the state up to %d is %q", what, got.upto, got.state)
	}
}

func prefix(part, all []string) bool {
	return len(part) <= len(all) && slices.Equal(part, all[:len(part)])
}

func cloned(mem []byte) []byte {
	c := Words(len(mem))
	copy(c, mem)
	return c
}

func TestBlockSaysWhatWasWritten(t *testing.T) {
	b := written()
	want := said{
		facts: testFacts(), names: []string{"default", "net", "net.http"}, state: "a newer state", upto: 20, opened: true,
		items: []string{"10 10000 -4 3 text 0 {0}", "20 20000 -4 3 text 1 {1}", "30 30000 -4 3 text 2 {2}", "40 40000 -4 3 text 3 {3}"},
	}
	if got := read(cloned(b.Bytes())); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := read(append(cloned(b.Bytes()), "a crash text lies behind the block"...)); !reflect.DeepEqual(got, want) {
		t.Errorf("with a text behind it: got  %+v", got)
	}
	// Regions do not overlap, and begin where a processor likes it.
	at := headSize
	for r := range Region(Regions) {
		mem := b.At(r)
		if off := b.sizes.offset(r); off < at || off%unit != 0 || len(mem) != testSizes[r] || &mem[0] != &b.mem[off] {
			t.Errorf("region %d begins at %d and has %d bytes", r, off, len(mem))
		}
		at = b.sizes.offset(r) + len(mem)
	}
	if size := reflect.TypeFor[Live]().Size(); liveOffset+size > headSize || size%unit != 0 {
		t.Errorf("Live takes %d bytes, want whole cache lines and at most %d", size, headSize-liveOffset)
	}
}

// Each byte changed, in each of two ways, and each length: no reader says what never was, and each one but of words notices.
func TestBlockRefusesDamage(t *testing.T) {
	b := written()
	want := read(b.Bytes())
	unnoticed := map[Region]int{}
	for i := range b.mem[:b.sizes.offset(TallyRegion)] {
		for _, flip := range []byte{1, 0x80} {
			mem := cloned(b.mem)
			mem[i] ^= flip
			got := read(mem)
			believable(t, fmt.Sprintf("byte %d ^ %#x", i, flip), got, want)
			if reflect.DeepEqual(got, want) {
				r := Region(-1)
				for r+1 < Regions && i >= b.sizes.offset(r+1) {
					r++
				}
				unnoticed[r]++
			}
		}
	}
	// The words and a hole of 4 bytes; texts, items, states and names leave room behind them, and the older state is not read.
	for r, most := range map[Region]int{
		-1: 2 * (headSize - liveOffset + 4), FactsRegion: 2 * (FactsSize - 105), BatchRegion: 2 * (1000 + 24 - 4*(itemHeader+9)),
		ScopeRegion: 2 * (SnapshotSize(500) - snapshotHeader - 13 + 8), NamesRegion: 2 * (200 + 56 - 3*4 - 18),
	} {
		if unnoticed[r] > most {
			t.Errorf("region %d: %d changes were not noticed, want at most %d", r, unnoticed[r], most)
		}
	}
	for n := 0; n < len(b.mem); n += 1 + n/headSize*50 {
		believable(t, fmt.Sprint(n, " bytes"), read(cloned(b.mem[:n])), want)
	}
}

// A batch that begins anew says nothing of what lay there, and goes on behind what is to be sent.
func TestBatchAgain(t *testing.T) {
	b := written()
	batch := b.Batch()
	batch.Reset()
	if !addItem(batch, 50, "text 9", "{9}") { // as long as the first one was: the second one lies behind it
		t.Fatal("no room")
	}
	again, live, last := b.OpenBatch(40)
	if len(live) != 1 || string(live[0].Text) != "text 9" || last.Upto != 50 {
		t.Fatalf("found %+v, want the new one alone", live)
	}
	for n := uint64(60); addItem(again, n, "more", strings.Repeat("x", 90)); n += 10 {
	}
	if _, live, _ = b.OpenBatch(40); len(live) != 8 || string(live[0].Text) != "text 9" {
		t.Errorf("found %d items, want 8, the first one still new", len(live))
	}
	if again, live, last = b.OpenBatch(120); len(live) != 0 || last.Upto != 120 || len(again.Room()) != 0 || cap(again.Room()) < 900 {
		t.Errorf("all sent: found %d items, the last up to %d, room for %d; want none, 120, all", len(live), last.Upto, cap(again.Room()))
	}
}

// A state that is being written while the run dies leaves the one before, also where those who went on with it die again.
func TestSnapshotsTurns(t *testing.T) {
	b := NewBlock(Words(testSizes.Total()), testSizes, ringKey)
	for turn := range 20 {
		s, state, upto := b.OpenSnapshots()
		if want := fmt.Sprint("state ", turn-1); turn > 0 && (string(state) != want || upto != uint64(turn-1)) {
			t.Fatalf("turn %d: %q up to %d, want %q", turn, state, upto, want)
		}
		before := cloned(b.mem)
		s.Put(uint64(turn), fmt.Append(nil, "state ", turn), nil)
		torn := cloned(b.mem) // half of what changed
		changed := 0
		for i := range torn {
			if torn[i] != before[i] {
				if changed++; changed%2 == 0 {
					torn[i] = before[i]
				}
			}
		}
		tb := NewBlock(torn, testSizes, ringKey)
		if _, state, _ := tb.OpenSnapshots(); turn > 0 && string(state) != fmt.Sprint("state ", turn-1) {
			t.Errorf("turn %d, torn: %q", turn, state)
		}
	}
	if s := b.Snapshots(); s.Put(1, make([]byte, 600), nil) || len(s.mem) == 0 {
		t.Error("a state that is too long was taken")
	}
}

// Names that have no room end the list: a number never stands for another name.
func TestNamesWithoutRoom(t *testing.T) {
	b := NewBlock(Words(testSizes.Total()), testSizes, ringKey)
	names := b.Names()
	var want []string
	for i := range 30 {
		name := fmt.Sprint("channel.", i)
		names.Add(name)
		want = append(want, name)
	}
	if got := b.Names().List(); len(got) < 10 || len(got) == 30 || !prefix(got, want) {
		t.Errorf("got %q", got)
	}
	names = (&Block{mem: b.mem, sizes: Sizes{RingRegion: MinRing}}).Names()
	if names.Add("x"); names.List() != nil {
		t.Error("a block without names has some")
	}
}

func FuzzBlock(f *testing.F) {
	b := written()
	f.Add(b.mem, uint64(ringKey))
	f.Add(b.mem[:headSize], uint64(0))
	small := NewBlock(Words(1<<15), Sizes{RingRegion: MinRing, NamesRegion: 64}, 0)
	small.Publish(new(Facts))
	f.Add(bytes.Clone(small.mem), uint64(0))
	f.Fuzz(func(t *testing.T, mem []byte, key uint64) {
		mem = cloned(mem)
		b, _, err := Open(mem)
		if err != nil { // the regions for themselves
			third := len(mem) / 3
			sizes := Sizes{BatchRegion: third, ScopeRegion: third, NamesRegion: third}
			b = NewBlock(Words(sizes.Total()), sizes, key)
			copy(b.mem[headSize:], mem)
		}
		for _, n := range b.Names().List() {
			if len(n) > maxName {
				t.Error("a long name")
			}
		}
		s, state, _ := b.OpenSnapshots()
		s.Put(1, nil, state)
		batch, live, _ := b.OpenBatch(0)
		for _, it := range live {
			if len(it.Text)+len(it.Attributes) > len(mem) {
				t.Error("an item longer than the block")
			}
		}
		addItem(batch, 1<<50, "text", "{}")
		if mem := b.At(OutboxRegion); mem != nil {
			b.OpenOutbox()
		}
		if mem := b.At(HistoryRegion); len(mem) >= 1<<10 {
			h := b.OpenHistory(func(body []byte) bool { return len(body) > 0 })
			for i := range 2 * MaxHistory {
				h.Add(uint64(i)+1<<40, make([]byte, i), uint16(i), int64(i), 0, 1)
			}
		}
		Scan(b.At(RingRegion), b.Key())
	})
}

// What goes on with a history has the entries that were not forgotten, and forgets the same ones next.
func TestOpenHistory(t *testing.T) {
	for _, size := range []int{2 << 10, 64 << 10} {
		b := NewBlock(Words(headSize+size), Sizes{HistoryRegion: size}, ringKey)
		h := b.History()
		for i := range 1000 {
			h.Add(uint64(i), append(fmt.Append(nil, i, " "), make([]byte, i%97)...), uint16(i*i%5), int64(i), uint32(i%2), uint32(i))
			if i%7 != 0 && i < 990 {
				continue
			}
			mem := cloned(b.mem)
			again := NewBlock(mem, Sizes{HistoryRegion: size}, ringKey).OpenHistory(func([]byte) bool { return true })
			for j := range 3 {
				if !reflect.DeepEqual(entries(again), entries(h)) || again.Len() == 0 {
					t.Fatalf("%d bytes, after %d and %d more: %v, want %v", size, i, j, entries(again), entries(h))
				}
				if j < 2 && i == 999 {
					again.Add(2000, []byte("more"), 1, 1, 0, 1)
					h.Add(2000, []byte("more"), 1, 1, 0, 1)
				}
			}
		}
	}
}

// entries is all that a history says.
func entries(h *HistoryBuffer) (out []string) {
	for i := range h.Len() {
		e := h.At(i)
		out = append(out, fmt.Sprint(e.Pos, e.Count, e.Kind, e.Last, e.share, string(e.Body)))
	}
	return out
}

// Memory that ends with the program is for nobody else: what lies there has no checksum, and is found by nobody.
func TestHeapHasNoChecksums(t *testing.T) {
	sizes := Sizes{RingRegion: MinRing}
	for _, tt := range []struct {
		name string
		b    *Block
		want int
	}{{"of a file", NewBlock(Words(sizes.Total()), sizes, ringKey), 1}, {"on the heap", NewHeap(sizes, ringKey), 0}} {
		r := tt.b.Ring()
		var s Slot
		if !r.ReserveIn(&s, Event, 5) {
			t.Fatal("no room")
		}
		copy(s.Body, "hello")
		r.Commit(&s)
		if rec, ok := NewReader(r).Next(); !ok || string(rec.Body) != "hello" {
			t.Errorf("%s: read %q, %v", tt.name, rec.Body, ok)
		}
		if got := len(Scan(tt.b.At(RingRegion), ringKey)); got != tt.want {
			t.Errorf("%s: found %d records, want %d", tt.name, got, tt.want)
		}
	}
}
