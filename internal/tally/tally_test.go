package tally

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/krunk-go/krunk/internal/protocol"
)

const (
	overflow = protocol.ReasonQueueOverflow
	sampled  = protocol.ReasonSampleRate
	errs     = protocol.CategoryError
	items    = protocol.CategoryLogItem
)

func d(r protocol.Reason, c protocol.Category, n uint64) protocol.Discard {
	return protocol.Discard{Reason: r, Category: c, Quantity: n}
}

func want(t *testing.T, what string, got []protocol.Discard, want ...protocol.Discard) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestTally(t *testing.T) {
	var c Tally
	want(t, "nothing untold", c.Untold(nil))
	c.Add(sampled, items, 5)
	c.Add(overflow, errs, 2)
	c.Add(overflow, errs, 1)
	c.Add(overflow, items, 0)
	first := c.Untold(nil)
	want(t, "untold", first, d(overflow, errs, 3), d(sampled, items, 5))

	// A report that did not arrive: all of it stays untold, with what came since.
	c.Add(overflow, errs, 1)
	want(t, "untold again", c.Untold(nil), d(overflow, errs, 4), d(sampled, items, 5))

	// The first report did arrive; what came after it was made is left.
	c.Told(first)
	want(t, "left", c.Untold(nil), d(overflow, errs, 1))
	c.Told(c.Untold(nil))
	want(t, "all told", c.Untold(nil))
	want(t, "total", c.Total(nil), d(overflow, errs, 4), d(sampled, items, 5))
}

func TestEveryReasonAndCategory(t *testing.T) {
	var c Tally
	var all []protocol.Discard
	for r := range protocol.Reason(protocol.Reasons) {
		for cat := range protocol.Category(protocol.Categories) {
			all = append(all, d(r, cat, uint64(r)*100+uint64(cat)+1))
			c.Add(r, cat, all[len(all)-1].Quantity)
		}
	}
	want(t, "total", c.Total(nil), all...)
	prefix := d(sampled, errs, 9)
	want(t, "appended", c.Untold([]protocol.Discard{prefix}), append([]protocol.Discard{prefix}, all...)...)
}

// Reports go on while goroutines count: in the end everything was told exactly once.
func TestConcurrently(t *testing.T) {
	const adders, each = 16, 1000
	var c Tally
	var wg sync.WaitGroup
	for range adders {
		wg.Go(func() {
			for range each {
				c.Add(overflow, errs, 1)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	told := uint64(0)
	tell := func() {
		list := c.Untold(nil)
		for _, d := range list {
			told += d.Quantity
		}
		c.Told(list)
	}
	for counting := true; counting; {
		select {
		case <-done:
			counting = false
		default:
			tell()
			runtime.Gosched() // where there is one thread, nobody else gets it otherwise
		}
	}
	tell()
	if told != adders*each {
		t.Errorf("told %d, want %d", told, adders*each)
	}
}

func TestAddDoesNotAllocate(t *testing.T) {
	var c Tally
	if n := testing.AllocsPerRun(100, func() { c.Add(overflow, errs, 1) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// The counters of a dead run lie in bytes; what it did not tell is told once, and what cannot be is not believed.
func TestInherit(t *testing.T) {
	if Size != unsafe.Sizeof(Tally{}) {
		t.Fatalf("a Tally takes %d bytes, want Size %d", unsafe.Sizeof(Tally{}), Size)
	}
	mem := make([]uint64, Size/8)
	dead := At(unsafe.Slice((*byte)(unsafe.Pointer(&mem[0])), Size))
	dead.Add(overflow, errs, 5)
	dead.Told([]protocol.Discard{d(overflow, errs, 2)})
	dead.Add(sampled, items, 1)
	dead.Told([]protocol.Discard{d(sampled, items, 4)}) // damaged
	var c Tally
	c.Add(overflow, errs, 10)
	c.Inherit(dead)
	c.Inherit(dead)
	want(t, "inherited", c.Untold(nil), d(overflow, errs, 13))
}
