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
	kept := NewHistoryBuffer(Words(64 << 10))
	for i := range 250 {
		kept.Add(fmt.Appendf(nil, "crumb %d", i), 0, int64(i), 0)
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
		h := NewHistoryBuffer(Words(size))
		most := size/4 - historyHeader
		for i := range 5000 {
			b := bytes.Repeat([]byte{byte(i)}, 4+rnd.IntN(size/3))
			if rnd.IntN(2) == 0 {
				b = b[:min(len(b), 4+rnd.IntN(20))]
			}
			binary.LittleEndian.PutUint32(b, uint32(i))
			h.Add(b, uint16(rnd.IntN(3)), int64(i), 0)
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

// Equal neighbours are one with a count; the first bytes, which say when, do not count.
func TestEqualNeighbours(t *testing.T) {
	h := NewHistoryBuffer(Words(64 << 10))
	for i := range 120 {
		h.Add(fmt.Appendf(nil, "%03d slow frame", i), 0, int64(i), 3)
	}
	h.Add([]byte("120 other"), 0, 120, 3)
	h.Add([]byte("121 slow frame"), 0, 121, 3)
	if got := fmt.Sprint(h.texts()); got != "[000 slow frame 120 other 121 slow frame]" {
		t.Fatalf("kept %s", got)
	}
	if e := h.At(0); e.Count != 120 || e.Last != 119 {
		t.Errorf("the first entry: %d times, the last at %d; want 120 and 119", e.Count, e.Last)
	}
	if e := h.At(2); e.Count != 1 {
		t.Errorf("the last entry: %d times", e.Count)
	}
}

// A channel that says much pushes nothing of the others out.
func TestNoChannelPushesOthersOut(t *testing.T) {
	for _, long := range []int{10, 3000} {
		h := NewHistoryBuffer(Words(64 << 10))
		for i := range 7 {
			h.Add(fmt.Appendf(nil, "what led to it %d", i), 2, 0, 0)
		}
		for i := range 5000 {
			h.Add(append(fmt.Appendf(nil, "burst %d ", i), make([]byte, long)...), 1, 0, 0)
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
	h := NewHistoryBuffer(Words(64 << 10))
	h.Add([]byte("before"), 0, 0, 0)
	for i := range 90 {
		h.AddKind([]byte("boom"), 0, int64(i), 7, 1)
		h.AddKind([]byte("bang"), 0, int64(i), 8, 2)
		h.Add(fmt.Appendf(nil, "line %d", i%3), 0, 0, 0)
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

// An entry in the block can be told from a torn one: its header holds the checksum of its body and number.
func TestHistoryChecksum(t *testing.T) {
	mem := Words(8 << 10)
	h := NewHistoryBuffer(mem)
	for i := range 500 {
		h.Add(fmt.Appendf(nil, "crumb %d", i), uint16(i%3), 0, 0)
	}
	for _, s := range h.list[h.first:h.last] {
		b := mem[s.at:]
		number := binary.LittleEndian.Uint64(b[8:])
		if got, want := binary.LittleEndian.Uint32(b[4:]), sum(h.body(s), number, History); got != want || got == 0 {
			t.Errorf("entry %d: checksum %x, want %x", number, got, want)
		}
		if want := fmt.Sprint("crumb ", number); string(h.body(s)) != want {
			t.Errorf("entry %d is %q, want %q", number, h.body(s), want)
		}
	}
}

func BenchmarkHistoryBuffer(b *testing.B) {
	h := NewHistoryBuffer(Words(64 << 10))
	body := make([]byte, 100)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		binary.LittleEndian.PutUint64(body, uint64(i))
		h.Add(body, uint16(i&1), int64(i), 0)
	}
}
