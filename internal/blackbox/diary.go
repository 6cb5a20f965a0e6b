package blackbox

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Diary is where a run notes what its heir has to know of its end. Any goroutine may call it.
type Diary interface {
	// Beat notes the last frame, and when it began, in nanoseconds since the start. It does not allocate.
	Beat(frame uint32, at int64)
	// Failed notes how many events there were so far.
	Failed(n uint64)
	// Mark sets bits of Ending.State and clears others.
	Mark(set, clear uint64)
	// Hangs notes the event of a hang, all zero if it has none.
	Hangs(id [16]byte)
	// Look notes what memory the program uses.
	Look()
	// Dooms notes the event of a panic of a goroutine that is about to end the program, before its record is there: whoever finds the crash
	// text knows that it is the same death.
	Dooms(id [16]byte, goroutine uint64, at int64)
	// Dies says of which panic the program dies: of several that are about to end it, the one of this goroutine, that goes on now, and its event,
	// all zero where it could not be raised; then its crash text becomes one, unless the policy has refused it.
	Dies(id [16]byte, goroutine uint64, at int64, refused bool)
	// Silence says that nothing is to be noted, or is again.
	Silence(on bool)
}

// Hooks are what Diary need of the system.
type Hooks struct {
	Guard    func(on bool) (was bool)    // debug.SetPanicOnFault; nil: the block lies in memory that cannot be taken away
	Resident func() (used, limit uint64) // memory of the program and what it may use, in KiB, 0 where it is not known; nil: it never is
}

// Diary returns what writes the diary of a run into its block. Where its memory is taken away, as that of a truncated file, nothing is written any more.
func (b *Block) Diary(h Hooks) Diary {
	d := &diary{hooks: h, all: b.Live}
	atomic.StorePointer(&d.live, unsafe.Pointer(b.Live))
	return d
}

type diary struct {
	_     [0]func() // no code to compare it
	hooks Hooks
	all   *Live          // immutable
	live  unsafe.Pointer // *Live, atomic; nil: it was taken away, or nothing is to be noted
	mu    sync.Mutex     // guards the words of a panic, which are several
}

func (d *diary) Beat(frame uint32, at int64) {
	if live := (*Live)(atomic.LoadPointer(&d.live)); live != nil {
		var g guarded
		defer g.end(d, d.hooks.guard(true))
		live.Frame.Store(frame)
		live.BeatAt.Store(at)
		g.done = true
	}
}

func (d *diary) Failed(n uint64) {
	d.store(func(live *Live) { live.Errors.Store(n) })
}

func (d *diary) Mark(set, clear uint64) {
	d.store(func(live *Live) {
		live.State.And(^clear)
		live.State.Or(set)
	})
}

func (d *diary) Hangs(id [16]byte) {
	d.store(func(live *Live) { live.Ending.Hangs(id) })
}

func (d *diary) Look() {
	if d.hooks.Resident != nil {
		word := Memory(d.hooks.Resident())
		d.store(func(live *Live) { live.Memory.Store(word) })
	}
}

func (d *diary) Dooms(id [16]byte, goroutine uint64, at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.store(func(live *Live) { live.Panicked(id, goroutine, at) })
}

func (d *diary) Dies(id [16]byte, goroutine uint64, at int64, refused bool) {
	set, clear := uint64(0), StateRefused
	if refused {
		set, clear = clear, 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.store(func(live *Live) {
		live.Panicked(id, goroutine, at)
		live.State.And(^clear)
		live.State.Or(set)
	})
}

func (d *diary) Silence(on bool) {
	if on {
		atomic.StorePointer(&d.live, nil)
	} else {
		atomic.StorePointer(&d.live, unsafe.Pointer(d.all))
	}
}

func (d *diary) store(f func(*Live)) {
	if live := (*Live)(atomic.LoadPointer(&d.live)); live != nil {
		var g guarded
		defer g.end(d, d.hooks.guard(true))
		f(live)
		g.done = true
	}
}

func (h *Hooks) guard(on bool) bool { return h.Guard != nil && h.Guard(on) }

// guarded is a store that may meet memory which is not there any more.
type guarded struct{ done bool }

func (g *guarded) end(d *diary, was bool) {
	if !g.done {
		recover()
		atomic.StorePointer(&d.live, nil)
	}
	d.hooks.guard(was)
}
