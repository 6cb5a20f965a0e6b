package crashtext

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// NotRecorded is the message where neither the text nor the frames tell the reason.
const NotRecorded = "fatal error (reason not recorded)"

const deadlock = "all goroutines are asleep - deadlock!"

// finish works out the reason that the runtime did not write: up to Go 1.27 a line "fatal error:" goes to standard error alone.
func (r *Report) finish(s string) {
	switch {
	case r.Kind != Unknown:
		return
	case len(r.Goroutines) == 0:
		if r.Message = opening(s); r.Message != "" {
			r.Kind, r.Inferred = Fatal, true
		}
		return
	}
	r.Kind, r.Inferred = Fatal, true
	gaveUp := false
	for i := range r.Goroutines[:min(len(r.Goroutines), 2)] { // the runtime's own stack may come first, and may not say why
		if r.Message = infer(r.Goroutines[i].Frames); r.Message != "" && r.Message != NotRecorded {
			return
		}
		gaveUp = gaveUp || r.Message != ""
	}
	r.Message = NotRecorded
	if g := &r.Goroutines[0]; !gaveUp && !g.System && g.State != "running" && r.Fault == "" {
		r.Message = deadlock // nobody ran
	}
}

// opening returns the first lines of a text that is like none that is known: something died and left it. Lines with addresses are left out.
func opening(s string) string {
	const lines, most = 4, 1 << 10
	var b []byte
	p := parser{rest: s[:min(len(s), MaxText)]}
	for n := 0; p.rest != "" && n < lines; {
		line := ascii.TrimRight(p.next(), " \t\x00")
		if line == "" || ascii.Index(line, "0x") >= 0 || len(b)+len(line) > most {
			continue
		}
		if n++; n > 1 {
			b = append(b, '\n')
		}
		b = append(b, line...)
	}
	return view(b)
}

// clue is a function that gives a reason away.
type clue struct{ begins, reason string }

// Frames that stand behind the one in which the runtime gave up.
var clues = [...]clue{
	{"runtime.mapassign", "concurrent map writes"},
	{"runtime.mapdelete", "concurrent map writes"},
	{"runtime.mapclear", "concurrent map writes"},
	{"runtime.mapaccess", "concurrent map read and map write"},
	{"runtime.mapiter", "concurrent map iteration and map write"},
	{"runtime.mapIter", "concurrent map iteration and map write"},
	{"internal/runtime/maps.(*Iter).Next", "concurrent map iteration and map write"},
	{"sync.(*Mutex).unlockSlow", "sync: unlock of unlocked mutex"},
	{"internal/sync.(*Mutex).unlockSlow", "sync: unlock of unlocked mutex"},
	{"sync.(*RWMutex).rUnlockSlow", "sync: RUnlock of unlocked RWMutex"},
	{"sync.(*RWMutex).RUnlock", "sync: RUnlock of unlocked RWMutex"},
	{"sync.(*RWMutex).Unlock", "sync: Unlock of unlocked RWMutex"},
	{"runtime.newstack", "stack overflow"},
	{"runtime.checkmcount", "thread exhaustion"},
	{"runtime.(*mcache).", "out of memory"},
	{"runtime.(*mheap).", "out of memory"},
	{"runtime.sysMap", "out of memory"},
	{"runtime.sysReserve", "out of memory"},
	{"runtime.persistentalloc1", "out of memory"},
	{"runtime.preprintpanics.func1", "panic while printing panic value"},
	{"runtime.sigpanic", "unexpected fault"},
	{"runtime.checkdead", deadlock},
}

// maxDepth is how many frames are looked at: the reason is near.
const maxDepth = 12

func infer(frames []Frame) string {
	gaveUp, inMap := false, false
	for i := range frames[:min(len(frames), maxDepth)] {
		name := frames[i].Func
		switch name {
		case "internal/runtime/maps.fatal":
			gaveUp, inMap = true, true
			continue
		case "runtime.throw", "runtime.fatal", "runtime.fatal.func1", "runtime.fatalthrow", "sync.fatal", "sync.throw", "internal/sync.fatal", "internal/sync.throw":
			gaveUp = true
			continue
		}
		if !gaveUp {
			return ""
		}
		for _, c := range &clues {
			if strings.HasPrefix(name, c.begins) {
				return c.reason
			}
		}
		if inMap {
			break
		}
	}
	switch {
	case inMap:
		return "concurrent map access" // which one only the frames of the runtime tell, which are left out at most levels
	case gaveUp:
		return NotRecorded
	}
	return ""
}
