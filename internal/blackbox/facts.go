package blackbox

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"unsafe"
)

// Facts are what stays the same for a whole run, for whoever goes on with it after its death. They lie in the head, and their texts in
// a region of their own, under one checksum.
type Facts struct {
	_          [0]func() // no code to compare it
	Start      int64     // Unix nanoseconds, as the clock told it then
	PID        uint32
	Run, Trace [16]byte
	Boot       [16]byte // what the system calls the time since it was switched on; zero if it does not
	Crash      [16]byte // id of the event that its crash text becomes: support has it before anybody has read the text
	Span       [8]byte
	Texts      [FactTexts]string // cut where they have no room
}

// The texts of Facts.
const (
	Release = iota
	Dist
	Environment
	Module    // path of the main module
	GoVersion // of the program
	SDK       // version of Krunk
	Target    // hash of the DSN: nothing is ever sent to another one
	Install   // random id of the installation

	FactTexts = 8
)

// FactsSize is what FactsRegion takes in a file, which makes the head 4 KiB long.
const FactsSize = 4096 - headSize

// The constant part of the head:
//
//	  0  magic  uint64, stored last: it publishes the block
//	  8  sum    uint32, over what follows and the texts; 4 bytes are zero
//	 16  key    uint64
//	 24  start  int64
//	 32  sizes  [8]uint32
//	 64  run, trace [16]byte
//	 96  span   [8]byte
//	104  pid    uint32; length of the texts uint32
//	112  boot   [16]byte
//	128  crash  [16]byte
//	144  size of the last region, uint32; all that follows is zero
//
// A text is its length as uint16 and its bytes.
const magic = 0x3230_4b4e_5552_4b00 // "\0KRUNK02"

// Newer reports whether mem begins with the head of a run whose format this program does not know.
func Newer(mem []byte) bool {
	if len(mem) < headSize {
		return false
	}
	w := word(mem, 0).Load()
	return (w^magic)<<16 == 0 && bits.ReverseBytes64(w) > bits.ReverseBytes64(magic) // the digits are the last bytes
}

// Publish writes the facts and makes the block one that Open takes.
func (b *Block) Publish(f *Facts) {
	le, h := binary.LittleEndian, b.mem[:liveOffset]
	le.PutUint64(h[16:], b.key)
	le.PutUint64(h[24:], uint64(f.Start))
	for i, n := range b.sizes {
		le.PutUint32(h[sizeAt(i):], uint32(n))
	}
	copy(h[64:], f.Run[:])
	copy(h[80:], f.Trace[:])
	copy(h[96:], f.Span[:])
	copy(h[112:], f.Boot[:])
	copy(h[128:], f.Crash[:])
	le.PutUint32(h[104:], f.PID)
	mem := b.At(FactsRegion)
	all := mem[:0]
	for i, text := range f.Texts {
		room := len(mem) - len(all) - 2*(FactTexts-i)
		text = text[:max(min(len(text), room, 1<<16-1), 0)]
		all = append(le.AppendUint16(all, uint16(len(text))), text...)
	}
	le.PutUint32(h[108:], uint32(len(all)))
	le.PutUint32(h[8:], sum(all, uint64(sum(h[16:], b.key, 0)), 0))
	word(b.mem, 0).Store(magic)
}

var errHead = errors.New("blackbox: no head of a run, or not a whole one")

// Open reads the head of a block that a run has left behind: its size may be more than that of the block. It is input from outside:
// a head counts only if its checksum agrees, and no region reaches beyond mem, whose start is aligned to 8 bytes. Of a block that was cut there are
// no regions behind the outbox.
func Open(mem []byte) (*Block, Facts, error) {
	var f Facts
	if len(mem) < headSize || word(mem, 0).Load() != magic {
		return nil, f, errHead
	}
	le, h := binary.LittleEndian, mem[:liveOffset]
	cut := (*Live)(unsafe.Pointer(&mem[liveOffset])).Cut.Load()
	s, total, ok := regions(h, cut, len(mem))
	ring, texts := s[RingRegion], int(le.Uint32(h[108:])&(1<<31-1))
	if !ok || cut == 0 && (ring < MinRing || ring&(ring-1) != 0) || texts > s[FactsRegion] {
		return nil, f, errHead
	}
	b := NewBlock(mem[:total:total], s, le.Uint64(h[16:]))
	all := mem[headSize : headSize+texts]
	if le.Uint32(h[8:]) != sum(all, uint64(sum(h[16:], b.key, 0)), 0) {
		return nil, f, errHead
	}
	f.Start, f.PID = int64(le.Uint64(h[24:])), le.Uint32(h[104:])
	f.Run, f.Trace, f.Span = [16]byte(h[64:]), [16]byte(h[80:]), [8]byte(h[96:])
	f.Boot, f.Crash = [16]byte(h[112:]), [16]byte(h[128:])
	for i := range f.Texts {
		if len(all) < 2 {
			break
		}
		n := min(int(le.Uint16(all)), len(all)-2)
		f.Texts[i], all = string(all[2:2+n]), all[2+n:]
	}
	return b, f, nil
}

// sizeAt returns where in a head the size of a region stands.
func sizeAt(r int) int {
	if r == 8 {
		return 144
	}
	return 32 + 4*r
}

// regions returns the sizes of the regions as a head has them, and where they end, which is within most bytes; of a block that was cut, those up
// to its outbox.
func regions(h []byte, cut uint64, most int) (s Sizes, total int, ok bool) {
	total = headSize
	for i := range s {
		if cut != 0 && Region(i) == OutboxRegion {
			if cut < uint64(total) || cut > uint64(most) || cut%8 != 0 {
				return s, 0, false
			}
			s[i] = int(cut) - total
			return s, int(cut), true
		}
		n := int(binary.LittleEndian.Uint32(h[sizeAt(i):]) & (1<<31 - 1))
		if n > most {
			return s, 0, false
		}
		s[i] = n
		if total += rounded(n); total > most {
			return s, 0, false
		}
	}
	return s, total, true
}
