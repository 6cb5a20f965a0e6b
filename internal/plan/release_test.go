package plan

import (
	"testing"
)

func TestReleaseOrder(t *testing.T) {
	list := []string{"1.0-alpha", "1.0-alpha.1", "1.0-alpha.beta", "1.0-beta", "1.0-beta.2", "1.0-beta.11", "1.0-rc.1", "1.0", "1.0.0.1", "1.0.1", "v1.2", "game@1.10+build7"}
	for i, a := range list {
		for j, b := range list {
			x, ok := parseRelease(a)
			y, ok2 := parseRelease(b)
			if got := x.compare(&y); !ok || !ok2 || got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%s against %s: got %d", a, b, got)
			}
		}
	}
	for _, bad := range []string{"", "x", "1.", ".1", "1.2.3.4.5", "1-", "12345678901", "1..2", "-1"} {
		if r, ok := parseRelease(bad); ok {
			t.Errorf("%q is read as %v", bad, r)
		}
	}
}
