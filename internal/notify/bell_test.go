package notify

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestBellRingsOnceForOneSleep(t *testing.T) {
	b := NewBell()
	b.Ring() // nobody sleeps
	if len(b.C()) != 0 {
		t.Error("a ring while the owner is awake touched the channel")
	}
	b.Sleep()
	b.Ring()
	b.Ring()
	if len(b.C()) != 1 {
		t.Errorf("%d wakes wait, want 1", len(b.C()))
	}
	// The owner found work by itself and did not read the channel: the next sleep ends at once, and the ring is not blocked.
	b.Awake()
	b.Sleep()
	b.Ring()
	if len(b.C()) != 1 {
		t.Errorf("%d wakes wait, want 1", len(b.C()))
	}
	<-b.C()
	b.Awake()
	b.Ring()
	if len(b.C()) != 0 {
		t.Error("a ring after Awake touched the channel")
	}
}

// Work that is announced by Ring is always seen: the owner never sleeps while there is some. In a bubble a lost wake is a
// deadlock, which synctest reports.
func TestBellNeverLosesAWake(t *testing.T) {
	const ringers, each = 16, 3000
	synctest.Test(t, func(t *testing.T) {
		b := NewBell()
		var work atomic.Int64
		var wg sync.WaitGroup
		for g := range ringers {
			wg.Go(func() {
				for i := range each {
					work.Add(1)
					b.Ring()
					if (i+g)%7 == 0 {
						runtime.Gosched()
					}
				}
			})
		}
		got, sleeps := int64(0), 0
		for got < ringers*each {
			got += work.Swap(0)
			b.Sleep()
			if work.Load() == 0 && got < ringers*each {
				sleeps++
				<-b.C()
			}
			b.Awake()
		}
		wg.Wait()
		if work.Load() != 0 || sleeps == 0 {
			t.Errorf("%d pieces of work left, slept %d times; want none left and some sleep", work.Load(), sleeps)
		}
	})
}

func TestRingDoesNotAllocate(t *testing.T) {
	b := NewBell()
	if n := testing.AllocsPerRun(100, func() {
		b.Ring()
		b.Sleep()
		b.Ring()
		b.Ring() // the channel is full: never blocks
		b.Awake()
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
