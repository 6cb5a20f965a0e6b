package runfile

import (
	"testing"

	"github.com/krunk-go/krunk/internal/runfile"
	"github.com/krunk-go/krunk/internal/stack"
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

// What tells builds apart is the same in each run of one, and is more than where its functions lie.
func TestBuild(t *testing.T) {
	b, places := build(), stack.Fingerprint()
	if b != build() || b.Base != places.Base || !b.Same(build().Print) {
		t.Errorf("got %+v and then %+v", b, build())
	}
	if runfile.Program() != 0 && b.Same(places.Print) {
		t.Error("a build with the same functions and other lines is taken for this one")
	}
}
