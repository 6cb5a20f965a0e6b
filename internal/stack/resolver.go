package stack

import (
	"runtime"
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/walk"
)

// What the Resolver's cache holds, in frames.
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
	cache
	query [2]uintptr // what CallersFrames is asked; here because it escapes
}

// cache is what counters were found to mean. Where it is full, the entry goes that was not asked for since the hand passed it last:
// the outer calls, which all stacks share, stay however many sites there are.
type cache struct {
	entries  []entry // as large as it ever becomes from its first use on
	heads    []uint16
	size     int // immutable after NewResolver
	hand     int
	resolved int
}

// entry is the cached meaning of one counter. next is the counter of the call around an inlined one, which
// runtime.Callers lists behind it and a stack taken from elsewhere may not; 0 when the frame is not inlined.
type entry struct {
	_     [0]func() // no code to compare it
	frame Frame
	next  uintptr
	pc    uintptr
	link  uint16 // 1 + place of the next entry with the same head, 0: none
	used  bool   // since the hand passed
}

// NewResolver returns a Resolver with an empty cache. It copies the lists of o; slashes at the ends of the prefixes
// are ignored, and so are empty ones.
func NewResolver(o Options) *Resolver {
	size := maxCache
	if o.Memory > 0 {
		size = min(max(o.Memory/frameSize, minCache), maxCache)
	}
	return &Resolver{
		cache:         cache{size: size},
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

// Resolved returns how many counters had to be resolved so far.
func (r *Resolver) Resolved() int { return r.resolved }

// lookup returns the entry of pc; it is valid until the next call.
func (r *Resolver) lookup(pc uintptr) *entry {
	if e := r.find(pc); e != nil {
		return e
	}
	at := r.place()
	e := &r.entries[at]
	*e = r.resolve(pc)
	e.pc = pc
	head := r.head(pc)
	e.link, *head = *head, uint16(at+1)
	r.resolved++
	return e
}

func (c *cache) find(pc uintptr) *entry {
	if c.heads == nil {
		c.entries, c.heads = make([]entry, 0, c.size), make([]uint16, maxCache)
	}
	for i := *c.head(pc); i != 0; {
		e := &c.entries[i-1]
		if e.pc == pc {
			e.used = true
			return e
		}
		i = e.link
	}
	return nil
}

// head returns where the list of the entries begins that pc belongs to.
func (c *cache) head(pc uintptr) *uint16 {
	const m = 0x9e3779b1
	return &c.heads[uint32(pc)*m>>16&(maxCache-1)]
}

// place returns the place of a new entry.
func (c *cache) place() int {
	if n := len(c.entries); n < c.size {
		c.entries = c.entries[:n+1]
		return n
	}
	for c.entries[c.hand].used {
		c.entries[c.hand].used = false
		c.hand = (c.hand + 1) % c.size
	}
	at := c.hand
	c.hand = (at + 1) % c.size
	p := c.head(c.entries[at].pc)
	for *p != uint16(at+1) {
		p = &c.entries[*p-1].link
	}
	*p = c.entries[at].link
	return at
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
