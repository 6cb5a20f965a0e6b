package allocs

import "testing"

var kept *[64]byte

// What is allocated in each call counts, and what is allocated in the first calls alone does not.
func TestLeast(t *testing.T) {
	calls := 0
	for name, tt := range map[string]struct {
		f    func()
		want float64
	}{
		"nothing": {func() {}, 0},
		"always":  {func() { kept = new([64]byte) }, 1},
		"at first": {func() {
			if calls++; calls < 3*11 { // each count calls it once more
				kept = new([64]byte)
			}
		}, 0},
	} {
		if got := Least(10, tt.f); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}
