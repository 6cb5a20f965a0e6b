// Package krunk stands where the SDK stands and prints stacks as the runtime gives them.
package krunk

import "runtime"

// Report prints the stack of a call.
func Report(name string) { dump(name + " call") }

// Recover prints the stack of a panic and ends it.
func Recover(name string) {
	if v := recover(); v != nil {
		dump(name + " panic")
	}
}

// Again prints nothing and panics again, as Repanic does.
func Again() {
	if v := recover(); v != nil {
		panic(v)
	}
}

// Guard calls f with a closure of its own; it is inlined into its caller.
func Guard(f func()) {
	g := func() { f() }
	run(g)
}

//go:noinline
func run(f func()) { f() }

func dump(header string) {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	println("#", header)
	for {
		f, more := frames.Next()
		println(f.Function, f.File, f.Line)
		if !more {
			return
		}
	}
}
