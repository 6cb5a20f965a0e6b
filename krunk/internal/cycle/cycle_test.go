package cycle_test

import (
	"sync"
	"testing"

	"github.com/krunk-go/krunk/krunk/internal/cycle"
)

// round calls itself as a bridge does whose next output leads back to it.
func round(g *cycle.Guard, turns, depth int) (reached, found int) {
	if depth == turns {
		return depth, 0
	}
	ok, cut := g.Enter()
	if cut {
		found = 1
	}
	if !ok {
		return depth, found
	}
	defer g.Leave()
	reached, more := round(g, turns, depth+1)
	return reached, found + more
}

func TestGuard(t *testing.T) {
	g := new(cycle.Guard)
	if reached, found := round(g, 5, 0); reached != 5 || found != 0 {
		t.Errorf("a logger that logs of its own output: %d turns, found %d; want all 5 and nothing found", reached, found)
	}
	if reached, found := round(g, 1000, 0); reached > 20 || found != 1 {
		t.Errorf("a cycle: %d turns, found %d; want few, and found once", reached, found)
	}
	if ok, found := g.Enter(); ok || found {
		t.Errorf("behind a cycle: got %v, %v, want the next output left out in silence", ok, found)
	}
}

// Many goroutines at a slow output are no cycle.
func TestManyAtOnce(t *testing.T) {
	g := new(cycle.Guard)
	var all, in sync.WaitGroup
	gate := make(chan struct{})
	for range 100 {
		in.Add(1)
		all.Go(func() {
			ok, found := g.Enter()
			in.Done()
			if !ok || found {
				t.Errorf("got %v, %v, want every goroutine to get on", ok, found)
				return
			}
			<-gate
			g.Leave()
		})
	}
	in.Wait()
	close(gate)
	all.Wait()
}

func TestGuardDoesNotAllocate(t *testing.T) {
	g := new(cycle.Guard)
	if got := testing.AllocsPerRun(100, func() {
		if ok, _ := g.Enter(); ok {
			g.Leave()
		}
	}); got != 0 {
		t.Errorf("%v allocations, want 0", got)
	}
}
