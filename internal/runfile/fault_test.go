//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import (
	"testing"

	"github.com/krunk-go/krunk/internal/folder"
)

// The file of a run is cut while it is mapped: a store is a panic, and the game goes on.
func TestPanicOnFault(t *testing.T) {
	if !Linked {
		t.Skip("skipped: this build has no PanicOnFault")
	}
	f, err := Create(folder.New(t), 4*4096, 0, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Cut(4096); err != nil {
		t.Fatal(err)
	}
	store := func(at int) (fault any) {
		defer PanicOnFault(PanicOnFault(true))
		defer func() { fault = recover() }()
		f.Mem[at] = 1
		return nil
	}
	if err := store(100); err != nil {
		t.Errorf("a store into what is left: %v", err)
	}
	if err := store(4*4096 - 1); err == nil {
		t.Error("a store behind the end of the file is no fault")
	}
	if PanicOnFault(false) {
		t.Error("it stays on")
	}
}
