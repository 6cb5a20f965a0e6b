package goroutines

import "testing"

// Helper is for tests, whose panics nobody wants reported.
func Helper(t *testing.T, w *world) {
	t.Helper()
	go w.play()
}
