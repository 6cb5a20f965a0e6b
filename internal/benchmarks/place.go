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

// placeOf is atPlace for a stack of that many frames, depth or at least two more.
func placeOf(frames int) func(func()) {
	if frames == depth {
		return atPlace
	}
	return func(f func()) { descend(frames-depth-2, f) }
}

//go:noinline
func descend(n int, f func()) {
	if n > 0 {
		descend(n-1, f)
	} else {
		atPlace(f)
	}
	runtime.KeepAlive(f)
}

// wantDepth returns an error if the place was not as deep as it is said to be.
func wantDepth(got, want int) error {
	if got != want {
		return fmt.Errorf("benchmarks: the stack is %d frames deep where it is measured; it has to be %d", got, want)
	}
	return nil
}
