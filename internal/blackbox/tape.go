package blackbox

import (
	"sync/atomic"
)

// Tapes keep the newest bytes of what the game itself writes, such as its inputs, until the program dies and behind that. They lie one behind
// the other in a region, each at a multiple of 64 bytes:
//
//	 0  word   uint64  key XOR (size<<32 | checksum over place, size and name), stored last and atomically
//	 8  pos    uint64  bytes that were ever written, stored atomically behind the bytes
//	16  begin  uint64  position before which nothing counts
//	24  zero, 8 bytes
//	32  name   [32]byte, with zeros behind it
//	64  bytes, size and a spare of an eighth: the byte at a position lies at that modulo their number
//
// A write goes on in parts of at most the spare, so what is being written lies where no byte is of the newest ones: neither who reads beside it nor
// who finds it after a death sees a torn byte. Nothing is locked, and the bytes have no checksum: whoever reads them trusts the game
// that wrote them, and no length.
type Tapes struct {
	mem   []byte
	key   uint64
	end   int
	list  []*Tape
	probe probe
}

// Tape is written by one goroutine at a time. Its other methods may be called by any one.
type Tape struct {
	Name string

	head  []byte
	mem   []byte
	spare int
	at    int    // of pos in mem; owned by who writes
	end   uint64 // pos as it should be, whatever stands in the block; likewise
	mute  atomic.Bool
	probe probe
}

const (
	tapeHeader = 64

	// MaxTapeName is the longest name of a tape, in bytes.
	MaxTapeName = 32 // as a head has room for
	// MinTape is the smallest tape, in bytes.
	MinTape = 64
)

// NewTapes makes tapes over mem, whose start is aligned to 8 bytes. There are none in it.
func NewTapes(mem []byte, key uint64) *Tapes { return &Tapes{mem: mem, key: key} }

// Tapes returns the tapes of a block, none so far.
func (b *Block) Tapes() *Tapes {
	t := NewTapes(b.At(ReplayRegion), b.key)
	t.probe = b.watch
	return t
}

// spareOf returns how many bytes a tape has beside its size.
func spareOf(size int) int { return max(rounded(size/8), unit) }

// TapeName reports whether a tape may have that name: 1 to 32 letters, digits and ._-.
func TapeName(name string) bool {
	for i := range len(name) {
		c := name[i] | 0x20
		if (c < 'a' || c > 'z') && (name[i] < '0' || name[i] > '9') && name[i] != '.' && name[i] != '_' && name[i] != '-' {
			return false
		}
	}
	return name != "" && len(name) <= MaxTapeName
}

// TapeRoom returns what a tape of n bytes takes.
func TapeRoom(n int) int { return tapeHeader + rounded(n) + spareOf(rounded(n)) }

// Room returns how many bytes are left.
func (t *Tapes) Room() int { return len(t.mem) - t.end }

// Named returns the tape with that name, nil if there is none.
func (t *Tapes) Named(name string) *Tape {
	for _, tape := range t.list {
		if tape.Name == name {
			return tape
		}
	}
	return nil
}

// Add makes a tape for the newest size bytes, which are rounded up to 64, with a name as TapeName has it, or returns nil where
// TapeRoom of them is more than Room.
func (t *Tapes) Add(name string, size int) *Tape {
	if size < MinTape || size > len(t.mem) || TapeRoom(size) > t.Room() || !TapeName(name) {
		return nil
	}
	size = rounded(size)
	tape := t.tape(size)
	tape.Name = name
	clear(tape.head[8:])
	copy(tape.head[32:], name)
	t.probe.stored()
	word(tape.head, 0).Store(t.word(size))
	t.probe.stored()
	t.list = append(t.list, tape)
	t.end += TapeRoom(size)
	return tape
}

func (t *Tapes) tape(size int) *Tape {
	b := t.mem[t.end : t.end+TapeRoom(size)]
	return &Tape{head: b[:tapeHeader:tapeHeader], mem: b[tapeHeader:], spare: spareOf(size), probe: t.probe}
}

func (t *Tapes) word(size int) uint64 {
	name := t.mem[t.end+32 : t.end+tapeHeader]
	return t.key ^ (uint64(size)<<32 | uint64(sum(name, t.key+uint64(t.end), Kind(size&3))^uint32(size)))
}

// OpenTapes returns the tapes of a dead run, to be read alone. The block is input from outside: a head counts only if its checksum agrees, and its name
// could be one.
func (b *Block) OpenTapes() []*Tape {
	t := b.Tapes()
	for t.end+tapeHeader <= len(t.mem) {
		size := word(t.mem, uint64(t.end)).Load() ^ t.key
		n := int(size >> 32 & (1<<31 - 1))
		if n < MinTape || n%unit != 0 || n > len(t.mem) || TapeRoom(n) > t.Room() || t.word(n) != size^t.key {
			break
		}
		tape := t.tape(n)
		name := tape.head[32:]
		for len(name) > 0 && name[len(name)-1] == 0 {
			name = name[:len(name)-1]
		}
		if tape.Name = string(name); !TapeName(tape.Name) {
			break
		}
		t.list = append(t.list, tape)
		t.end += TapeRoom(n)
	}
	return t.list
}

// Clear forgets what is on all tapes and takes nothing more, or takes it again.
func (t *Tapes) Clear(mute bool) {
	for _, tape := range t.list {
		was, pos, begin := tape.mute.Swap(mute), word(tape.head, 8).Load(), word(tape.head, 16)
		switch {
		case mute:
			begin.Store(pos + uint64(tape.spare)) // what is being written goes as well
			zero(tape.mem)
		case was:
			begin.Store(pos)
		}
	}
}

// Write keeps the newest bytes of p. It does not allocate and never blocks.
//
// Others read the bytes while they are written, and throw away what was.
//
//go:norace
func (t *Tape) Write(p []byte) {
	if t.mute.Load() {
		return
	}
	if len(p) > len(t.mem) {
		t.skip(len(p) - len(t.mem))
		p = p[len(p)-len(t.mem):]
	}
	for len(p) > 0 && !t.mute.Load() { // who forgets it knows of the part at hand alone
		n := min(len(p), t.spare, len(t.mem)-t.at)
		blit(t.mem[t.at:], p[:n])
		if t.probe != nil {
			t.probe.stored()
		}
		if t.at += n; t.at == len(t.mem) {
			t.at = 0
		}
		t.end += uint64(n)
		word(t.head, 8).Store(t.end)
		if t.probe != nil {
			t.probe.stored()
		}
		p = p[n:]
	}
}

// skip counts bytes that nobody keeps. Those before them do not count any more.
func (t *Tape) skip(n int) {
	t.end += uint64(n)
	t.at = int(t.end % uint64(len(t.mem)))
	word(t.head, 16).Store(t.end)
	word(t.head, 8).Store(t.end)
}

// Newest returns a copy of the newest bytes, at most so many, and the position of the first one.
func (t *Tape) Newest(most int) (b []byte, from uint64) {
	for range 4 { // while somebody writes more than all of it in the time that a copy takes
		pos, begin := word(t.head, 8).Load(), word(t.head, 16).Load()
		if begin > pos {
			break
		}
		size := uint64(len(t.mem) - t.spare)
		n := min(pos-begin, size, uint64(max(most, 0)))
		b, from = make([]byte, n), pos-n
		t.read(b, from)
		after := word(t.head, 8).Load()
		if late := after - size; after >= size && after >= pos && late > from { // overwritten meanwhile
			if late >= pos {
				continue
			}
			b, from = b[late-from:], late
		}
		return b, from
	}
	return nil, 0
}

//go:norace
func (t *Tape) read(b []byte, from uint64) {
	at := int(from % uint64(len(t.mem)))
	blit(b[blit(b, t.mem[at:]):], t.mem)
}

//go:norace
func zero(b []byte) { clear(b) }
