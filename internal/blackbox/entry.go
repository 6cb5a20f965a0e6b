package blackbox

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// An entry in the block is a header and a body, at a multiple of 8 bytes:
//
//	 0  word  uint64   key XOR (Seq<<8 | state), stored last and atomically: it publishes the entry, and ends it
//	 8  seal  uint64   length<<40 | refusals<<32 | checksum over all but the word; one atomic store as well, since both are told later
//	16  size  uint32   length of the body
//	20  count uint32
//	24  kind, category, encoding, pieces uint8
//	28  cut   uint32
//	32  id    [16]byte
//	48  start int64
//	56  upto  uint64
//	64  rest  uint32
//	68  1 if it is open, else 0; 3 bytes are zero
//
// The key is random, so neither a body nor what an earlier entry left behind is taken for a header. An entry that is done still
// says up to where the ring was read when it was put, until another one lies there. The states differ in the first and in the
// last byte: the body of another one may end in the first bytes of the word, and must not bring back what was done.
const (
	entryHeader = 72

	entryLive = 1 // states
	entryDone = 2 | 1<<63
)

// word returns the 64-bit word at an offset that is a multiple of 8.
func word(mem []byte, at uint64) *atomic.Uint64 {
	return (*atomic.Uint64)(unsafe.Pointer(unsafe.SliceData(mem[at : at+8])))
}

// room returns what an entry with a body of n bytes takes.
func room(n int) uint64 { return (uint64(n) + entryHeader + 7) &^ 7 }

// write writes an entry at its place, its body in two parts; it counts from the last store on.
func (o *Outbox) write(s *stored, m *Meta, body, rest []byte) {
	h := o.buf[s.at : s.at+entryHeader]
	b := o.buf[s.at+entryHeader:]
	copy(b[copy(b, body):], rest)
	o.probe.stored()
	binary.LittleEndian.PutUint32(h[16:], s.size)
	binary.LittleEndian.PutUint32(h[20:], m.Count)
	h[24], h[25], h[26], h[27] = uint8(m.Kind), m.Category, m.Encoding, m.Pieces
	binary.LittleEndian.PutUint32(h[28:], m.Cut)
	copy(h[32:], m.ID[:])
	binary.LittleEndian.PutUint64(h[48:], uint64(m.Start))
	binary.LittleEndian.PutUint64(h[56:], m.Upto)
	last := uint64(m.Rest)
	if m.Open {
		last |= 1 << 32
	}
	binary.LittleEndian.PutUint64(h[64:], last)
	o.probe.stored()
	o.seal(s)
	o.state(s, entryLive)
}

// seal stores the checksum together with what it covers that is told later.
func (o *Outbox) seal(s *stored) {
	sum, note := uint32(0), s.length<<8|min(s.refusals, 1<<8-1)
	if o.sums != nil {
		sum = o.sums.entry(o.buf, s.at, s.seq, s.size, note)
	}
	word(o.buf, s.at+8).Store(uint64(note)<<32 | uint64(sum))
	o.probe.stored()
}

func (o *Outbox) state(s *stored, state uint64) {
	word(o.buf, s.at).Store(o.key ^ (s.seq<<8 | state))
	o.probe.stored()
}

// entrySum is the checksum of the entry at that place: over the place, the header and the body.
func entrySum(mem []byte, at, seq uint64, size, note uint32) uint32 {
	body := at + entryHeader
	h := sum(mem[at+16:body], at, Kind(entryLive))
	return sum(mem[body:body+uint64(size)], seq^uint64(h)<<32, Kind(0)) ^ note*0x9e3779b1
}

// entry reads the entry at that place.
func entry(mem []byte, at, seq uint64, size, note uint32) Entry {
	h, body := mem[at:at+entryHeader], at+entryHeader
	kind, length := Kind(h[24]), note>>8
	if length == Endless {
		kind = Fatal
	}
	return Entry{
		Meta: Meta{
			ID: [16]byte(h[32:48]), Kind: kind, Category: h[25], Encoding: h[26], Pieces: h[27], Open: h[68] != 0,
			Count: binary.LittleEndian.Uint32(h[20:]), Cut: binary.LittleEndian.Uint32(h[28:]),
			Start: int64(binary.LittleEndian.Uint64(h[48:])), Upto: binary.LittleEndian.Uint64(h[56:]),
			Rest: binary.LittleEndian.Uint32(h[64:]),
		},
		Seq: seq, Refusals: note & (1<<8 - 1), Length: length, at: at, Body: mem[body : body+uint64(size) : body+uint64(size)],
	}
}
