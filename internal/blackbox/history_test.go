package blackbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

func (h *HistoryBuffer) texts() (out []string) {
	for i := range h.Len() {
		out = append(out, string(h.At(i).Body))
	}
	return out
}

func TestHistoryBuffer(t *testing.T) {
	kept := NewHistoryBuffer(Words(64<<10), 17)
	for i := range 250 {
		kept.Add(uint64(i), fmt.Appendf(nil, "crumb %d", i), 0, int64(i), 0, 1)
	}
	if kept.Len() != MaxHistory {
		t.Fatalf("kept %d, want %d", kept.Len(), MaxHistory)
	}
	for i, got := range kept.texts() {
		if want := fmt.Sprintf("crumb %d", 150+i); got != want {
			t.Fatalf("entry %d is %q, want %q", i, got, want)
		}
	}
}

// Whatever comes, the entries are whole, in order, and inside of the memory.
func TestHistoryBufferOfAnySizes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{1 << 10, 8 << 10, 64 << 10} {
		h := NewHistoryBuffer(Words(size), 17)
		most := size/4 - historyHeader
		for i := range 5000 {
			b := bytes.Repeat([]byte{byte(i)}, 4+rnd.IntN(size/3))
			if rnd.IntN(2) == 0 {
				b = b[:min(len(b), 4+rnd.IntN(20))]
			}
			binary.LittleEndian.PutUint32(b, uint32(i))
			h.Add(uint64(i), b, uint16(rnd.IntN(3)), int64(i), 0, 1)
			before := -1
			for j := range h.Len() {
				e := h.At(j).Body
				n := int(binary.LittleEndian.Uint32(e))
				if n <= before || n > i || len(e) > most || len(e) > 4 && (e[4] != byte(n) || e[len(e)-1] != byte(n)) {
					t.Fatalf("%d bytes: after %d entry %d is that of %d", size, i, j, n)
				}
				before = n
			}
			if before != i {
				t.Fatalf("%d bytes: the newest entry is %d, want %d", size, before, i)
			}
		}
	}
}

// What equals the newest entry in its first bytes is that entry once more.
func TestEqualNeighbours(t *testing.T) {
	h := NewHistoryBuffer(Words(64<<10), 17)
	say := func(what string, i int) {
		if !h.Repeated([]byte(what), int64(i)) {
			h.Add(uint64(i), fmt.Appendf(nil, "%s %03d", what, i), 0, int64(i), 0, 1)
		}
	}
	for i := range 120 {
		say("slow frame", i)
	}
	say("other", 120)
	say("slow frame", 121)
	h.Add(122, []byte("kind"), 0, 122, 5, 1)
	if h.Repeated([]byte("kind"), 123) {
		t.Error("an entry with a kind is not repeated by its body")
	}
	if got := fmt.Sprint(h.texts()); got != "[slow frame 000 other 120 slow frame 121 kind]" {
		t.Fatalf("kept %s", got)
	}
	if e := h.At(0); e.Count != 120 || e.Last != 119 || e.Pos != 0 {
		t.Errorf("the first entry, of %d: %d times, the last at %d; want 120 and 119", e.Pos, e.Count, e.Last)
	}
	if e := h.At(2); e.Count != 1 || e.Pos != 121 {
		t.Errorf("the third entry, of %d: %d times", e.Pos, e.Count)
	}
}

// A channel that says much pushes nothing of the others out.
func TestNoChannelPushesOthersOut(t *testing.T) {
	for _, long := range []int{10, 3000} {
		h := NewHistoryBuffer(Words(64<<10), 17)
		for i := range 7 {
			h.Add(0, fmt.Appendf(nil, "what led to it %d", i), 2, 0, 0, 1)
		}
		for i := range 5000 {
			h.Add(0, append(fmt.Appendf(nil, "burst %d ", i), make([]byte, long)...), 1, 0, 0, 1)
		}
		got := h.texts()
		for i := range 7 {
			if want := fmt.Sprintf("what led to it %d", i); got[i] != want {
				t.Errorf("%d bytes: entry %d is %.30q, want %q", long, i, got[i], want)
			}
		}
		if long == 10 && len(got) != MaxHistory {
			t.Errorf("kept %d, want %d", len(got), MaxHistory)
		}
	}
}

// What is of one kind is one entry, wherever it stands.
func TestKindsAreCounted(t *testing.T) {
	h := NewHistoryBuffer(Words(64<<10), 17)
	h.Add(0, []byte("before"), 0, 0, 0, 1)
	say := func(what string, i int, kind, n uint32) {
		if !h.RepeatedKind(kind, n, int64(i)) {
			h.Add(0, []byte(what), 0, int64(i), kind, n)
		}
	}
	for i := range 90 {
		say("boom", i, 7, 1)
		say("bang", i, 8, 2)
		h.Add(0, fmt.Appendf(nil, "line %d", i%3), 0, 0, 0, 1)
	}
	if n := h.Len(); n != 93 {
		t.Errorf("kept %d entries, want 93", n)
	}
	for i := range h.Len() {
		if e := h.At(i); string(e.Body) == "boom" && e.Count != 90 || string(e.Body) == "bang" && e.Count != 180 {
			t.Errorf("%s: %d times", e.Body, e.Count)
		}
	}
}

// crowded returns the memory of a history that was written over many times, and what it keeps.
func crowded(size int) (mem []byte, kept []HistoryEntry) {
	mem = Words(size)
	h := NewHistoryBuffer(mem, 17)
	for i := range 500 {
		h.Add(uint64(1000+10*i), bytes.Repeat([]byte{byte(i)}, 9+i%40), uint16(i%3), int64(i), uint32(i%2), 1)
	}
	for i := range h.Len() {
		kept = append(kept, h.At(i))
	}
	return mem, kept
}

// All that is kept is found in the block, in the order of the ring; what was forgotten may be there too.
func TestScanHistory(t *testing.T) {
	mem, kept := crowded(8 << 10)
	found := ScanHistory(mem, 17)
	if len(found) < len(kept) || len(found) == 0 {
		t.Fatalf("found %d entries, want the %d that are kept", len(found), len(kept))
	}
	i := 0
	for j, e := range found {
		if j > 0 && found[j-1].Pos >= e.Pos {
			t.Fatalf("entry %d is of %d, behind one of %d", j, e.Pos, found[j-1].Pos)
		}
		if want := byte((e.Pos - 1000) / 10); e.Body[0] != want || e.Body[len(e.Body)-1] != want {
			t.Errorf("the entry of %d holds another one's body", e.Pos)
		}
		if i < len(kept) && kept[i].Pos == e.Pos {
			i++
		}
	}
	if i != len(kept) {
		t.Errorf("found %d of the %d that are kept", i, len(kept))
	}
	if n := len(ScanHistory(mem, 18)); n != 0 {
		t.Errorf("found %d entries with another key", n)
	}
}

// A byte that is another one, or missing, costs the entry that it is in and no other.
func TestScanHistoryOfTornMemory(t *testing.T) {
	mem, _ := crowded(2 << 10)
	whole := map[uint64]string{}
	for _, e := range ScanHistory(mem, 17) {
		whole[e.Pos] = string(e.Body)
	}
	check := func(what string, mem []byte) {
		found := ScanHistory(mem, 17)
		for _, e := range found {
			if body, ok := whole[e.Pos]; !ok || body != string(e.Body) {
				t.Fatalf("%s: the entry of %d holds %q, want %q", what, e.Pos, e.Body, body)
			}
		}
		if len(found) < len(whole)-1 && len(mem) == 2<<10 {
			t.Fatalf("%s: found %d entries of %d", what, len(found), len(whole))
		}
	}
	for i := range mem {
		torn := Words(len(mem))
		copy(torn, mem)
		torn[i] ^= 1 << (i % 8)
		check(fmt.Sprint("byte ", i), torn)
	}
	for n := 0; n < len(mem); n += 8 {
		cut := Words(n)
		copy(cut, mem)
		check(fmt.Sprint("cut at ", n), cut)
	}
}

func FuzzScanHistory(f *testing.F) {
	mem, _ := crowded(1 << 10)
	f.Add(mem)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		mem := Words(len(b))
		copy(mem, b)
		for _, e := range ScanHistory(mem, 17) {
			if len(e.Body) > len(b) {
				t.Errorf("an entry of %d bytes in %d", len(e.Body), len(b))
			}
		}
	})
}

func BenchmarkHistoryBuffer(b *testing.B) {
	h := NewHistoryBuffer(Words(64<<10), 17)
	body := make([]byte, 100)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		binary.LittleEndian.PutUint64(body, uint64(i))
		h.Add(uint64(i), body, uint16(i&1), int64(i), 0, 1)
	}
}
