package krunk_test

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
)

// live returns the bytes that were reachable at a collection. What others allocate while it marks counts as well.
func live() int64 {
	runtime.GC()
	m := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(m)
	return int64(m[0].Value.Uint64())
}

// calmest returns what two collections in a row find, since nobody allocates meanwhile then, or else the least of fifty.
func calmest() int64 {
	last := live()
	least := last
	for range 50 {
		time.Sleep(time.Millisecond)
		now := live()
		if least = min(least, now); now == last {
			break
		}
		last = now
	}
	return least
}

// settle has the runtime make the threads that a busy machine makes it start some time or other: each keeps some KiB, and is kept.
func settle() {
	const threads = 32
	var all, held sync.WaitGroup
	held.Add(threads)
	for range threads {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			held.Done()
			held.Wait()
		})
	}
	all.Wait()
}

// deep calls f n frames further down, by one of many ways, so that stacks differ.
func deep(n int, way uint, f func()) {
	switch {
	case n == 0:
		f()
	case way>>(n%16)&1 == 0:
		deep(n-1, way, f)
	default:
		deep(n-1, way, f)
	}
}

// flood captures everything there is, from deep stacks, with a scope that is full.
func flood(c *krunk.Client, long string, err error, rounds int, look func()) {
	for i := range 60 {
		c.SetTag(fmt.Sprint("tag", i), long)
	}
	for i := range 30 {
		c.SetContext(fmt.Sprint("context", i), krunk.String("a", long), krunk.String("b", long), krunk.String("c", long), krunk.String("d", long))
	}
	c.SetUser(krunk.User{ID: long, Name: long, Email: long})
	net := c.Channel("net").With(krunk.String("with", long))
	for i := range rounds {
		deep(150, uint(i), func() {
			net.Report(err, krunk.String("attr", long), krunk.Int("i", i))
			net.Info("info", krunk.String("attr", long))
			net.Error(long, krunk.String("attr", long))
			c.SetTag("frame", fmt.Sprint(i))
		})
		if i%16 == 0 {
			deep(150, uint(i), func() { c.ReportPanic(err) })
		}
		if i%64 == 63 {
			look()
		}
	}
}

// What is reachable because of a client stays within Config.Memory, all that it takes to make and send an event and what go-json
// keeps included.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	var pack transport.Compressor
	start := func(memory int) *krunk.Client {
		c, err := krunk.Start(krunk.Config{
			Compress: pack,
			DSN:      "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1", Memory: memory, MaxRepeats: 1 << 20, Panics: krunk.Panics{MaxRepeats: 1 << 20},
			Channels: map[string]krunk.Thresholds{"*": {Send: "info"}},
			Transport: transport.Func(func(ctx transport.Context, _ *transport.Request) (transport.Response, error) {
				return transport.Response{}, errors.New("no route to host")
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	long := strings.Repeat("x", 2000)
	storm := fmt.Errorf("storm: %w", errors.Join(errors.New(long), errors.New(long)))
	settle()
	first := start(0) // what a process keeps once, such as go-json's tables
	flood(first, long, storm, 300, func() {})
	first.Close(0)
	_, _, tables := deflate.Items().Form()
	for i, memory := range []int{128 << 10, 256 << 10, 1 << 20, 4 << 20, 164<<10 + tables, 1 << 20, 4 << 20} {
		if pack = nil; i >= 4 {
			pack = deflate.Items()
		}
		t.Run(fmt.Sprint(memory>>10, "KiB", map[bool]string{true: " compressed"}[pack != nil]), func(t *testing.T) {
			// In one storm of ten the process itself keeps some 8 KiB more: the least of three is the client's.
			limit, most, after := int64(memory)*105/100, int64(0), int64(0)
			for try := 0; try < 3 && (try == 0 || most > limit || after > limit); try++ {
				most, after = weigh(start, memory, long, storm)
				t.Logf("%.3f of it in the storm, %.3f after it", float64(most)/float64(memory), float64(after)/float64(memory))
			}
			if most > limit || after > limit {
				t.Errorf("%d bytes in the storm and %d after it, want at most %d", most, after, limit)
			}
		})
	}
}

// weigh returns what is reachable because of a client, most of it in a storm and after it.
func weigh(start func(int) *krunk.Client, memory int, long string, storm error) (most, after int64) {
	calmest()
	base := calmest()
	c := start(memory)
	gone := make(chan struct{})
	runtime.AddCleanup(c, func(gone chan struct{}) { close(gone) }, gone)
	defer func() { // or it counts as what was there before the next one
		c.Close(0)
		c = nil
		for range 10_000 {
			runtime.GC()
			select {
			case <-gone:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	flood(c, long, storm, 1000, func() { most = max(most, calmest()-base) })
	time.Sleep(100 * time.Millisecond) // the recorder waits for room, the sender for the end of its pause
	return most, live() - base
}
