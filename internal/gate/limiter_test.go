package gate

import (
	"sync"
	"testing"
	"time"
)

func TestLimiterUnderContentionNeverExceeds(t *testing.T) {
	l := NewLimiter(1000, time.Hour, 100)
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 8 {
		wg.Go(func() {
			n := 0
			for range 1000 {
				if l.take(0) {
					n++
				}
			}
			mu.Lock()
			total += n
			mu.Unlock()
		})
	}
	wg.Wait()
	if total != 100 {
		t.Errorf("got %d, want 100", total)
	}
}
