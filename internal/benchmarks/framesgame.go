package benchmarks

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// game is a loop of 60 frames a second on a thread of its own. A frame works for 4 to 8 ms of processor time, makes some
// garbage, and captures in the middle of its work, at a stack of 10 frames.
type game struct {
	world []uint64 // outside of Go's heap, or no candidate would ever cause a collection
	at    int      // where the next part of the work begins
	sum   uint64

	live  [][]byte // what a game keeps, and what it makes and forgets
	load  Load
	costs []FrameCost
	left  int       // calls that the frame has to make
	seq   int       // of the next call
	burst func()    // makes the calls of a frame
	do    func(int) // one call
}

const (
	workPart  = 4096 // numbers between two readings of the clock
	gameLive  = 6 << 10
	gameFresh = 32 // a frame, KiB
)

// framesRole plays a game: arguments who, address, load, server, GOMAXPROCS, frames, MiB of world.
func framesRole(args []string, out *json.Encoder) error {
	if len(args) != 7 {
		return fmt.Errorf("benchmarks: role frames got %q; write who, address, load, server, processors, frames, MiB", args)
	}
	load, err := loadOf(args[2])
	if err != nil {
		return err
	}
	var numbers [3]int
	for i, a := range args[4:] {
		if numbers[i], err = strconv.Atoi(a); err != nil || numbers[i] < 1 {
			return fmt.Errorf("benchmarks: role frames: %q is no count: %w", a, err)
		}
	}
	runtime.GOMAXPROCS(numbers[0])
	g, err := newGame(load, numbers[2])
	if err != nil {
		return err
	}
	r, err := openReporter(args[0], "http://0123456789abcdef0123456789abcdef@"+args[1]+"/1", load)
	if err != nil {
		return err
	}
	g.do = r.capture
	var run FrameRun
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		run = g.measure(numbers[1])
	}()
	<-done
	if args[3] == "up" { // a server that hangs takes nothing any more
		run.Counted, err = r.end()
	}
	if err != nil {
		return err
	}
	return out.Encode(run)
}

func newGame(load Load, mib int) (*game, error) {
	memory, err := syscall.Mmap(-1, 0, mib<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("benchmarks: %d MiB for the world: %w", mib, err)
	}
	g := &game{world: numbersOf(memory), live: make([][]byte, gameLive), load: load}
	for i := range g.world {
		g.world[i] = uint64(i) * 0x9e3779b97f4a7c15
	}
	for i := range g.live {
		g.live[i] = make([]byte, 1<<10)
	}
	g.burst = func() {
		cpu, wall := threadTime(), time.Now()
		g.do(g.seq)
		took, first := time.Since(wall), threadTime()
		for i := 1; i < g.left; i++ {
			g.do(g.seq + i)
		}
		g.costs = append(g.costs, FrameCost{Calls: g.left, CPU: threadTime() - cpu, First: first - cpu, Wall: took})
	}
	return g, nil
}

// measure plays some frames to get warm, as the first call of a process is not what a frame feels, and then those that count.
//
//go:noinline
func (g *game) measure(frames int) (run FrameRun) {
	g.costs = make([]FrameCost, 0, frames)
	g.play(min(frames, frameRate))
	g.costs = g.costs[:0]
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	g.play(frames)
	runtime.ReadMemStats(&after)
	return FrameRun{
		Costs: g.costs, Captured: g.seq, GCs: int(after.NumGC - before.NumGC),
		Allocated: after.TotalAlloc - before.TotalAlloc, Heap: after.HeapSys,
	}
}

// play ends after that many frames, or when it takes three times as long as they should.
//
//go:noinline
func (g *game) play(frames int) {
	const frame = time.Second / frameRate
	begin := time.Now()
	next, limit := begin, 3*time.Duration(frames)*frame+time.Second
	for f := 0; f < frames && time.Since(begin) < limit; f++ {
		half := 2*time.Millisecond + time.Duration(f*5%9)*time.Millisecond/4
		g.work(half)
		if g.left = g.load.calls(f); g.left > 0 {
			atPlace(g.burst)
			g.seq += g.left
		}
		for i := range gameFresh {
			g.live[(f*gameFresh+i)%len(g.live)] = make([]byte, 1<<10)
		}
		g.work(half)
		next = next.Add(frame)
		if d := time.Until(next); d > 0 {
			time.Sleep(d)
		} else {
			next = time.Now()
		}
	}
}

// work adds whole numbers on purpose: scalar SSE square roots wait for what the runtime left in vector registers, which would
// measure that instead (examples/frameloop/world.go).
func (g *game) work(d time.Duration) {
	for end := threadTime() + d; threadTime() < end; {
		sum := g.sum
		for i, c := range g.world[g.at : g.at+workPart] {
			sum += c >> 7
			g.world[g.at+i] = c + sum&0xff
		}
		g.sum = sum
		g.at = (g.at + workPart) % len(g.world)
	}
}
