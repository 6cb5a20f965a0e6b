package recorder

import (
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/stack"
)

// others adds goroutines as threads beside the one that the event is of, at, which is one of them or nil. The runtime's own ones, such as
// those of the garbage collector, are left out, but for the one that the text begins with: it may be where the runtime gave up.
func (e *events) others(list []crashtext.Goroutine, at *crashtext.Goroutine) {
	if e.event.Threads == nil {
		e.threads.Values = e.threads.Values[:0]
	}
	for i := range list {
		g := &list[i]
		if g == at && len(e.threads.Values) > 0 {
			e.threads.Values[0].State, e.threads.Values[0].Name = doing(g), origin(g)
			continue
		}
		if g == at || e.listed(g.ID) {
			continue
		}
		frames := texts(e.stacks, nil, g.Frames, stack.Call)
		if i > 0 && (g.System || strings.HasPrefix(g.CreatedBy.Func, "runtime.")) && ofRuntime(frames) {
			continue
		}
		t := protocol.Thread{ID: g.ID, Name: origin(g), Main: g.ID == 1, State: doing(g)}
		if len(frames) > 0 {
			t.Stacktrace = &protocol.Stacktrace{Frames: e.wire(make([]protocol.Frame, 0, len(frames)), frames)}
		}
		e.threads.Values = append(e.threads.Values, t)
	}
	if len(e.threads.Values) > 0 {
		e.event.Threads = &e.threads
	}
}

// ofRuntime reports whether frames, of which there are some, are all of the runtime.
func ofRuntime(frames []stack.Frame) bool {
	for i := range frames {
		if m := frames[i].Module; m != "runtime" && !strings.HasPrefix(m, "internal/runtime/") {
			return false
		}
	}
	return len(frames) > 0
}

func (e *events) listed(id uint64) bool {
	for i := range e.threads.Values {
		if e.threads.Values[i].ID == id {
			return true
		}
	}
	return false
}

// texts appends the frames of a text, cut and in the order of the wire.
func texts(r *stack.Resolver, dst []stack.Frame, frames []crashtext.Frame, kind stack.Kind) []stack.Frame {
	for len(frames) > 1 && gaveUp(frames[0].Func) {
		frames = frames[1:]
	}
	from := len(dst)
	for i := range frames {
		dst = append(dst, stack.Frame{Func: frames[i].Func, File: frames[i].File, Line: frames[i].Line})
		r.Fill(&dst[len(dst)-1])
	}
	return dst[:from+len(stack.Arrange(dst[from:], kind))]
}

// gaveUp reports whether a function is one through which package sync ends a program, which the runtime names as if it were that package's.
func gaveUp(function string) bool {
	switch function {
	case "sync.fatal", "sync.throw", "internal/sync.fatal", "internal/sync.throw":
		return true
	}
	return false
}

// origin says where a goroutine came from.
func origin(g *crashtext.Goroutine) string {
	switch {
	case g.ID == 1:
		return "main"
	case g.System:
		return "runtime"
	case g.CreatedBy.Func != "":
		return "go in " + g.CreatedBy.Func
	}
	return ""
}

// doing is what a goroutine did, as the runtime writes it.
func doing(g *crashtext.Goroutine) string {
	s := g.State
	if g.Minutes > 0 {
		s += ", " + strconv.Itoa(g.Minutes) + " minutes"
	}
	if g.Locked {
		s += ", locked to thread"
	}
	return s
}
