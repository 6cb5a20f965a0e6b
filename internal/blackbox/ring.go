// Package blackbox is the memory of a run: a ring of records that any goroutine writes without waiting for another one, and
// an outbox of encoded envelopes that wait for their answer. Both lie in one block of bytes without pointers, allocated once.
// The block holds no addresses, so that a file mapping can carry it; the index of the history and that of the outbox lie outside.
//
// A record is a header of 16 bytes and a body:
//
//	0  word  uint64  key XOR (position<<8 | kind+1), stored last and atomically: it publishes the record
//	8  sum   uint32  checksum over position, kind, length and body, where the block outlives the program
//	12 size  uint32  length of the body
//
// Positions count bytes since the start of the run and never repeat, and the key is random: what lies in the ring from an
// earlier lap, or inside a body, is never taken for a header. So nothing has to be cleared, and what the reader is done with
// stays readable for whoever finds the block after a crash (Scan).
package blackbox

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// Kind is the importance of a record. It decides how full the ring may be for it.
type Kind uint8

// The kinds, least important first. History may fill half of the ring, Log three quarters, Event seven eighths, Fatal all.
const (
	History Kind = iota
	Log
	Event
	Fatal
	Kinds = 4

	pad  = Kinds     // fills the end of the ring where a record did not fit
	skip = Kinds + 1 // a record that was given up while it was written
)

const (
	header = 16
	align  = 16 // so that what is left at the ring's end always holds a header

	// small is a body that nobody calls long.
	small = 512

	// MinRing is the smallest ring in bytes.
	MinRing = 16 << 10
)

// Ring is a multi-producer, single-consumer ring of bytes. Producers reserve with compare-and-swap, copy, and publish with
// one atomic store; none ever waits for another one nor for the reader.
type Ring struct {
	buf   []byte        // immutable after NewRing: the slice, not the bytes
	mask  uint64        // immutable after NewRing
	step  uint64        // a producer that crosses a multiple of step wakes the reader, whatever its kind
	key   uint64        // immutable after NewRing
	limit [Kinds]uint64 // immutable after NewRing
	sums  *sums         // immutable after NewRing

	_       [64]byte
	head    atomic.Uint64 // the next position to reserve, moved by producers
	_       [64]byte
	tail    atomic.Uint64 // the first position that must not be overwritten, moved by the reader
	waiting atomic.Uint64 // 1 + position of the unpublished record that the reader stopped at, 0 if none

	refused [Kinds]atomic.Uint64 // 1 + what tail was when a record of the kind found no room though it was small
	_       [64]byte
}

// Slot is a reserved record. Body must be filled, and Commit or Abandon called, without running foreign code in between.
type Slot struct {
	Body []byte
	from uint64 // first position reserved: that of the pad where there is one before the record, else pos
	pos  uint64
	kind Kind
}

// Words returns memory for n bytes that is aligned for 64-bit atomics on every platform.
func Words(n int) []byte {
	w := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*8)[:n]
}

// NewRing makes a ring over mem, whose length is a power of two of at least MinRing and whose start is aligned to 8 bytes. The key is a
// random number.
func NewRing(mem []byte, key uint64) *Ring { return newRing(mem, key, &summed) }

// Ring returns the ring of a block, which is empty.
func (b *Block) Ring() *Ring { return newRing(b.At(RingRegion), b.key, b.sums) }

func newRing(mem []byte, key uint64, sums *sums) *Ring {
	size := uint64(len(mem))
	r := &Ring{buf: mem, mask: size - 1, step: size / 8, key: key, sums: sums}
	r.limit = [Kinds]uint64{History: size / 2, Log: size / 4 * 3, Event: size / 8 * 7, Fatal: size}
	return r
}

// Size returns the length of the ring in bytes.
func (r *Ring) Size() int { return len(r.buf) }

// MaxBody is the longest body that a record of this ring may have: an eighth of the ring, at most 24 KiB.
func (r *Ring) MaxBody() int { return min(len(r.buf)/8, 24<<10) - header }

// Head returns the position behind the newest reserved record.
func (r *Ring) Head() uint64 { return r.head.Load() }

// Key returns the random number that the headers of this ring are mixed with; Scan needs it.
func (r *Ring) Key() uint64 { return r.key }

func (r *Ring) word(pos uint64) *atomic.Uint64 {
	return (*atomic.Uint64)(unsafe.Pointer(&r.buf[pos&r.mask]))
}

func (r *Ring) publish(pos uint64, k Kind) { r.word(pos).Store(r.key ^ (pos<<8 | uint64(k+1))) }

func space(body int) uint64 { return (uint64(body) + header + align - 1) &^ (align - 1) }

// Reserve takes room for a body of n bytes, or reports false when the ring is too full for this kind. It never blocks and
// does not allocate.
func (r *Ring) Reserve(k Kind, n int) (s Slot, ok bool) {
	ok = r.ReserveIn(&s, k, n)
	return s, ok
}

// ReserveIn is Reserve into a slot of the caller's: a result of so many words is copied in pairs that the processor has to wait for.
func (r *Ring) ReserveIn(s *Slot, k Kind, n int) bool {
	need, size := space(n), uint64(len(r.buf))
	for {
		tail, head := r.tail.Load(), r.head.Load()
		start := head
		if left := size - head&r.mask; need > left {
			start += left
		}
		end := start + need
		if end-tail > r.limit[k] {
			if n <= small {
				r.refused[k].Store(tail + 1)
			}
			return false
		}
		if !r.head.CompareAndSwap(head, end) {
			continue
		}
		at := start & r.mask
		s.Body = r.buf[at+header : at+header+uint64(n) : at+header+uint64(n)]
		s.from, s.pos, s.kind = head, start, k
		if start != head {
			r.publish(head, pad)
		}
		return true
	}
}

// Full reports whether a record of the kind was refused, not for its length, since the reader last made room: the next one would
// be as well, or be older than one that was lost. Two atomic loads; it never blocks and does not allocate.
func (r *Ring) Full(k Kind) bool { return r.refused[k].Load() == r.tail.Load()+1 }

// Commit publishes s and reports whether the reader has to be woken: for everything but history, when an eighth of the ring
// was filled, and when the reader stopped at what s reserved. It never blocks and does not allocate. A Slot that is handed on by value is copied in
// pairs of words, too.
func (r *Ring) Commit(s *Slot) bool {
	at := s.pos & r.mask
	h := r.buf[at : at+header : at+header]
	binary.LittleEndian.PutUint32(h[12:], uint32(len(s.Body)))
	if r.sums != nil {
		binary.LittleEndian.PutUint32(h[8:], r.sums.record(s.Body, s.pos, s.kind))
	}
	r.publish(s.pos, s.kind)
	return s.kind != History || r.awaited(s)
}

// Urgent reports whether the reader, which Commit says has to be woken, is to be woken at once though it comes back by itself soon:
// for a crash, and when an eighth of the ring was filled or the reader stopped at s.
func (r *Ring) Urgent(s *Slot) bool { return s.kind == Fatal || r.awaited(s) }

// Abandon gives s up: the reader passes it over, whatever stands in Body. Without it a reservation that is not committed holds
// the reader for ever. It reports whether the reader has to be woken, never blocks and does not allocate.
func (r *Ring) Abandon(s Slot) bool {
	binary.LittleEndian.PutUint32(r.buf[s.pos&r.mask+12:], uint32(len(s.Body)))
	if s.from != s.pos {
		r.publish(s.from, pad) // what stopped the producer may have been that
	}
	r.publish(s.pos, skip)
	return r.awaited(&s)
}

// awaited reports whether the reader stopped at s, or whether s crosses an eighth of the ring, as each one does that has a pad
// before it: at the pad, too, the reader may have stopped.
func (r *Ring) awaited(s *Slot) bool {
	return r.waiting.Load() == s.pos+1 || s.from/r.step != (s.pos+space(len(s.Body)))/r.step
}
