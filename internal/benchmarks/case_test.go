package benchmarks

import (
	"slices"
	"testing"
)

// Each case does what it is there for: opens, makes a few calls in two batches, and finds nothing wrong at its end. For
// "callers" that is the depth of the place, for Krunk that nothing was dropped.
func TestCases(t *testing.T) {
	for _, c := range slices.Concat(ReportCases(), LogCases(), GateCases(), DropCases(), StartCases()) {
		t.Run(c.Name, func(t *testing.T) {
			s, err := c.Open()
			if err != nil {
				t.Fatal(err)
			}
			n := min(s.Size, 64) + 1
			spent, err := s.run(n)
			if err != nil || spent <= 0 {
				t.Errorf("%d calls: got %v, %v, want a time and no error", n, spent, err)
			}
			if s.Close != nil {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestCallerAllocs(t *testing.T) {
	all, err := CallerAllocs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.PerRun != 0 {
			t.Errorf("%s: got %v allocations, want 0", a.Name, a.PerRun)
		}
	}
}

func TestStartAllocs(t *testing.T) {
	if n, err := startAllocs(); err != nil || n < 1 || n > 500 {
		t.Errorf("got %v, %v, want some allocations", n, err)
	}
}

func TestWantDepth(t *testing.T) {
	if err := wantDepth(depth+1, depth); err == nil {
		t.Errorf("a place of %d frames: got no error", depth+1)
	}
}
