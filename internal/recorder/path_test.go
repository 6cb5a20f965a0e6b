package recorder

import (
	"fmt"
	"strings"
	"testing"
)

// A path that is known is not looked at again, and never taken for another one, however many there are.
func TestPathsOfFrames(t *testing.T) {
	g := newRig(1<<20, nil)
	e := &g.events
	var paths []string
	for i := range 500 {
		paths = append(paths, fmt.Sprintf("/home/anna/game/world/file%d.go", i))
	}
	for range 3 {
		for _, path := range paths {
			if got, want := e.path(path), e.scrub.Path(path); got != want || strings.Contains(got, "anna") {
				t.Fatalf("%s: got %s, want %s", path, got, want)
			}
		}
	}
	path := paths[7]
	e.path(path)
	if got := testing.AllocsPerRun(100, func() { e.path(path) }); got != 0 {
		t.Errorf("%v allocations for a path that is known, want 0", got)
	}
}
