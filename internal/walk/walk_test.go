package walk_test

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/krunk-go/krunk/internal/walk"
)

var walker = walk.New()

// frames returns function and line of each frame, without what runtime.Callers leaves out.
func frames(pcs []uintptr) (out []string) {
	list := runtime.CallersFrames(pcs)
	for more := len(pcs) > 0; more; {
		var f runtime.Frame
		if f, more = list.Next(); !walk.Elided(f.Function, f.File) {
			out = append(out, fmt.Sprint(f.Function, ":", f.Line))
		}
	}
	return out
}

// compare takes both stacks from one line.
//
//go:noinline
func compare() string {
	var a, b [400]uintptr
	n, m := runtime.Callers(1, a[:]), walker.Callers(1, b[:])
	if got, want := frames(b[:m]), frames(a[:n]); !slices.Equal(got, want) {
		return fmt.Sprintf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	return ""
}

type inner struct{ x int }

//go:noinline
func (inner) Value() string { return compare() }

//go:noinline
func (*inner) Pointer() string { return compare() }

type outer struct{ *inner }

type teller interface {
	Value() string
	Pointer() string
}

func inlined() string { return compare() }

//go:noinline
func generic[T any](v T, f func(T) string) string { return f(v) }

//go:noinline
func deep(n int) string {
	if n == 0 {
		return compare()
	}
	return deep(n - 1)
}

//go:noinline
func large(n int) string { // a frame of 1 KiB, so that the stack grows
	var room [1024]byte
	if n > 0 {
		room[n%len(room)] = 1
		s := large(n - 1)
		runtime.KeepAlive(&room)
		return s
	}
	return compare()
}

//go:noinline
func deferred() (s string) {
	defer func() { s = compare() }()
	return ""
}

//go:noinline
func deferredCall() (s string) {
	defer compareInto(&s)
	return ""
}

//go:noinline
func compareInto(s *string) { *s = compare() }

//go:noinline
func panicking() (s string) {
	defer func() { _ = recover() }()
	defer func() { s = compare() }()
	var p *inner
	p.x++
	return ""
}

//go:noinline
func recovered() (s string) {
	defer func() {
		_ = recover()
		s = compare()
	}()
	panic("x")
}

func ranged() (s string) {
	for range func(yield func(int) bool) { yield(1) } {
		s = compare()
	}
	return s
}

func inGoroutine() string {
	c := make(chan string)
	go func() { c <- compare() }()
	return <-c
}

func inGoroutineCall() string {
	var s string
	var done sync.WaitGroup
	done.Add(1)
	go compareThen(&s, &done)
	done.Wait()
	return s
}

func compareThen(s *string, done *sync.WaitGroup) {
	defer done.Done()
	*s = compare()
}

func TestSameFramesAsCallers(t *testing.T) {
	o := outer{&inner{}}
	var i teller = o
	for _, shape := range []struct {
		name string
		call func() string
	}{
		{"plain", compare},
		{"inlined", inlined},
		{"generic", func() string { return generic(3, func(int) string { return compare() }) }},
		{"generic over a type of its own", func() string { return generic(o, func(o outer) string { return o.Value() }) }},
		{"closure", func() string { return func() string { return compare() }() }},
		{"method value", func() string { f := o.Value; return f() }},
		{"method expression", func() string { return outer.Pointer(o) }},
		{"wrapper of an embedded method", func() string { return i.Value() + i.Pointer() }},
		{"reflect", func() string { return reflect.ValueOf(i).MethodByName("Value").Call(nil)[0].String() }},
		{"reflect.MakeFunc", func() string {
			f := reflect.MakeFunc(reflect.TypeFor[func() string](), func([]reflect.Value) []reflect.Value {
				return []reflect.Value{reflect.ValueOf(compare())}
			})
			return f.Interface().(func() string)()
		}},
		{"defer", deferred},
		{"deferred call", deferredCall},
		{"panicking", panicking},
		{"recovered", recovered},
		{"range over func", ranged},
		{"goroutine", inGoroutine},
		{"goroutine of a call", inGoroutineCall},
		{"300 deep", func() string { return deep(300) }},
		{"deeper than the array", func() string { return deep(500) }},
		{"growing stack", func() string { return large(200) }},
		{"sort", func() (s string) {
			slices.SortFunc([]int{2, 1}, func(a, b int) int { s = compare(); return a - b })
			return s
		}},
	} {
		t.Run(shape.name, func(t *testing.T) {
			if diff := shape.call(); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// measured compares a stack that was measured, and filled in after the goroutine's stack had to move, with that of runtime.Callers.
//
//go:noinline
func measured() string {
	var a [400]uintptr
	var b [8 * 400]byte
	mark, ok := walker.Measure(len(a))
	if !ok {
		if walk.Fast {
			return "the chain is not whole"
		}
		return ""
	}
	grow(40) // by 40 KiB at least
	mark.Fill(b[:])
	n := runtime.Callers(2, a[:])
	pcs := make([]uintptr, mark.N)
	for i := range pcs {
		pcs[i] = uintptr(binary.LittleEndian.Uint64(b[8*i:]))
	}
	if got, want := frames(pcs), frames(a[:n]); !slices.Equal(got, want) {
		return fmt.Sprintf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	return ""
}

//go:noinline
func grow(n int) int {
	var room [1024]byte
	if n > 0 {
		room[n%len(room)] = byte(grow(n - 1))
	}
	return int(room[n%len(room)])
}

//go:noinline
func under(n int, f func() string) string {
	if n == 0 {
		return f()
	}
	s := under(n-1, f)
	runtime.KeepAlive(n)
	return s
}

func TestMeasure(t *testing.T) {
	for _, depth := range []int{0, 10, 63, 64, 100, 250, 300} {
		diff := make(chan string)
		go func() { diff <- under(depth, measured) }() // whose stack is small
		if diff := <-diff; diff != "" {
			t.Errorf("%d frames: %s", depth, diff)
		}
	}
}

// What a stack has over the limit is left out, other stacks have other hashes, and a goroutine that panics is left to runtime.Callers.
func TestMarks(t *testing.T) {
	if !walk.Fast {
		t.Skip("this build does not walk by frame pointers")
	}
	var marks []walk.Mark
	measure := func(limit int) func() string {
		return func() string {
			m, ok := walker.Measure(limit)
			if !ok {
				t.Error("the chain is not whole")
			}
			marks = append(marks, m)
			return ""
		}
	}
	for range 2 {
		under(20, measure(10))
	}
	under(30, measure(100))
	under(31, measure(100))
	if a, b := marks[0], marks[1]; a.N != 10 || a != b {
		t.Errorf("got %+v and %+v, want 10 addresses and the same twice", a, b)
	}
	if a, b := marks[2], marks[3]; b.N != a.N+1 || a.Kind == b.Kind || a.Kind == marks[0].Kind {
		t.Errorf("got %+v and %+v, want one address more and hashes of their own", a, b)
	}
	panicked := func() {
		defer func() {
			_ = recover()
			if _, ok := walker.Measure(100); ok {
				t.Error("panicking: got a chain, want runtime.Callers to be asked")
			}
		}()
		panic("x")
	}
	panicked()
	if _, ok := walker.Measure(100); !ok {
		t.Error("recovered: the chain is not whole")
	}
}

func TestWithout(t *testing.T) {
	var pcs [64]uintptr
	var n int
	under(3, func() string { n = runtime.Callers(2, pcs[:]); return "" })
	for i, pc := range pcs[:n] {
		on := under(3, func() string { return fmt.Sprint(walker.Without(pc)) })
		if i != 4 && on != "false" { // that one is the call of under, which is another one here
			t.Errorf("frame %d of %d: not found", i, n)
		}
	}
	if walk.Fast && !walker.Without(1) {
		t.Error("an address that is on no stack: got false")
	}
	if (walk.Walker{}).Without(1) {
		t.Error("zero Walker: got true")
	}
	if n := testing.AllocsPerRun(100, func() { walker.Without(1); walker.Measure(100) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

// Many goroutines grow their stacks while the collector runs.
func TestWhileStacksMove(t *testing.T) {
	var all sync.WaitGroup
	bad := make(chan string, 64)
	for g := range 64 {
		all.Go(func() {
			for n := range 40 {
				if diff := large((g*7 + n*13) % 150); diff != "" {
					select {
					case bad <- diff:
					default:
					}
				}
			}
		})
	}
	for range 20 {
		runtime.GC()
	}
	all.Wait()
	select {
	case diff := <-bad:
		t.Error(diff)
	default:
	}
}

// The chain is what is taken, not the fallback, or the tests above would compare runtime.Callers with itself.
func TestWalksByFramePointers(t *testing.T) {
	var a, b [64]uintptr
	taken := func() bool { // a chain has the wrapper of the goroutine, which runtime.Callers leaves out
		n := walker.Callers(0, a[:])
		m := runtime.Callers(0, b[:])
		return n > m
	}
	got := make(chan bool)
	go func(taken func() bool) { got <- taken() }(taken)
	if taken := <-got; taken != walk.Fast && walk.Fast {
		t.Errorf("got a stack of runtime.Callers, want one by frame pointers")
	}
	if n := testing.AllocsPerRun(100, func() { walker.Callers(1, a[:]) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

// A stack that is cut keeps the innermost frames, and short arrays are no fault.
func TestShortArrays(t *testing.T) {
	for n := range 4 {
		pcs := make([]uintptr, n+1)
		if got := walker.Callers(1, pcs[:n]); got != n || pcs[n] != 0 {
			t.Errorf("%d: got %d, %x behind it", n, got, pcs[n])
		}
	}
	if got := (walk.Walker{}).Callers(1, make([]uintptr, 1)); got != 1 {
		t.Errorf("zero Walker: got %d, want 1", got)
	}
}

func BenchmarkWalk(b *testing.B) {
	for _, depth := range []int{10, 63, 100, 250} {
		for name, take := range map[string]func([]uintptr) int{
			"callers": func(pcs []uintptr) int { return runtime.Callers(0, pcs) },
			"walk":    func(pcs []uintptr) int { return walker.Callers(0, pcs) },
		} {
			b.Run(fmt.Sprint(name, "/", depth), func(b *testing.B) {
				var pcs [260]uintptr
				at(depth, func() {
					for b.Loop() {
						take(pcs[:])
					}
				})
			})
		}
	}
}

//go:noinline
func at(depth int, f func()) {
	if depth == 0 {
		f()
		return
	}
	at(depth-1, f)
	runtime.KeepAlive(depth)
}

func TestElided(t *testing.T) {
	for _, c := range []struct {
		function, file string
		want           bool
	}{
		{"main.f", "/src/main.go", false},
		{"main.(*T).Do", "<autogenerated>", true},
		{"main.f.gowrap1", "/src/main.go", true},
		{"main.f.func2.deferwrap12", "/src/main.go", true},
		{"main.gowrap", "/src/main.go", false},
		{"main.f.gowrap1st", "/src/main.go", false},
		{"runtime.call32", "asm_amd64.s", true},
		{"runtime.callers", "proc.go", false},
		{"runtime.call", "proc.go", false},
		{"reflect.Value.call", "value.go", false},
		{"f", "", false},
	} {
		if got := walk.Elided(c.function, c.file); got != c.want {
			t.Errorf("%s in %s: got %v, want %v", c.function, c.file, got, c.want)
		}
	}
}
