package blackbox

import (
	"unsafe"
)

// Block is the memory of a run: a head and regions behind it, one run of bytes without pointers, on the heap or in a mapped file
// alike. All numbers are little endian, but for the 64-bit words that are stored atomically, which are the machine's own.
//
//	0    head: constant part (Publish), 192 bytes
//	192  words that change while the run lives (Live), on cache lines by who writes them
//	576  regions, in the order of Region, each at a multiple of 64
//
// The regions behind the outbox are what the recorder still has to work on; once it is through they can be cut off.
type Block struct {
	*Live
	mem   []byte
	sizes Sizes
	key   uint64
	sums  *sums  // nil: none are written
	watch func() // nil but in tests
}

// Region is a part of a block that has one owner and one form.
type Region int

// The regions, in their order.
const (
	FactsRegion   Region = iota // texts that are the same for a whole run
	OutboxRegion                // envelopes: recorder and sender, under the outbox's mutex
	BatchRegion                 // log records that wait for their batch: recorder
	ScopeRegion                 // two copies of tags, user and contexts: recorder
	NamesRegion                 // channel names: under the mutex of who names them
	TallyRegion                 // counters of what was dropped: everybody, by atomics
	HistoryRegion               // recorder
	RingRegion                  // producers and recorder
	ReplayRegion                // Tapes: who writes one

	Regions = 9
)

// Sizes are the lengths of the regions. Zero is a region that is not there. That of the ring is a power of two, the others are
// rounded up to 64.
type Sizes [Regions]int

const (
	headSize   = 576
	liveOffset = 192
	unit       = 64
)

func rounded(n int) int { return (n + unit - 1) &^ (unit - 1) }

// Total returns how many bytes a block takes.
func (s *Sizes) Total() int { return s.offset(Regions) }

// offset returns where a region begins.
func (s *Sizes) offset(r Region) int {
	at := headSize
	for _, n := range s[:r] {
		at += rounded(n)
	}
	return at
}

// NewBlock makes a block over mem, which is zero, aligned to 8 bytes and s.Total() long. The key is a random number, with which the
// headers in all regions are mixed: nothing that lies there by chance is taken for one.
func NewBlock(mem []byte, s Sizes, key uint64) *Block {
	b := newBlock(mem, s, key)
	b.sums = &summed
	return b
}

// NewHeap makes a block that ends with the program, without checksums.
func NewHeap(s Sizes, key uint64) *Block { return newBlock(Words(s.Total()), s, key) }

func newBlock(mem []byte, s Sizes, key uint64) *Block {
	return &Block{Live: (*Live)(unsafe.Pointer(&mem[liveOffset])), mem: mem, sizes: s, key: key}
}

// Kept writes what is needed on the heap as well and is kept for a heir besides. A program that leaves none links nothing of it.
type Kept struct {
	Copy  func(upto uint64, head, scope []byte) bool // Snapshots.Put
	Name  func(string)                               // Names.Add
	Diary Diary                                      // Block.Diary
	Wipe  func()                                     // Block.Unpublish
}

// Kept returns what writes the scope, the names and the diary of a block, the latter without Hooks.
func (b *Block) Kept() Kept {
	names := b.Names()
	return Kept{Copy: b.Snapshots().Put, Name: names.Add, Diary: b.Diary(Hooks{}), Wipe: func() { b.Unpublish(names) }}
}

// Renew reads the outbox of a block once more into a copy, which was made from the front to the back while its owners worked on and moved nothing in
// it. What the recorder takes from ring and batch stands in the outbox before they say so: then it is in the copy of one of them.
func Renew(copied, mem []byte) {
	if b, _, err := Open(mem); err == nil {
		copy(copied[b.sizes.offset(OutboxRegion):], b.At(OutboxRegion))
	}
}

// Key returns the random number with which the headers of all regions are mixed.
func (b *Block) Key() uint64 { return b.key }

// Bytes returns all of the block.
func (b *Block) Bytes() []byte { return b.mem }

// At returns the memory of a region, nil if there is none.
//
//go:noinline
func (b *Block) At(r Region) []byte {
	n := b.sizes[r]
	if n == 0 {
		return nil
	}
	at := b.sizes.offset(r)
	return b.mem[at : at+n : at+n]
}

// Watch makes the block call f after every store into it that is not a producer's. It is for tests, and called before any region is
// made.
func (b *Block) Watch(f func()) { b.watch = f }

// Stored is called by who has stored a word of Live.
func (b *Block) Stored() { b.probe().stored() }

func (b *Block) probe() probe { return b.watch }

// probe is told of every store, in tests.
type probe func()

// It is out of line since it is called so often, and nowhere in a capture call.
//
//go:noinline
func (p probe) stored() {
	if p != nil {
		p()
	}
}
