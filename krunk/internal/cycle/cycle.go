// Package cycle ends what would go round for ever: a bridge whose next output leads back, by way of other loggers, to the bridge itself.
package cycle

import (
	"runtime"
	"sync/atomic"
)

// many calls on their way to the next output are looked at more closely. A game has that many at once only while its output is slow.
const many = 8

// Guard counts the calls that are on their way to the next output. The zero value is ready; a bridge and all that is derived from it share one.
type Guard struct {
	inside atomic.Int32
	cut    atomic.Bool
}

// Enter reports whether the next output may be called; Leave follows then. Where it leads back here it may not, for good, and found is true
// for the call that has found that out. It must be called by the function that calls the next output, directly. It allocates
// only while many do.
func (g *Guard) Enter() (ok, found bool) {
	if g.cut.Load() {
		return false, false
	}
	if g.inside.Add(1) > many && again() {
		g.inside.Add(-1)
		return false, g.cut.CompareAndSwap(false, true)
	}
	return true, false
}

// Leave ends what a successful Enter began.
func (g *Guard) Leave() { g.inside.Add(-1) }

// again reports whether the function that called Enter is many times under way on this goroutine.
//
//go:noinline
func again() bool {
	var pcs [1 << 10]uintptr
	const own = 3 // runtime.Callers, again, Enter
	frames := runtime.CallersFrames(pcs[:runtime.Callers(own, pcs[:])])
	first, more := frames.Next()
	n := 1
	for more {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function == first.Function {
			n++
		}
	}
	return n > many
}
