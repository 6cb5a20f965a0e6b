// Package walk takes the stack of the calling goroutine by frame pointers: some 2 ns a frame, where runtime.Callers decodes the
// tables of each function from its entry to the call, 30 to 100 ns a frame, and more when they are not in the processor's caches.
//
// The chain is followed only inside the bounds of the goroutine's own stack, only upwards, and counts only if it ends where
// goroutines begin. Where it is not whole (C on the stack, a hostile or missing frame pointer), and in a goroutine that panics,
// whose chain lacks the caller of a leaf that faulted, runtime.Callers is taken instead. The chain has one address for each
// physical frame, so inlined calls are for the resolver to expand and wrappers for it to leave out.
//
// It exists on amd64 and arm64, for the Go versions that CI runs it with; elsewhere, and with the build tag krunk_nowalk,
// everything is left to runtime.Callers.
package walk

import "runtime"

// Walker takes stacks. The zero Walker leaves all to runtime.Callers; New makes one that does not. It is immutable after New and
// safe for concurrent use.
type Walker struct {
	exit   uintptr // return address at the outer end of every goroutine, into runtime.goexit
	panics uintptr // return address into runtime.gopanic, which every goroutine that panics has on its stack
}

// New returns a Walker, the zero one where this build does not walk. It panics once, and recovers, to see what a stack looks like then.
func New() (w Walker) {
	if !Fast {
		return w
	}
	defer func() { _ = recover() }()
	defer func() {
		var pcs [64]uintptr
		n := runtime.Callers(1, pcs[:])
		if n == len(pcs) {
			return // the outer end was not seen
		}
		frames := runtime.CallersFrames(pcs[:n])
		for more := true; more; {
			var f runtime.Frame
			switch f, more = frames.Next(); f.Function {
			case "runtime.gopanic":
				w.panics = f.PC + 1
			case "runtime.goexit":
				w.exit = f.PC + 1
			}
		}
	}()
	panic("krunk: a look at the stack of a panic")
}

// Callers is runtime.Callers with that skip, by frame pointers where their chain is whole. It does not allocate.
//
//go:noinline
func (w Walker) Callers(skip int, pcs []uintptr) int {
	if n, end := w.chain(skip, pcs); end != torn {
		return n
	}
	return runtime.Callers(skip+1, pcs)
}

// Mark is a stack that was measured and not stored. How far its first frame lies from the stack's end stays true when the stack moves.
type Mark struct {
	dist uintptr
	N    int    // addresses
	Kind uint64 // a hash of them
}

// end is how a chain ended.
type end uint8

const (
	torn   end = iota // it is not whole
	whole             // where the goroutine begins
	deeper            // where pcs was full
)
