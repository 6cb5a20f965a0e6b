package stack

import "runtime"

// Build tells one build of a program from others. The zero Build is none.
type Build struct {
	Base  uint64 // address of a function
	Print uint64 // see Fingerprint
}

// Same reports whether the build with that fingerprint has its code where this one has it.
func (b *Build) Same(print uint64) bool { return print != 0 && print == b.Print }

const (
	farthest = 1 << 20 // of the steps to the ends of the code
	between  = 6       // places that are looked at between them
)

// Fingerprint returns the address of a function and a hash of where the program's code begins and ends, counted from there, and of the
// functions at some places between: the same for two runs of one build, wherever they are loaded. Code that grows or shrinks moves all that
// lies behind it, so a build in which code moved has another one. It looks at few places, as each brings 64 KiB of the program's tables into
// memory, and takes some microseconds.
func Fingerprint() (b Build) {
	var pc [1]uintptr
	runtime.Callers(1, pc[:])
	own := runtime.FuncForPC(pc[0])
	if own == nil {
		return b
	}
	at := own.Entry()
	first, last := edge(at, false), edge(at, true)
	b.Base, b.Print = uint64(at), 1
	for i := range uintptr(between + 1) {
		f := runtime.FuncForPC(first + (last-first)/between*i)
		if i == between {
			f = runtime.FuncForPC(last)
		}
		if f == nil {
			continue
		}
		_, line := f.FileLine(f.Entry())
		b.Print = (b.Print ^ uint64(f.Entry()-at)) * 0x9e3779b97f4a7c15
		b.Print = (b.Print ^ uint64(line)) * 0x9e3779b97f4a7c15
		b.Print ^= b.Print >> 29
	}
	return b
}

// edge returns an address in the first or the last function of the code around at.
func edge(at uintptr, forward bool) uintptr {
	step, grow := uintptr(16), true
	for step >= 16 {
		next := at + step
		if !forward {
			next = at - step
		}
		if runtime.FuncForPC(next) == nil {
			grow, step = false, step/2
			continue
		}
		if at = next; grow && step < farthest {
			step *= 2
		}
	}
	return at
}
