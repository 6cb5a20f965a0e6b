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

// Who lingers is woken by Call alone; who sleeps, by both.
func TestBellLetsLingerers(t *testing.T) {
	b := NewBell()
	b.Linger()
	b.Ring()
	if len(b.C()) != 0 {
		t.Error("a ring woke who lingers")
	}
	b.Call()
	b.Call()
	if len(b.C()) != 1 {
		t.Errorf("%d wakes wait after a call, want 1", len(b.C()))
	}
	<-b.C()
	b.Sleep()
	b.Call()
	if len(b.C()) != 1 {
		t.Error("a call did not wake who sleeps")
	}
	<-b.C()
	b.Awake()
	b.Call()
	if len(b.C()) != 0 {
		t.Error("a call while the owner is awake touched the channel")
	}
}

// What is announced by Call is seen though the owner lingers or sleeps, as it comes, and rings come in between; a lost one is a
// deadlock in the bubble.
func TestBellNeverLosesACall(t *testing.T) {
	const callers, each = 16, 3000
	synctest.Test(t, func(t *testing.T) {
		b := NewBell()
		var work atomic.Int64
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for g := range callers {
			wg.Go(func() {
				<-begin
				for i := range each {
					b.Ring()
					work.Add(1)
					b.Call()
					if (i+g)%7 == 0 {
						runtime.Gosched()
					}
				}
			})
		}
		b.Sleep() // once for certain: on a busy machine all of them may be through before the owner has its turn
		close(begin)
		<-b.C()
		got, waits := int64(0), 1
		for round := 0; got < callers*each; round++ {
			got += work.Swap(0)
			if b.Linger(); round%2 == 0 {
				b.Sleep()
			}
			if work.Load() == 0 && got < callers*each {
				waits++
				<-b.C()
			}
			b.Awake()
		}
		wg.Wait()
		if work.Load() != 0 {
			t.Errorf("%d pieces of work left, waited %d times", work.Load(), waits)
		}
	})
}

// Work that is announced by Ring is always seen: the owner never sleeps while there is some. In a bubble a lost wake is a
// deadlock, which synctest reports.
func TestBellNeverLosesAWake(t *testing.T) {
	const ringers, each = 16, 3000
	synctest.Test(t, func(t *testing.T) {
		b := NewBell()
		var work atomic.Int64
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for g := range ringers {
			wg.Go(func() {
				<-begin
				for i := range each {
					work.Add(1)
					b.Ring()
					if (i+g)%7 == 0 {
						runtime.Gosched()
					}
				}
			})
		}
		b.Sleep() // once for certain
		close(begin)
		<-b.C()
		b.Awake()
		got, sleeps := int64(0), 1
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
		if work.Load() != 0 {
			t.Errorf("%d pieces of work left, slept %d times", work.Load(), sleeps)
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
