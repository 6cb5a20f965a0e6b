package stack

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

const krunkModule = "github.com/krunk-go/krunk"

// caught runs f, which must panic, and returns the counters that a deferred function sees.
func caught(t *testing.T, f func()) []uintptr {
	t.Helper()
	pcs := make([]uintptr, 128)
	n := 0
	func() {
		defer func() {
			if recover() != nil {
				n = runtime.Callers(0, pcs)
			}
		}()
		f()
	}()
	if n == 0 {
		t.Fatal("f did not panic")
	}
	return pcs[:n]
}

type boss struct {
	life int
}

//go:noinline
func (b *boss) tick() { b.life-- }

func (b boss) value() { panic(b.life) }

type ticker interface{ tick() }

type promoted struct{ *boss }

type vec[T any] struct{ items []T }

//go:noinline
func (v *vec[T]) at(i int) T { return v.items[i] }

func inlinedLeaf(b *boss) { b.life-- }

func inlinedMiddle(b *boss) { inlinedLeaf(b) }

//go:noinline
func direct() { panic("direct") }

//go:noinline
func panicErr() { panic(errors.New("err")) }

//go:noinline
func index(s []int, i int) int { return s[i] }

//go:noinline
func slice(s []int, i int) []int { return s[i:] }

//go:noinline
func divide(a, b int) int { return a / b }

//go:noinline
func shift(a, b int) int { return a << b }

//go:noinline
func mapNil(m map[string]int) { m["a"] = 1 }

//go:noinline
func mapNilInt(m map[int]int) { m[1] = 1 }

//go:noinline
func mapHash(m map[any]int, k any) { m[k] = 1 }

//go:noinline
func equal(a, b any) bool { return a == b }

//go:noinline
func assertType(v any) int { return v.(int) }

//go:noinline
func assertIface(v any) error { return v.(error) }

//go:noinline
func closeChan(c chan int) { close(c) }

//go:noinline
func sendChan(c chan int) { c <- 1 }

//go:noinline
func makeSlice(n int) []int { return make([]int, n) }

//go:noinline
func makeChan(n int) chan int { return make(chan int, n) }

//go:noinline
func toArray(s []int) [4]int { return [4]int(s) }

//go:noinline
func nilFunc(f func()) { f() }

//go:noinline
func repanic() {
	defer func() {
		if v := recover(); v != nil {
			panic(v)
		}
	}()
	direct()
}

//go:noinline
func panicInDefer() {
	defer direct()
	panicErr()
}

//go:noinline
func rangeFunc() {
	seq := func(yield func(int) bool) { yield(1) }
	for i := range seq {
		panic(i)
	}
}

func TestPanicEndsWithTheCrash(t *testing.T) {
	var nilBoss *boss
	closed := make(chan int)
	close(closed)
	tests := []struct {
		name string
		f    func()
		want string
	}{
		{"direct", direct, "direct"},
		{"error value", panicErr, "panicErr"},
		{"nil dereference", func() { nilBoss.tick() }, "(*boss).tick"},
		{"index", func() { index(nil, 3) }, "index"},
		{"slice", func() { slice(nil, 3) }, "slice"},
		{"divide", func() { _ = divide(1, 0) }, "divide"},
		{"shift", func() { _ = shift(1, -1) }, "shift"},
		{"nil map string", func() { mapNil(nil) }, "mapNil"},
		{"nil map int", func() { mapNilInt(nil) }, "mapNilInt"},
		{"unhashable key", func() { mapHash(map[any]int{}, []int{}) }, "mapHash"},
		{"uncomparable", func() { equal([]int{}, []int{}) }, "equal"},
		{"type assertion", func() { assertType("x") }, "assertType"},
		{"type assertion nil", func() { assertType(nil) }, "assertType"},
		{"interface assertion", func() { assertIface("x") }, "assertIface"},
		{"close closed", func() { closeChan(closed) }, "closeChan"},
		{"close nil", func() { closeChan(nil) }, "closeChan"},
		{"send closed", func() { sendChan(closed) }, "sendChan"},
		{"makeslice", func() { _ = makeSlice(-1) }, "makeSlice"},
		{"makechan", func() { _ = makeChan(-1) }, "makeChan"},
		{"slice to array", func() { toArray(nil) }, "toArray"},
		{"nil func", func() { nilFunc(nil) }, "nilFunc"},
		{"nil panic", func() { panicNil() }, "panicNil"},
		{"repanic", repanic, "repanic.func1"},
		{"panic in defer", panicInDefer, "direct"},
		{"method value", methodValue(nilBoss), "(*boss).tick"},
		{"interface method", func() { ticker(nilBoss).tick() }, "(*boss).tick"},
		{"promoted method", func() { ticker(promoted{}).tick() }, "(*boss).tick"},
		{"value method", func() { boss{}.value() }, "boss.value"},
		{"generic method", func() { (&vec[string]{}).at(1) }, "(*vec[...]).at"},
		{"closure", func() { func() { panic(1) }() }, "TestPanicEndsWithTheCrash.func"},
		{"inlined", func() { inlinedMiddle(nilBoss) }, "inlinedLeaf"},
		{"range over func", rangeFunc, "rangeFunc-range1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewResolver(Options{MainModule: krunkModule})
			checkCrash(t, r.Frames(nil, caught(t, tt.f), Panic), tt.want)
		})
	}
}

//go:noinline
func panicNil() { panic(nil) }

//go:noinline
func methodValue(b *boss) func() { return b.tick }

// checkCrash holds the last frame to be want (or to begin with it, for closures) and the ends to be cut.
func checkCrash(t *testing.T, frames []Frame, want string) {
	t.Helper()
	if len(frames) == 0 {
		t.Fatal("got no frames")
	}
	last := frames[len(frames)-1]
	if last.Function != want && !(strings.HasSuffix(want, ".func") && strings.HasPrefix(last.Function, want)) {
		t.Errorf("last frame: got %q, want %q\n%s", last.Function, want, list(frames))
	}
	if !last.InApp || last.Line == 0 || last.Filename != "internal/stack/panic_test.go" {
		t.Errorf("last frame: got %+v, want in-app, a line and internal/stack/panic_test.go", last)
	}
	if Top(frames) != &frames[len(frames)-1] {
		t.Errorf("Top: got %q, want the last frame", Top(frames).Func)
	}
	if f := frames[0].Func; f == "runtime.goexit" || f == "runtime.main" {
		t.Errorf("first frame: got %q, want it cut", f)
	}
}

func TestRepanicKeepsTheOrigin(t *testing.T) {
	frames := NewResolver(Options{}).Frames(nil, caught(t, repanic), Panic)
	got := list(frames[len(frames)-4:])
	if want := "repanic\ndirect\ngopanic\nrepanic.func1\n"; got != want {
		t.Errorf("innermost frames: got %q, want %q", got, want)
	}
}

func TestPanicInGoroutine(t *testing.T) {
	pcs := make(chan []uintptr)
	go func() {
		defer func() {
			recover()
			buf := make([]uintptr, 64)
			pcs <- buf[:runtime.Callers(0, buf)]
		}()
		direct()
	}()
	frames := NewResolver(Options{MainModule: krunkModule}).Frames(nil, <-pcs, Panic)
	checkCrash(t, frames, "direct")
	if got, want := list(frames), "TestPanicInGoroutine.func1\ndirect\n"; got != want {
		t.Errorf("frames: got %q, want %q", got, want)
	}
}

func TestInlinedFramesAreExpanded(t *testing.T) {
	frames := NewResolver(Options{}).Frames(nil, caught(t, func() { inlinedMiddle(nil) }), Panic)
	got := list(frames[len(frames)-2:])
	if want := "inlinedMiddle\ninlinedLeaf\n"; got != want {
		t.Errorf("innermost frames: got %q, want %q", got, want)
	}
}

func list(frames []Frame) string {
	var b strings.Builder
	for i := range frames {
		b.WriteString(frames[i].Function + "\n")
	}
	return b.String()
}

// embedding's method tick is written by the compiler; with nothing embedded it fails there.
type embedding struct{ ticker }

//go:noinline
func callTick(t ticker) { t.tick() }

type inner struct{ *outerMost }

type outerMost struct{ boss }

func TestPanicInAMethodOfTheCompiler(t *testing.T) {
	for name, v := range map[string]ticker{"interface": &embedding{}, "pointer": inner{}} {
		t.Run(name, func(t *testing.T) {
			frames := NewResolver(Options{MainModule: krunkModule}).Frames(nil, caught(t, func() { callTick(v) }), Panic)
			for i := range frames {
				if frames[i].File == "<autogenerated>" {
					t.Errorf("frame %s of no file is there", frames[i].Func)
				}
			}
		})
	}
}

var once = sync.OnceValue(func() int { panic("once") })

func TestInlinedLibraryIsNotTheGame(t *testing.T) {
	local := sync.OnceFunc(func() { panic("once") })
	for name, f := range map[string]func(){"package level": func() { once() }, "local": local} {
		t.Run(name, func(t *testing.T) {
			frames := NewResolver(Options{MainModule: krunkModule}).Frames(nil, caught(t, f), Panic)
			seen := false
			for i := range frames {
				if library := strings.HasSuffix(frames[i].File, "/sync/oncefunc.go") || frames[i].File == "sync/oncefunc.go"; library {
					seen = true
					if frames[i].InApp || frames[i].Module != "sync" || frames[i].Filename != "sync/oncefunc.go" {
						t.Errorf("frame of package sync: got %+v", frames[i])
					}
				}
			}
			if !seen {
				t.Errorf("no frame of package sync:\n%s", list(frames))
			}
		})
	}
}

func TestTrimmed(t *testing.T) {
	r := NewResolver(Options{})
	if _, file, _, _ := runtime.Caller(0); filepath.IsAbs(file) && r.library == "" {
		t.Error("the standard library was not found")
	}
	for file, want := range map[string]string{
		"sync/oncefunc.go":                                    "sync/oncefunc.go",
		r.library + "sync/oncefunc.go":                        "sync/oncefunc.go",
		"/home/anna/go/pkg/mod/example.test/lib@v1.2.3/x.go":  "example.test/lib@v1.2.3/x.go",
		"C:/Users/anna/go/pkg/mod/example.test/l@v1.0.0/x.go": "example.test/l@v1.0.0/x.go",
		"/src/game/vendor/example.test/lib/x.go":              "example.test/lib/x.go",
		"/src/game/main.go":                                   "",
	} {
		if got := r.trimmed(file); got != want {
			t.Errorf("trimmed(%q): got %q, want %q", file, got, want)
		}
	}
}
