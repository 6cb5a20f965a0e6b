package krunk

import (
	"runtime"
	"strings"
)

// The policy's "first: N" lets the first N records of every kind through. The kind of a record is the place in the game's
// code that made it: texts hold values, and most errors share a few types.

// ownFrames is what lies between the place that calls an exported method and runtime.Callers in siteKey: the exported method,
// report or log, decide, siteKey and runtime.Callers itself. Asking what the functions are called would allocate for inlined ones.
const ownFrames = 5

// siteKey returns what tells the place that makes a record from other places, or 0 if no policy asks: the walk to it takes
// longer than all else that a dropped record costs. A bridge may know the place. It does not allocate.
//
//go:noinline
func (c *Channel) siteKey(known uintptr) uint64 {
	if known != 0 || !c.state.WantsKey() {
		return uint64(known)
	}
	var pc [1]uintptr
	runtime.Callers(ownFrames, pc[:])
	return uint64(pc[0])
}

// bridgeSite returns the place that logged through a bridge which does not know it: the innermost one of the stack that belongs
// neither to Krunk nor to a bridge nor to a logging library.
//
//go:noinline
func (c *Channel) bridgeSite(known uintptr) uintptr {
	if known != 0 || !c.state.WantsKey() {
		return known
	}
	var room [32]uintptr
	pcs := room[:runtime.Callers(self, room[:])]
	for _, known = range pcs {
		if fn := runtime.FuncForPC(known - 1); fn == nil || !relays(fn.Name()) {
			break
		}
	}
	return known
}

// relays reports whether a function belongs to what may stand between the place that logs and Channel.Emit.
func relays(fn string) bool {
	slash := strings.LastIndexByte(fn, '/') + 1
	dot := strings.IndexByte(fn[slash:], '.')
	if dot < 0 {
		return false
	}
	switch pkg := fn[:slash+dot]; pkg {
	case "log", "log/slog", "io", "fmt", "bufio",
		"go.uber.org/zap", "go.uber.org/zap/zapcore", "github.com/rs/zerolog", "github.com/rs/zerolog/log", "github.com/sirupsen/logrus":
		return true
	default:
		const own = "github.com/krunk-go/krunk/krunk"
		return pkg == own || strings.HasPrefix(pkg, own+"/") && !strings.HasSuffix(pkg, "_test")
	}
}
