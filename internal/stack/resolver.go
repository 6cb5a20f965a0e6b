package stack

import (
	"runtime"
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/walk"
)

// What the Resolver's cache holds, in frames. A full cache is emptied; a game's call sites come back within a few stacks.
const (
	maxCache  = 512
	minCache  = 16
	frameSize = 200 // bytes on 64 bits, 120 on 32, the index and the joined file names included
)

// Options is what decides about in-app frames and cutting. The zero value works: see the fields.
type Options struct {
	MainModule string   // path of the main module; empty: in-app is guessed frame by frame
	InApp      []string // further import path prefixes that are the game's
	Cut        []string // further import path prefixes to cut where they are innermost, beside Krunk's own
	Memory     int      // bytes of the cache, of which 100 KiB are used at most; 0: these
}

// Resolver turns counters into frames. It is owned by the recorder's goroutine and not safe for use by two at once.
type Resolver struct {
	mainModule    string   // immutable after NewResolver
	inAppPrefixes []string // immutable after NewResolver
	cut           []string // immutable after NewResolver
	library       string   // where the standard library lay when it was built, "" with -trimpath; immutable after NewResolver
	index         map[uintptr]uint16
	cache         []entry    // as large as it ever becomes from its first use on
	size          int        // immutable after NewResolver
	query         [2]uintptr // what CallersFrames is asked; here because it escapes
}

// entry is the cached meaning of one counter. next is the counter of the call around an inlined one, which
// runtime.Callers lists behind it and a stack taken from elsewhere may not; 0 when the frame is not inlined.
type entry struct {
	_     [0]func() // no code to compare it
	frame Frame
	next  uintptr
}

// NewResolver returns a Resolver with an empty cache. It copies the lists of o; slashes at the ends of the prefixes
// are ignored, and so are empty ones.
func NewResolver(o Options) *Resolver {
	size := maxCache
	if o.Memory > 0 {
		size = min(max(o.Memory/frameSize, minCache), maxCache)
	}
	return &Resolver{
		size:          size,
		mainModule:    strings.TrimSuffix(o.MainModule, "/"),
		inAppPrefixes: prefixes(o.InApp),
		cut:           prefixes(o.Cut),
		library:       library(),
	}
}

// library finds where the source of the standard library lay by a function of it.
func library() string {
	var pc [1]uintptr
	runtime.Callers(0, pc[:])
	f, _ := runtime.CallersFrames(pc[:]).Next()
	at := ascii.LastIndex(f.File, "/src/runtime/")
	if at < 0 {
		return ""
	}
	return f.File[:at+len("/src/")]
}

//go:noinline
func prefixes(list []string) []string {
	var out []string
	for _, p := range list {
		if p = strings.TrimSuffix(p, "/"); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// Frames appends the frames of pcs (as runtime.Callers gives them, innermost first) to dst, cut by kind, in the order
// of the wire: the outermost caller first, the call site or the crash last. Inlined calls are expanded. A counter that
// the program does not know becomes a frame with nothing but PC. It does not allocate when dst has room and the
// counters were seen before, unless more than 512 others came between. It must not retain pcs.
func (r *Resolver) Frames(dst []Frame, pcs []uintptr, kind Kind) []Frame {
	start := len(dst)
	dst = r.expand(dst, pcs)
	return dst[:start+len(Arrange(dst[start:], kind))]
}

// expand appends the frames of pcs, uncut and innermost first.
func (r *Resolver) expand(dst []Frame, pcs []uintptr) []Frame {
	for i, pc := range pcs {
		rest := pcs[i+1:]
		for pc != 0 {
			e := r.lookup(pc)
			dst = append(dst, e.frame)
			// As in runtime.Frames.Next: the calls around an inlined one are put in only where pcs leaves them out,
			// and the last counter is left alone, for it may be one of a list that was cut short.
			if len(rest) == 0 || rest[0] == e.next {
				break
			}
			pc = e.next
		}
	}
	return dst
}

// Fill works out Module, Function, Filename, AbsPath and InApp from Func and File, for a frame that comes from
// somewhere else than this program's counters, such as the text of a crash.
func (r *Resolver) Fill(f *Frame) {
	f.Module, f.Function = Split(f.Func)
	f.Module = r.moduleOf(f)
	f.role = r.roleOf(f.Func, f.Module, f.File)
	f.InApp = r.inApp(f)
	f.elided = walk.Elided(f.Func, f.File)
	f.Filename = r.filename(f)
	f.AbsPath = ""
	if isAbs(f.File) {
		f.AbsPath = f.File
	}
}

// lookup returns the entry of pc; it is valid until the next call.
func (r *Resolver) lookup(pc uintptr) *entry {
	if i, ok := r.index[pc]; ok {
		return &r.cache[i]
	}
	if r.cache == nil {
		r.cache, r.index = make([]entry, 0, r.size), make(map[uintptr]uint16, r.size)
	}
	if len(r.cache) == r.size {
		clear(r.index)
		clear(r.cache)
		r.cache = r.cache[:0]
	}
	r.index[pc] = uint16(len(r.cache))
	r.cache = append(r.cache, r.resolve(pc))
	return &r.cache[len(r.cache)-1]
}

// resolve asks the runtime about one counter. The second counter stands for nothing; it is there because the runtime
// expands an inlined call only when another counter follows.
func (r *Resolver) resolve(pc uintptr) entry {
	r.query = [2]uintptr{pc, 1}
	frames := runtime.CallersFrames(r.query[:])
	got, more := frames.Next()
	if got.PC == 0 {
		return entry{frame: Frame{PC: pc}}
	}
	e := entry{frame: Frame{Func: got.Function, File: got.File, Line: got.Line, PC: got.PC}}
	r.Fill(&e.frame)
	if got.Func != nil {
		_, e.frame.First = got.Func.FileLine(got.Func.Entry())
	} else if more {
		outer, _ := frames.Next()
		e.next = outer.PC + 1
	}
	return e
}
