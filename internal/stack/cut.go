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
	// Bridge is Call for a handler below a logger that does not know the place which logged: leading frames of logging
	// libraries are cut too, with what may stand between them and Krunk, so that the stack belongs to the line that logged.
	Bridge
	// Text is the stack of a goroutine that a panic killed, as the runtime prints it: mostly without the panic that it died of, but with
	// those before, whose runtime.gopanic is part of the story. What is cut is the runtime that raised it, and the first runtime.gopanic
	// where that comes next.
	Text
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
	rolePipe         // of the standard library; may stand between a logger and Krunk, as io.MultiWriter does
)

// Arrange takes frames in the order of the runtime (innermost first), already filled by Fill, and returns them as
// the wire wants them: cut by kind, the outermost caller first, the crash last. It works in place, and the result is
// frames without its last elements. At least one frame is left of a stack that had one. It does not allocate.
func Arrange(frames []Frame, kind Kind) []Frame {
	frames = written(frames)
	end := len(frames)
	for end > 1 && frames[end-1].role == roleBase {
		end--
	}
	frames = frames[:end]
	n := innerCut(frames, kind)
	if n >= end { // Nothing but loggers and plumbing: that says more than the SDK, and the SDK more than nothing.
		if n = leading(frames, 0, Call); n >= end {
			n = 0
		}
	} else if kind == Bridge {
		for i := range frames[:n] { // a logger may copy its own line, out of a buffer
			f := &frames[i]
			frames[n].copied = f.role != roleLogger && (frames[n].copied || f.role == rolePipe && isCopy(f.Function))
		}
	}
	for i, j := 0, end-1; i < j; i, j = i+1, j-1 {
		frames[i], frames[j] = frames[j], frames[i]
	}
	return frames[:end-n]
}

// written leaves out what the compiler, the runtime and reflect put between two functions, such as the method that an embedded
// type brings along: it fails in the name of nobody, and runtime.Callers does not tell it where a walk by frame pointers does.
func written(frames []Frame) []Frame {
	n := 0
	for i := range frames {
		if !frames[i].elided || len(frames) == 1 {
			frames[n] = frames[i]
			n++
		}
	}
	return frames[:n]
}

// Between is how many frames may stand between Krunk and the logger: a bridge that somebody wrote, with a helper or two.
const Between = 4

// innerCut returns how many of the innermost frames are cut.
func innerCut(frames []Frame, kind Kind) int {
	if kind == Panic {
		if n := panicCut(frames); n > 0 {
			return n
		}
	}
	n := leading(frames, 0, kind)
	if kind == Text && n < len(frames) && frames[n].role == rolePanic {
		return panicCut(frames)
	}
	if kind != Bridge {
		return n
	}
	for i := n; i < len(frames) && i <= n+Between; i++ {
		if frames[i].role == roleLogger {
			return leading(frames, i, kind)
		}
	}
	return n
}

// leading returns the end of the frames from n on that are nobody's story.
func leading(frames []Frame, n int, kind Kind) int {
	for ; n < len(frames); n++ {
		switch frames[n].role {
		case roleRuntime, roleBase, roleSDK:
			continue
		case roleLogger, rolePipe:
			if kind == Bridge {
				continue
			}
		}
		break
	}
	return n
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
	case IsLogger(module):
		return roleLogger
	case IsPipe(module):
		return rolePipe
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

// IsLogger reports whether a package belongs to a logging library.
func IsLogger(module string) bool {
	if module == "log" || module == "log/slog" {
		return true
	}
	for _, path := range [...]string{
		"go.uber.org/zap", "golang.org/x/exp/slog", "k8s.io/klog", "charm.land/log", "github.com/rs/zerolog", "github.com/sirupsen/logrus",
		"github.com/go-logr", "github.com/charmbracelet/log", "github.com/phuslu/log", "github.com/apex/log", "github.com/go-kit/log",
		"github.com/go-kit/kit/log", "github.com/hashicorp/go-hclog", "github.com/golang/glog", "github.com/samber/slog-multi",
	} {
		if below(module, path) {
			return true
		}
	}
	return false
}

// IsPipe reports whether a package is plumbing that texts run through.
func IsPipe(module string) bool {
	switch module {
	case "io", "fmt", "bufio", "bytes", "strings", "os", "os/exec":
		return true
	}
	return false
}

// isCopy reports whether a function copies what another one wrote, perhaps in another process.
func isCopy(function string) bool {
	return function == "copyBuffer" || function == "genericWriteTo" || strings.HasSuffix(function, ".WriteTo")
}
