package krunk

import (
	"runtime"
	"strings"

	"github.com/krunk-go/krunk/internal/stack"
)

// The policy's "first: N" lets the first N records of every kind through. The kind of a record is the place in the game's
// code that made it: texts hold values, and most errors share a few types.

// ownFrames is what lies between the place that calls an exported method and the stack that siteKey takes: Report and decideError,
// or Info and log, then take, siteKey and runtime.Callers itself. To ask for the functions' names would allocate for inlined ones.
const ownFrames = 5

// siteKey returns what tells the place that makes a record from other places. It is asked for only where a policy wants it: the walk
// takes longer than all else that a dropped record costs. It does not allocate.
//
//go:noinline
func siteKey() uint64 {
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
	n := relayed(pcs, 0)
	for i := n; i < len(pcs) && i <= n+stack.Between; i++ { // a bridge that somebody wrote
		if stack.IsLogger(packageOf(pcs[i])) {
			n = relayed(pcs, i)
			break
		}
	}
	if n == len(pcs) {
		return pcs[n-1]
	}
	return pcs[n]
}

// relayed returns the first counter from n on that is neither a logging library's nor plumbing nor Krunk's.
func relayed(pcs []uintptr, n int) int {
	for ; n < len(pcs); n++ {
		const own = "github.com/krunk-go/krunk/krunk"
		pkg := packageOf(pcs[n])
		krunks := pkg == own || strings.HasPrefix(pkg, own+"/") && !strings.HasSuffix(pkg, "_test")
		if !krunks && !stack.IsLogger(pkg) && !stack.IsPipe(pkg) {
			break
		}
	}
	return n
}

// packageOf returns the import path of the function behind a return address, as the linker wrote it.
func packageOf(pc uintptr) string {
	f := runtime.FuncForPC(pc - 1)
	if f == nil {
		return ""
	}
	name := f.Name()
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return ""
	}
	return name[:slash+dot]
}
