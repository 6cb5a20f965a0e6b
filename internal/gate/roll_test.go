package gate

import (
	"math"
	"runtime"
	"sync"
	"testing"
)

// Draws are as even as those of a generator with a state of its own: over all, from one to the next, and between what goes out as log records, as events and as both.
func TestRollIsEven(t *testing.T) {
	const n, cells = 1 << 18, 64
	c := NewChannel("net")
	for seed := range uint32(8) {
		c.sow(seed) // the worst there are
		single, pairs, both, third := make([]int, cells), make([]int, cells), make([]int, cells), make([]int, cells)
		before := rolled(c.draws[asRecord].seed, 0)
		for i := range uint32(n) {
			x, y, z := rolled(c.draws[asRecord].seed, i+1), rolled(c.draws[asEvent].seed, i+1), rolled(c.draws[asBoth].seed, i+1)
			single[x>>26]++
			pairs[before>>29<<3|x>>29]++
			both[x>>29<<3|y>>29]++
			third[y>>29<<3|z>>29]++
			before = x
		}
		for name, got := range map[string][]int{"single": single, "pairs": pairs, "both": both, "third": third} {
			chi := 0.0
			for _, k := range got {
				chi += math.Pow(float64(k)-n/cells, 2) / (n / cells)
			}
			if chi < 20 || chi > 130 { // 63 degrees of freedom: one in a million lies outside
				t.Errorf("seed %d, %s: chi-square of %d cells is %.1f", seed, name, cells, chi)
			}
		}
	}
}

// What is let through and what is told as lost make all that was drawn, whoever asks meanwhile.
func TestDrawsAreCountedOnce(t *testing.T) {
	const n, workers = 20_000, 4
	c := NewChannel("net")
	c.Publish(Thresholds{Send: LevelInfo, Issue: LevelError}, Settings{Clients: 1, Records: 300_000})
	var kept [workers]uint64
	var told uint64
	var busy sync.WaitGroup
	for w := range workers {
		busy.Go(func() {
			for range n {
				if v, _ := c.Take(Send|Draw, LevelInfo, 0); v&Send != 0 {
					kept[w]++
				}
			}
		})
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			some, _ := c.TakeDropped(Open)
			told += some
			runtime.Gosched() // nobody takes the processor from a goroutine in a browser
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	busy.Wait()
	close(stop)
	<-stopped
	last, _ := c.TakeDropped(Closed)
	told += last
	all := told
	for _, k := range kept {
		all += k
	}
	if all != n*workers || told < n*workers/2 {
		t.Errorf("got %d of %d draws, %d of them told as lost", all, n*workers, told)
	}
}
