package recorder

import (
	"testing"
)

func TestHome(t *testing.T) {
	t.Setenv("USERPROFILE", "")
	t.Setenv("HOME", "/srv/people/anna")
	if got := home(); got != "/srv/people/anna" {
		t.Errorf("home: got %q, want that of HOME", got)
	}
	t.Setenv("USERPROFILE", `D:\Anna`)
	if got := home(); got != `D:\Anna` {
		t.Errorf("home: got %q, want that of USERPROFILE", got)
	}
}
