package benchmarks

import (
	"fmt"
	"runtime"
)

// depth is what runtime.Callers counts at the place of the measured call: goexit, the goroutine's function, measure, Batch,
// the five functions below, and the function that calls.
const depth = 10

// atPlace calls f where the stack is depth frames high when Session.measure is the caller's caller. The functions are
// different ones, as the frames of a game are, so that no cache of the runtime or of a peer sees one frame ten times.
//
//go:noinline
func atPlace(f func()) { updateWorld(f) }

//go:noinline
func updateWorld(f func()) { updateEntities(f); runtime.KeepAlive(f) }

//go:noinline
func updateEntities(f func()) { think(f); runtime.KeepAlive(f) }

//go:noinline
func think(f func()) { findPath(f); runtime.KeepAlive(f) }

//go:noinline
func findPath(f func()) { f(); runtime.KeepAlive(f) }

// wantDepth returns an error if the place was not as deep as it is said to be.
func wantDepth(got int) error {
	if got != depth {
		return fmt.Errorf("benchmarks: the stack is %d frames deep where it is measured; it has to be %d", got, depth)
	}
	return nil
}
