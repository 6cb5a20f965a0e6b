//go:build !js && !wasip1

package crashtext

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// way is how a child of this test dies, and what its text must say.
type way struct {
	die     func()
	env     string // GOTRACEBACK
	kind    Kind
	message string   // or one of may
	may     []string // what else it may be: the runtime does not write the reason, and its frames do not always tell
	top     string   // ends the name of a function on the stack of the goroutine at fault
	fault   string
	again   bool // a panic that was raised again with its value
	empty   bool // no text
	bare    bool // a text without goroutines
}

const (
	nilDeref = "runtime error: invalid memory address or nil pointer dereference"
	segv     = "SIGSEGV: segmentation violation"
)

type broken struct{}

func (broken) Error() string { panic("Error panics") }

type stringer struct{}

func (stringer) String() string { return "a Stringer" }

type namedInt int

type something struct{ a, b int }

//go:noinline
func load(p *int) int { return *p }

//go:noinline
func item(list []int, i int) int { return list[i] }

//go:noinline
func overflow(n int) int {
	if n < 0 {
		return 0
	}
	return overflow(n+1) + 1
}

//go:noinline
func noMap() map[string]int { return nil }

// elsewhere runs f in a goroutine that Krunk knows nothing of, beside two that wait.
func elsewhere(f func()) {
	go waits()
	go waits()
	time.Sleep(time.Millisecond)
	go f()
	select {}
}

func waits() { select {} }

// again recovers a panic and raises it once more, as Client.Repanic does.
func again() {
	if v := recover(); v != nil {
		panic(v)
	}
}

// storm lets goroutines use a map without a lock until the runtime sees it.
func storm(use func(m map[int]int)) {
	runtime.GOMAXPROCS(4)
	m := map[int]int{0: 0, 1: 1, 2: 2, 3: 3}
	for range 4 {
		go func() {
			for {
				use(m)
			}
		}()
	}
	time.Sleep(2 * time.Minute)
}

var concurrent = []string{"concurrent map read and map write", "concurrent map iteration and map write", "concurrent map access", "concurrent map writes"}

// ways are all ways to die: those that leave a text, and those that do not.
func ways() map[string]way {
	all := signals()
	maps.Copy(all, map[string]way{
		"panic":        {die: func() { panic("boom") }, kind: Panic, message: "boom", top: "crashtext.ways.func1"},
		"goroutine":    {die: func() { elsewhere(func() { panic(errors.New("an error")) }) }, kind: Panic, message: "an error", top: "crashtext.ways.func2.1"},
		"timer":        {die: func() { time.AfterFunc(1, func() { panic("in a timer") }); select {} }, kind: Panic, message: "in a timer"},
		"finalizer":    {die: finalizer, kind: Panic, message: "in a finalizer"},
		"cleanup":      {die: cleanup, kind: Panic, message: "in a cleanup"},
		"int":          {die: func() { panic(namedInt(7)) }, kind: Panic, message: "crashtext.namedInt(7)"},
		"stringer":     {die: func() { panic(stringer{}) }, kind: Panic, message: "(crashtext.stringer) {...}", may: []string{"a Stringer", "(crashtext.stringer)"}},
		"struct":       {die: func() { panic(something{1, 2}) }, kind: Panic, message: "(crashtext.something)", may: []string{"(crashtext.something) {...}"}},
		"lines":        {die: func() { panic("one\ngoroutine 9 [running]:\nmain.fake()") }, kind: Panic, message: "one\ngoroutine 9 [running]:\nmain.fake()"},
		"index":        {die: func() { item(nil, 9) }, kind: Panic, message: "runtime error: index out of range [9] with length 0", top: "crashtext.item"},
		"nil deref":    {die: func() { load(nil) }, kind: Panic, message: nilDeref, top: "crashtext.load", fault: segv},
		"nil map":      {die: func() { noMap()["a"] = 1 }, kind: Panic, message: "assignment to entry in nil map"},
		"closed":       {die: func() { c := make(chan int); close(c); close(c) }, kind: Panic, message: "close of closed channel"},
		"panic nil":    {die: func() { panic(nil) }, kind: Panic, message: "panic called with nil argument (use GODEBUG=panicnil=1 to disable)", may: []string{"panic called with nil argument", "runtime error: panic called with nil argument"}},
		"again":        {die: func() { defer again(); load(nil) }, kind: Panic, message: nilDeref, top: "crashtext.load", fault: segv, again: true},
		"again twice":  {die: func() { defer again(); func() { defer again(); panic(errors.New("boom")) }() }, kind: Panic, message: "boom", again: true},
		"again Go":     {die: func() { elsewhere(func() { defer again(); panic([]int{1}) }) }, kind: Panic, message: "([]int) [...]", may: []string{"([]int)", "([]int) {...}"}, again: true},
		"another":      {die: func() { defer func() { recover(); panic("second") }(); panic("first") }, kind: Panic, message: "second"},
		"nested":       {die: func() { defer func() { panic("second") }(); panic("first") }, kind: Panic, message: "second"},
		"Error panics": {die: func() { panic(broken{}) }, kind: Fatal, message: "panic while printing panic value"},
		"nil error":    {die: func() { var e *os.PathError; panic(e) }, kind: Fatal, message: "panic while printing panic value", fault: segv},
		"map writes":   {die: func() { storm(func(m map[int]int) { m[1]++; m[2] = 1 }) }, kind: Fatal, message: "concurrent map access", may: concurrent},
		"map read": {die: func() {
			go storm(func(m map[int]int) { m[3]++; _ = m[2] })
			storm(func(m map[int]int) { m[1]++; _ = m[2] })
		}, kind: Fatal, message: "concurrent map access", may: concurrent},
		"map iteration": {die: func() {
			storm(func(m map[int]int) {
				for k := range m {
					m[k] = 1
				}
			})
		}, kind: Fatal, message: "concurrent map iteration and map write", may: concurrent},
		"unlock":          {die: func() { new(sync.Mutex).Unlock() }, kind: Fatal, message: "sync: unlock of unlocked mutex", top: "(*Mutex).unlockSlow"},
		"RUnlock":         {die: func() { new(sync.RWMutex).RUnlock() }, kind: Fatal, message: "sync: RUnlock of unlocked RWMutex"},
		"rw Unlock":       {die: func() { new(sync.RWMutex).Unlock() }, kind: Fatal, message: "sync: Unlock of unlocked RWMutex"},
		"unlock in defer": {die: func() { defer new(sync.Mutex).Unlock(); panic("boom") }, kind: Fatal, message: "sync: unlock of unlocked mutex"},
		"deadlock":        {die: func() { <-make(chan int) }, kind: Fatal, message: deadlock},
		"overflow":        {die: func() { debug.SetMaxStack(1 << 20); os.Exit(overflow(0)) }, kind: Fatal, message: "stack overflow", top: "crashtext.overflow"},
		"threads":         {die: threads, kind: Fatal, message: "thread exhaustion"},
		"bad address":     {die: func() { load((*int)(unsafe.Add(unsafe.Pointer(nil), 1<<20))) }, kind: Fatal, message: "unexpected fault", top: "crashtext.load", fault: segv, may: []string{nilDeref}},
		"main Goexit":     {die: func() { runtime.Goexit() }, empty: true},
		"exit":            {die: func() { os.Exit(3) }, empty: true},
		"quiet panic":     {die: func() { panic("boom") }, env: "none", kind: Panic, message: "boom", bare: true},
		"quiet fatal":     {die: func() { new(sync.Mutex).Unlock() }, env: "none", empty: true},
		"system panic":    {die: func() { panic("boom") }, env: "system", kind: Panic, message: "boom"},
		"system fatal":    {die: func() { new(sync.Mutex).Unlock() }, env: "system", kind: Fatal, message: "sync: unlock of unlocked mutex"},
		"system again":    {die: func() { defer again(); load(nil) }, env: "system", kind: Panic, message: nilDeref, top: "crashtext.load", fault: segv, again: true},
		"all panic":       {die: func() { elsewhere(func() { panic("boom") }) }, env: "all", kind: Panic, message: "boom"},
		"all map":         {die: func() { storm(func(m map[int]int) { m[1]++ }) }, env: "system", kind: Fatal, message: "concurrent map writes", may: concurrent},
		"labels":          {die: labelled, env: "all", kind: Panic, message: "boom"},
		"again number":    {die: againNumber, kind: Panic, again: true},
	})
	return all
}

func finalizer() {
	for {
		runtime.SetFinalizer(new([8]int), func(*[8]int) { panic("in a finalizer") })
		runtime.GC()
	}
}

func cleanup() {
	for {
		runtime.AddCleanup(new([8]int), func(int) { panic("in a cleanup") }, 1)
		runtime.GC()
	}
}

// labelled dies beside a goroutine whose labels are a player's: Go 1.27 prints them.
func labelled() {
	pprof.Do(context.Background(), pprof.Labels("player", "anna", "match", "m-17"), func(context.Context) {
		go waits()
		time.Sleep(time.Millisecond)
		panic("boom")
	})
}

// againNumber dies of a panic that says which goroutine it is.
func againNumber() {
	elsewhere(func() {
		defer again()
		b := make([]byte, 64)
		n, _ := number(string(b[len(header):runtime.Stack(b, false)]))
		panic(strconv.FormatUint(n, 10))
	})
}

// threads needs more threads than it may have.
func threads() {
	debug.SetMaxThreads(12)
	for range 30 {
		go func() {
			runtime.LockOSThread()
			select {}
		}()
		time.Sleep(time.Millisecond)
	}
	select {}
}

// TestMain lets a child die. It is not the goroutine of a test that does, since package testing recovers there.
func TestMain(m *testing.M) {
	name := os.Getenv("KRUNK_DIE")
	if name == "" {
		os.Exit(m.Run())
	}
	f, err := os.OpenFile(os.Getenv("KRUNK_TEXT"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		fmt.Println(err)
		os.Exit(9)
	}
	if err := debug.SetCrashOutput(f, debug.CrashOptions{}); err != nil {
		fmt.Println(err)
		os.Exit(9)
	}
	f.Close()
	w, ok := ways()[name]
	if !ok {
		os.Exit(9)
	}
	w.die()
	fmt.Println("it lives")
	os.Exit(9)
}

// died runs a child that dies in that way and returns the text that it left.
func died(t *testing.T, name string, w *way) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	args := append(strings.Fields(os.Getenv("KRUNK_EXEC")), exe) // an emulator that runs the test runs its children
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GOTRACEBACK=") && !strings.HasPrefix(v, "GODEBUG=") && !strings.HasPrefix(v, "GOCOVERDIR=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "KRUNK_DIE="+name, "KRUNK_TEXT="+path, "GOTRACEBACK="+w.env)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		t.Skip("this system cannot run the test's own program")
	case !errors.As(err, &exit) || exit.ExitCode() == 9 || ctx.Err() != nil:
		t.Fatalf("the child ended with %v: %.2000s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every way to die that leaves a text is told by it, with the Go that runs this test.
func TestEveryWayToDie(t *testing.T) {
	for name, w := range ways() {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			if (name == "deadlock" || name == "main Goexit") && raceEnabled {
				t.Skip("the runtime sees no deadlock in a program with C code")
			}
			if name == "hangup" && signal.Ignored(syscall.SIGHUP) || name == "interrupt" && signal.Ignored(syscall.SIGINT) {
				t.Skip("this process ignores the signal, as nohup and a shell in the background make it, and so do its children")
			}
			if (name == "bad address" || name == "no memory") && os.Getenv("KRUNK_EXEC") != "" {
				t.Skip("the emulator's memory is another one")
			}
			check(t, &w, died(t, name, &w))
		})
	}
}

func check(t *testing.T, w *way, text string) {
	t.Helper()
	if w.empty {
		if strings.TrimSpace(text) != "" {
			t.Errorf("it left a text:\n%.2000s", text)
		}
		return
	}
	r := Parse(text)
	if r.Kind != w.kind || w.message != "" && r.Message != w.message && !slices.Contains(w.may, r.Message) {
		t.Errorf("kind %d, message %q, inferred %v; want %d, %q", r.Kind, r.Message, r.Inferred, w.kind, w.message)
	}
	if r.Repanicked() != w.again {
		t.Errorf("raised again: %v, want %v", r.Repanicked(), w.again)
	}
	if w.fault != "" && r.Fault != w.fault && runtime.GOOS != "windows" {
		t.Errorf("signal %q, want %q", r.Fault, w.fault)
	}
	g := r.AtFault()
	switch {
	case g == nil && w.bare:
		return
	case g == nil || len(g.Frames) == 0:
		t.Fatalf("no stack in\n%.3000s", text)
	}
	found := w.top == ""
	for _, f := range g.Frames {
		found = found || strings.HasSuffix(f.Func, w.top)
		if f.File == "" || f.Line == 0 && !strings.HasSuffix(f.File, ".s") {
			t.Errorf("frame %+v has no place", f)
		}
	}
	if !found {
		t.Errorf("no %s in %+v", w.top, g.Frames)
	}
	for _, private := range []string{"anna", "m-17"} {
		if strings.Contains(fmt.Sprintf("%+v", *r), private) {
			t.Errorf("%q is in %+v", private, *r)
		}
	}
	if t.Failed() {
		t.Logf("%.4000s", text)
	}
}

// A text that begins with the goroutine which had captured its panic says so, and with its number.
func TestRaisedAgainByWhom(t *testing.T) {
	w := way{}
	text := died(t, "again number", &w)
	r := Parse(text)
	var id uint64
	for i := range r.Panics {
		id, _ = strconv.ParseUint(r.Panics[i].Text, 10, 64)
	}
	if g := r.AtFault(); id == 0 || g == nil || g.ID != id || !r.Repanicked() {
		t.Errorf("goroutine %d raised it again, the text says %+v:\n%.2000s", id, g, text)
	}
}
