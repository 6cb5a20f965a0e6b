//krunk:allow go each of them is there to die of

package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// way is one to die.
type way struct {
	what string
	die  func(*krunk.Client)
}

var ways = map[string]way{
	"clean":     {"it does not: Close delivers or keeps", func(*krunk.Client) {}},
	"panic":     {"a panic in main, which Repanic reports", func(*krunk.Client) { panic("the boss has no health") }},
	"goroutine": {"a panic in a goroutine that nobody wrapped", func(*krunk.Client) { unwrapped(func() { panic("nobody wrapped me") }) }},
	"nil":       {"a nil pointer in a goroutine that nobody wrapped", func(*krunk.Client) { unwrapped(func() { *nowhere() = 1 }) }},
	"map":       {"two goroutines write one map", func(*krunk.Client) { writers() }},
	"stack":     {"a recursion without an end", func(*krunk.Client) { overflow() }},
	"unlock":    {"a mutex that is not locked is unlocked", func(*krunk.Client) { new(sync.Mutex).Unlock() }},
	"hang":      {"a frame that never ends, until somebody kills the program", hang},
	"kill":      {"SIGKILL: a task manager, the system out of memory, a power button", func(*krunk.Client) { kill() }},
	"abort":     {"SIGABRT, as C libraries do it", func(*krunk.Client) { abort() }},
	"exit":      {"os.Exit without Close, as log.Fatal does it", func(*krunk.Client) { os.Exit(3) }},
	"background": {"killed in the background, as phones do it", func(c *krunk.Client) {
		c.Foreground(false)
		kill()
	}},
}

func list(out io.Writer) {
	for _, name := range slices.Sorted(maps.Keys(ways)) {
		fmt.Fprintf(out, "%-10s %s\n", name, ways[name].what)
	}
}

func unwrapped(f func()) {
	go f()
	select {}
}

//go:noinline
func nowhere() *int { return nil }

// writers come to be seen where there is one processor too: the runtime takes that from no goroutine within a write, the system takes it from a
// thread.
func writers() {
	runtime.GOMAXPROCS(8)
	score := make(map[int]int)
	for range 8 {
		go func() {
			for i := 0; ; i++ {
				score[i&7]++
			}
		}()
	}
	select {}
}

// overflow needs no gigabyte, which is what Go allows a stack of.
func overflow() {
	debug.SetMaxStack(32 << 20)
	fmt.Println(deeper(1))
}

//go:noinline
func deeper(n int) int {
	if n == 0 { // as good as never
		return 0
	}
	return deeper(n+1) + n
}

func hang(*krunk.Client) {
	time.Sleep(5 * time.Second)
	kill()
}

// kill ends this program as nobody can catch it.
func kill() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}
