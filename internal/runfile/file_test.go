//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows

package runfile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/krunk-go/krunk/internal/folder"
)

func TestLife(t *testing.T) {
	dir := filepath.Join(folder.New(t), "a/runs")
	f, err := Create(dir, 8192, 4096, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !Named(filepath.Base(f.Path)) {
		t.Errorf("made the name %q", f.Path)
	}
	if st, err := os.Stat(f.Path); err != nil || st.Size() != 8192 || runtime.GOOS != "windows" && st.Mode() != 0o600 {
		t.Errorf("got %v, %v", st, err)
	}
	if _, err := Claim(f.Path, 0); !errors.Is(err, ErrBusy) {
		t.Errorf("claimed a live run: %v", err)
	}
	f.Mem[0] = 1
	copy(f.Mem[8000:], "last words")
	path := f.Path
	f.Close()
	g, err := Claim(path, 0)
	if err != nil || string(g.Mem[8000:8010]) != "last words" {
		t.Fatal(g, err)
	}
	if _, err := Claim(path, 0); !errors.Is(err, ErrBusy) {
		t.Errorf("claimed a run twice: %v", err)
	}
	if err := g.Remove(); err != nil {
		t.Error(err)
	}
	g.Close()
	if _, err := Claim(path, 0); err == nil {
		t.Error("claimed a removed run")
	}
}

func TestEmptyFileIsRemoved(t *testing.T) {
	path := folder.New(t) + "/" + name(1, 2)
	os.WriteFile(path, nil, 0o600)
	if _, err := Claim(path, 0); !errors.Is(err, ErrEmpty) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("is still there: %v", err)
	}
}

func TestFailureLeavesNoFile(t *testing.T) {
	dir := folder.New(t)
	if _, err := Create(dir, -1, 0, 1, 2); err == nil {
		t.Error("reserved a negative size")
	}
	if all, _ := os.ReadDir(dir); len(all) != 0 {
		t.Errorf("left %v", all)
	}
}

// A file that Claim would not map whole is not made.
func TestCreateTooLarge(t *testing.T) {
	dir := folder.New(t)
	if f, err := Create(dir, maxMapped+1, 0, 1, 2); f != nil || !errors.Is(err, errTooLarge) {
		t.Errorf("got %v, want %v", err, errTooLarge)
	}
}
