package recorder

import (
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/stack"
)

// Stacks says what the event of a hang tells beside its record: all goroutines as runtime.Stack wrote them, that of the caller first, which is
// left out, and the number of the one that hangs. It is called before the record is captured, and again with "" where it was not. Any
// goroutine may call it.
func (r *Recorder) Stacks(text string, loop uint64) {
	if text == "" {
		atomic.StorePointer(&r.events.beside, nil)
		return
	}
	atomic.StorePointer(&r.events.beside, unsafe.Pointer(besideOf(text, loop)))
}

func besideOf(text string, loop uint64) *beside {
	g := &goroutines{loop: loop}
	if i := ascii.Index(text, "\n\n"); i >= 0 {
		g.text = text[i+2:]
	}
	return &beside{g.stack, g.threads}
}

// beside is what an event tells that is not in its record. What only some programs have is reached through it alone, so that others link
// none of that. They are functions: an interface would keep
// the formatting of times, by the types that its methods name; and a record would move to the heap if it were handed on to them.
type beside struct {
	stack   func(*events) (goroutine uint64, cut, ok bool) // behind events.stack
	threads func(*events)                                  // behind events.exception
}

// goroutines are those of a program whose frames stand still.
type goroutines struct {
	text string
	loop uint64
	list []crashtext.Goroutine
	at   *crashtext.Goroutine // that of the frames, nil if it is not known
}

// stack takes the stack of the frames from the text, where it is whole: what a record holds is the innermost calls of it.
func (g *goroutines) stack(e *events) (goroutine uint64, cut, ok bool) {
	g.list = crashtext.Goroutines(g.text, g.loop)
	if len(g.list) == 0 || g.list[0].ID != g.loop || g.loop == 0 {
		return 0, false, false
	}
	g.at = &g.list[0]
	e.crashed(g.at, stack.Text)
	return g.loop, g.at.Elided > 0, true
}

func (g *goroutines) threads(e *events) {
	if g.list == nil {
		g.list = crashtext.Goroutines(g.text, g.loop)
	}
	e.others(g.list, g.at)
}

// HangOver says how long the hang was of which an event tells, which is sent then. Any goroutine may call it.
func (r *Recorder) HangOver(id [16]byte, length time.Duration) {
	if r.cfg.Outbox == nil || !r.cfg.Hold {
		return
	}
	ms := uint32(min(max(length.Milliseconds(), 1), blackbox.Longest))
	tell := func() {
		if r.cfg.Outbox.Tell(id, ms) {
			r.cfg.Wake()
		}
	}
	for { // its record may not have been read yet, nor what is told of an earlier one
		earlier := (*func())(atomic.LoadPointer(&r.later))
		all := func() {
			if earlier != nil {
				(*earlier)()
			}
			tell()
		}
		if atomic.CompareAndSwapPointer(&r.later, unsafe.Pointer(earlier), unsafe.Pointer(&all)) {
			break
		}
	}
	r.cfg.Bell.Call()
}
