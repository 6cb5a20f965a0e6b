package blackbox

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// Guard keeps a program alive whose block is taken away from under it, as that of a file that was cut or of a card that was pulled out. There
// is none where the block lies on the heap.
type Guard interface {
	// Hold makes a fault of the calling goroutine a panic, and returns what Let takes. Does not allocate.
	Hold() (was bool)
	// Let ends a Hold.
	Let(was bool)
	// Fault reports whether a panic comes from the block. Then that is on the heap from now on, or gone.
	Fault(v any) bool
	// State says what has become of the block.
	State() BlockState
	// Forgotten says that the recorder has forgotten what lay in a torn block.
	Forgotten()
}

// BlockState is what has become of a block.
type BlockState uint32

// A block is in the file, and, once that is gone, on the heap: with all that was in it, with holes until the recorder has forgotten
// what lay there, or empty. Where there is no memory to put in its place it is gone, and nothing is captured any more.
const (
	BlockInFile BlockState = iota
	BlockWhole
	BlockTorn
	BlockEmpty
	BlockGone
)

// Guard returns the guard of a block: on is debug.SetPanicOnFault, rescue puts other memory in its place and reports whether all that was in
// it could be read, and whether it could do that at all.
func (b *Block) Guard(on func(bool) bool, rescue func() (whole, ok bool)) Guard {
	return &guard{on: on, rescue: rescue, mem: b.mem}
}

type guard struct {
	on     func(bool) bool
	rescue func() (whole, ok bool)
	mem    []byte
	state  atomic.Uint32
	busy   atomic.Bool
}

func (g *guard) Hold() bool        { return g.on(true) }
func (g *guard) Let(was bool)      { g.on(was) }
func (g *guard) State() BlockState { return BlockState(g.state.Load()) }
func (g *guard) Forgotten()        { g.state.Store(uint32(BlockEmpty)) }

func (g *guard) Fault(v any) bool {
	e, ok := v.(interface{ Addr() uintptr })
	if !ok {
		return false
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(g.mem)))
	if at := e.Addr(); at < start || at-start >= uintptr(len(g.mem)) {
		return false
	}
	for !g.busy.CompareAndSwap(false, true) { // another goroutine has met it too: a millisecond
		runtime.Gosched()
	}
	defer g.busy.Store(false)
	if g.State() != BlockInFile {
		return true
	}
	state := BlockGone
	if whole, ok := g.rescue(); whole {
		state = BlockWhole
	} else if ok {
		state = BlockTorn
	}
	g.state.Store(uint32(state))
	return true
}
