package goroutines

import "testing"

// A test that panics has failed, and says so.
func TestPlay(t *testing.T) {
	w := &world{step: func() {}}
	go w.play()
}
