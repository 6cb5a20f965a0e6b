package krunkebiten

import (
	"testing"
	"testing/synctest"
	"time"
)

// A frame is copied ten times a second, however many there are, and the first one at once.
func TestShotsAreSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for fps, want := range map[int]int{5: 5, 10: 10, 60: 10, 240: 10} {
			s := shots{began: time.Now()}
			n := 0
			for range fps {
				if s.due() {
					n++
				}
				time.Sleep(time.Second / time.Duration(fps))
			}
			if n < want-1 || n > want+1 {
				t.Errorf("%d frames of %d a second were copied, want %d", n, fps, want)
			}
		}
	})
}
