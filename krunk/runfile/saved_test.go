package runfile

import (
	"testing"
)

// Nobody copies a run while what stands in it is moved: an entry would be in neither of its places.
func TestNobodySavesWhatIsMoved(t *testing.T) {
	x := &box{}
	s := &saved{box: x}
	moved := false
	s.Move(func() {
		moved = true
		if x.mu.TryLock() {
			t.Error("a save may begin meanwhile")
		}
	})
	if !moved || !x.mu.TryLock() {
		t.Errorf("moved: %v, and nobody can save any more", moved)
	}
}
