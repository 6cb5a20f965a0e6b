package krunk

import (
	"runtime"
	"strings"
)

// The policy's "first: N" lets the first N records of every kind through. The kind of a record is the place in the game's
// code that made it: texts hold values, and most errors share a few types.

// site returns what tells the caller of the exported method from other places, or 0 if no policy asks: the walk to it takes
// longer than all else that a dropped record costs. It must be called by a function which that method calls. It does not allocate.
//
//go:noinline
func (c *Channel) site() uint64 {
	if !c.state.WantsKey() {
		return 0
	}
	var pc [1]uintptr
	runtime.Callers(4+int(c.frames), pc[:])
	return uint64(pc[0])
}

// bridgeSite is site for a record of another logging library. Where the bridge does not know the place, it is the innermost
// one beyond that library and Krunk.
//
//go:noinline
func (c *Channel) bridgeSite(pc uintptr) uint64 {
	if pc != 0 || !c.state.WantsKey() {
		return uint64(pc)
	}
	var room [32]uintptr
	pcs := room[:runtime.Callers(3, room[:])]
	for _, pc = range pcs {
		if fn := runtime.FuncForPC(pc - 1); fn == nil || !relays(fn.Name()) {
			break
		}
	}
	return uint64(pc)
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
