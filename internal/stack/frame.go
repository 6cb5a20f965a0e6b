// Package stack turns program counters into the frames that a report shows: names split as Sentry shows Go, short
// file names, in-app or not, the SDK's own calls cut away, the outermost caller first and the place of the crash last.
//
// Taking the counters is the caller's part and happens elsewhere; everything here runs on the recorder's goroutine.
// The package links neither fmt nor reflect nor runtime/debug (whose ReadBuildInfo costs 192 KiB in a program without
// fmt), so the path of the main module comes in from outside.
package stack

// Frame is one call. The strings of a resolved frame belong to the program's symbol tables or to the Resolver's
// cache; they are immutable and may be kept.
type Frame struct {
	_        [0]func() // no code to compare it
	Func     string    // full name as the runtime gave it: "example.test/moonfall/ai.(*Boss).Tick"
	Module   string    // import path, unescaped: "example.test/moonfall/ai"
	Function string    // the rest: "(*Boss).Tick"
	File     string    // as the runtime gave it; may hold a home directory, so never send it
	Filename string    // short, never absolute, not empty when File is known: "ai/boss.go"
	AbsPath  string    // File when it is absolute (a build without -trimpath), else empty; scrub before sending
	Line     int       // from 1; 0 when unknown
	First    int       // first line of the function; 0 when unknown, as in one that was inlined
	InApp    bool      // code of the game, by import path
	copied   bool      // what came through here was copied by a loop of the standard library
	role     role      // what the cutting rules need to know
	elided   bool      // put in by the compiler, the runtime or reflect
	PC       uintptr   // of the call or of the faulting instruction; the counter as given when nothing is known of it
}

// Place reports whether f tells one log line from another: it is neither Krunk's nor plumbing, and not the one line below which
// a loop copies whatever somebody else wrote.
func (f *Frame) Place() bool {
	return !f.copied && (f.role == roleOther || f.role == roleLogger)
}

// Top returns the innermost in-app frame of frames in wire order (crash last), the innermost frame when none is
// in-app, and nil for an empty stack. The result points into frames. It does not allocate.
func Top(frames []Frame) *Frame {
	for i := len(frames) - 1; i >= 0; i-- {
		if frames[i].InApp {
			return &frames[i]
		}
	}
	if len(frames) == 0 {
		return nil
	}
	return &frames[len(frames)-1]
}
