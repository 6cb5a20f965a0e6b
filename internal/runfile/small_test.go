//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows

package runfile

import (
	"errors"
	"os"
	"testing"

	"github.com/krunk-go/krunk/internal/folder"
)

func TestSmall(t *testing.T) {
	dir := join(folder.New(t), "a/b")
	if b, err := Small(dir, "install", 100); b != nil || err != nil {
		t.Errorf("of no directory: got %q, %v", b, err)
	}
	for _, want := range []string{"first", "a longer second", "", "3"} {
		if err := PutSmall(dir, "install", []byte(want)); err != nil {
			t.Fatal(err)
		}
		if b, err := Small(dir, "install", 100); string(b) != want || b == nil || err != nil {
			t.Errorf("got %q, %v, want %q", b, err, want)
		}
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("left %v", all)
	}
	PutSmall(dir, "large", make([]byte, 101))
	if b, err := Small(dir, "large", 100); b != nil || !errors.Is(err, errTooLarge) {
		t.Errorf("got %d bytes, %v", len(b), err)
	}
	os.Mkdir(join(dir, "folder"), 0o700)
	if b, err := Small(dir, "folder", 100); b != nil || err == nil {
		t.Errorf("of a directory: got %q, %v", b, err)
	}
	os.Remove(join(dir, "install"))
	os.Remove(join(dir, "large"))
	os.Remove(join(dir, "folder"))
}

func TestListAndStat(t *testing.T) {
	dir := folder.New(t)
	if names, err := List(join(dir, "none")); names != nil || err != nil {
		t.Errorf("of no directory: got %v, %v", names, err)
	}
	for _, at := range []uint64{300, 100, 200} {
		f, err := Create(dir, 4096, 0, at, 7)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	for _, other := range []string{"x.run", "0000000000000001-00000002.tmp", "install"} {
		os.WriteFile(join(dir, other), nil, 0o600)
	}
	names, err := List(dir)
	if err != nil || len(names) != 3 || names[0] != name(100, 7) || names[1] != name(200, 7) || names[2] != name(300, 7) {
		t.Fatalf("got %v, %v", names, err)
	}
	if modified, size, err := Stat(join(dir, names[0])); err != nil || size < 4096 || modified < 1e18 {
		t.Errorf("got %d, %d, %v", modified, size, err)
	}
	if _, _, err := Stat(join(dir, "none")); err == nil {
		t.Error("of no file: no error")
	}
}

func TestBootID(t *testing.T) {
	id := BootID()
	if id != BootID() {
		t.Error("it changes")
	}
	t.Logf("boot %x, resident %d KiB", id, Resident())
}
