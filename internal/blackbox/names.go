package blackbox

import (
	"sync/atomic"
	"unsafe"
)

// Names keeps the names that the numbers in records stand for. Add is called under the mutex of who gives the numbers. A name is a
// word of 32 bits, stored last and atomically, and its bytes, at a multiple of 4. The word is the key XOR (a checksum of 24 bits over
// place and name << 8 | length).
type Names struct {
	mem   []byte
	key   uint64
	end   int
	probe probe
}

// maxName is the longest name there is room for, in bytes.
const maxName = 255

// Names returns the names of a block, none so far. Where the block has no room for any, Add does nothing.
func (b *Block) Names() *Names { return &Names{mem: b.At(NamesRegion), key: b.key, probe: b.watch} }

// Add appends the next name. Once one had no room the later ones have none either.
func (n *Names) Add(name string) {
	end := (n.end + 4 + len(name) + 3) &^ 3
	if len(name) > maxName || end > len(n.mem) {
		n.mem = nil
		return
	}
	copy(n.mem[n.end+4:], name)
	n.probe.stored()
	nameWord(n.mem, n.end).Store(n.word(n.end, len(name)))
	n.probe.stored()
	n.end = end
}

func nameWord(mem []byte, at int) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Pointer(unsafe.SliceData(mem[at : at+4])))
}

func (n *Names) word(at, size int) uint32 {
	return uint32(n.key) ^ (sum(n.mem[at+4:at+4+size], n.key+uint64(at), 0)&^0xff | uint32(size)) // its upper bits: see sum
}

// mostNames is how many List returns.
const mostNames = 1 << 10

// List returns the names of a dead run. The block is input from outside: what does not agree with its checksum ends the list.
func (n *Names) List() (list []string) {
	for at := 0; at+4 <= len(n.mem) && len(list) < mostNames; {
		w := nameWord(n.mem, at).Load()
		size := int(uint8(w ^ uint32(n.key)))
		if at+4+size > len(n.mem) || n.word(at, size) != w {
			break
		}
		list = append(list, string(n.mem[at+4:at+4+size]))
		at = (at + 4 + size + 3) &^ 3
	}
	return list
}
