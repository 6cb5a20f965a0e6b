package stack

import "strings"

// Kind says where the counters of a stack come from, and with it which frames are not part of the story.
type Kind uint8

const (
	// Call is a stack taken at a call site: leading frames of the runtime and of the SDK are cut.
	Call Kind = iota
	// Panic is a stack taken in a deferred function while panicking: all up to and with the first runtime.gopanic
	// is cut, then the frames of the runtime that raised the panic. Without runtime.gopanic it is read as Call.
	Panic
	// Bridge is Call for a handler below a logger: leading frames of log, log/slog, zap, zerolog and logrus are
	// cut too, so that the stack belongs to the line that logged.
	Bridge
)

// role is what a frame is to the cutting rules.
type role uint8

const (
	roleOther   role = iota
	roleRuntime      // runtime. or internal/runtime/, but not runtime/debug.
	rolePanic        // runtime.gopanic
	roleBase         // where goroutines start: runtime.goexit, runtime.main and what runs init functions
	roleSDK          // below one of Options.Cut
	roleLogger       // a logging library, cut for Bridge
)

// Arrange takes frames in the order of the runtime (innermost first), already filled by Fill, and returns them as
// the wire wants them: cut by kind, the outermost caller first, the crash last. It works in place, and the result is
// frames without its last elements. At least one frame is left of a stack that had one. It does not allocate.
func Arrange(frames []Frame, kind Kind) []Frame {
	end := len(frames)
	for end > 1 && frames[end-1].role == roleBase {
		end--
	}
	frames = frames[:end]
	n := innerCut(frames, kind)
	if n >= end { // Nothing but the SDK and the runtime: better that than nothing.
		n = 0
	}
	for i, j := 0, end-1; i < j; i, j = i+1, j-1 {
		frames[i], frames[j] = frames[j], frames[i]
	}
	return frames[:end-n]
}

// innerCut returns how many of the innermost frames are cut.
func innerCut(frames []Frame, kind Kind) int {
	if kind == Panic {
		if n := panicCut(frames); n > 0 {
			return n
		}
	}
	n := 0
	for n < len(frames) && leading(frames[n].role, kind) {
		n++
	}
	return n
}

func leading(r role, kind Kind) bool {
	switch r {
	case roleRuntime, roleBase, roleSDK:
		return true
	case roleLogger:
		return kind == Bridge
	}
	return false
}

// panicCut returns how many frames belong to the panic's machinery, 0 when there is no runtime.gopanic. A panic that
// the SDK itself raised again (Repanic, Go) is not an origin: what it repeats lies one gopanic further out.
func panicCut(frames []Frame) int {
	n := 0
	for i := 0; i < len(frames); i++ {
		if frames[i].role != rolePanic {
			if n == 0 || frames[i].role == roleSDK {
				continue
			}
			break
		}
		for i++; i < len(frames) && frames[i].role == roleRuntime; i++ {
		}
		n = i
		i--
	}
	return n
}

// roleOf classifies a function by its full name; module is its import path.
func (r *Resolver) roleOf(fn, module, file string) role {
	switch fn {
	case "runtime.gopanic", "panic": // Crash text prints gopanic as panic.
		return rolePanic
	case "runtime.goexit", "runtime.main", "runtime.doInit", "runtime.doInit1":
		return roleBase
	}
	switch {
	case strings.HasPrefix(fn, "runtime.") || strings.HasPrefix(fn, "internal/runtime/"):
		return roleRuntime
	case r.isSDK(module, file):
		return roleSDK
	case isLogger(module):
		return roleLogger
	}
	return roleOther
}

// isSDK reports whether module lies below a cut prefix. Tests of those packages are callers, not SDK.
func (r *Resolver) isSDK(module, file string) bool {
	if strings.HasSuffix(module, "_test") || strings.HasSuffix(file, "_test.go") {
		return false
	}
	if below(module, "github.com/krunk-go/krunk/krunk") || below(module, "github.com/krunk-go/krunk/internal") {
		return true
	}
	return belowAny(module, r.cut)
}

func isLogger(module string) bool {
	switch module {
	case "log", "log/slog", "go.uber.org/zap", "go.uber.org/zap/zapcore", "github.com/rs/zerolog",
		"github.com/rs/zerolog/log", "github.com/sirupsen/logrus",
		"io", "fmt", "bufio": // may stand between a logger and Channel.Writer, as io.MultiWriter does
		return true
	}
	return false
}
