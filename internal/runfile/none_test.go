//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package runfile

import (
	"errors"
	"testing"
)

func TestUnsupported(t *testing.T) {
	if f, err := Create("runs", 4096, 0, 1, 2); f != nil || !errors.Is(err, ErrUnsupported) {
		t.Errorf("Create: got %v", err)
	}
	if f, err := Claim("runs/x.run", 0); f != nil || !errors.Is(err, ErrUnsupported) {
		t.Errorf("Claim: got %v", err)
	}
	if names, err := List("runs"); names != nil || !errors.Is(err, ErrUnsupported) {
		t.Errorf("List: got %v", err)
	}
	if err := PutSmall("runs", "install", nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("PutSmall: got %v", err)
	}
}
