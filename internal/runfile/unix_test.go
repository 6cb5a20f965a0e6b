//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/krunk-go/krunk/internal/folder"
)

func TestLockOfAnotherFile(t *testing.T) {
	f, err := Create(folder.New(t), 4096, 0, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	os.Remove(f.Path)
	os.WriteFile(f.Path, nil, 0o600)
	if err := f.lock(); !errors.Is(err, ErrBusy) {
		t.Errorf("a lock of a file that is no longer at its path: got %v", err)
	}
}

// What lies at the path of a run and is none is neither followed nor opened for long, and stays.
func TestWhatIsNoRunFile(t *testing.T) {
	dir := folder.New(t)
	whole := make([]byte, 4096)
	whole[0] = 1
	os.WriteFile(join(dir, "a"), whole, 0o600)
	path := join(dir, name(1, 2))
	for what, put := range map[string]func() error{
		"link":            func() error { return os.Symlink("a", path) },
		"link to nothing": func() error { return os.Symlink("b", path) },
		"fifo":            func() error { return syscall.Mkfifo(path, 0o600) },
		"directory":       func() error { return os.Mkdir(path, 0o700) },
		"file of another user": func() error {
			os.WriteFile(path, whole, 0o666)
			return os.Chown(path, 65534, 65534)
		},
	} {
		if err := put(); err != nil {
			t.Logf("skipped: %s: %v", what, err)
			os.Remove(path)
			continue
		}
		if f, err := Claim(path, 0); err == nil || errors.Is(err, ErrBusy) || errors.Is(err, ErrEmpty) {
			t.Errorf("claimed a %s: %v, %v", what, f, err)
		} else {
			t.Log(err)
		}
		if b, err := Small(dir, name(1, 2), 1<<20); b != nil || err == nil {
			t.Errorf("read %d bytes of a %s, %v", len(b), what, err)
		}
		if _, _, err := Stat(path); err == nil && what != "file of another user" {
			t.Errorf("a %s has a size", what)
		}
		if err := os.Remove(path); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Zeros are written where blocks cannot be reserved.
func TestZeros(t *testing.T) {
	path := join(folder.New(t), "x")
	fd, err := openFile(path, syscall.O_RDWR|syscall.O_CREAT)
	if err != nil {
		t.Fatal(err)
	}
	f := File{Path: path, system: system{fd: fd}}
	defer f.Close()
	const size = 200<<10 + 1
	if err := f.zeros(size); err != nil {
		t.Fatal(err)
	}
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st); st.Size != size || onDisk(&st) < size {
		t.Errorf("%d bytes, %d on the disk, want %d", st.Size, onDisk(&st), size)
	}
}

func TestDirectoryRemoved(t *testing.T) {
	dir := join(folder.New(t), "runs")
	f := made(t, dir)
	os.RemoveAll(dir)
	f.Mem[100] = 1
	if err := f.CrashOutput(); err == nil {
		t.Error("a crash text behind a file that is not there")
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
	f.Close()
	if names, err := List(dir); len(names) != 0 || err != nil {
		t.Errorf("got %v, %v", names, err)
	}
	made(t, dir).Close()
}

// The program may change its directory: its files are still where they were.
func TestRelativeDirectory(t *testing.T) {
	t.Chdir(folder.New(t))
	f := made(t, "runs")
	t.Chdir("/")
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(f.Path); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", f.Path, err)
	}
	f.Close()
}

// Another file takes the first name, so the next one is tried.
func TestNameIsTaken(t *testing.T) {
	dir := folder.New(t)
	f, g := made(t, dir), made(t, dir)
	if f.Path == g.Path {
		t.Error("two files of one name")
	}
	f.Close()
	g.Close()
}

// Two that write one small file do not mix: the second one is told.
func TestPutSmallIsBusy(t *testing.T) {
	dir := folder.New(t)
	f := File{Path: join(dir, "small.new")}
	var err error
	if f.fd, err = openFile(f.Path, syscall.O_RDWR|syscall.O_CREAT); err != nil {
		t.Fatal(err)
	}
	if err := f.lock(); err != nil {
		t.Fatal(err)
	}
	if err := PutSmall(dir, "small", []byte("second")); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(f.Path); err != nil {
		t.Errorf("it took away what the first one writes: %v", err)
	}
	f.Close() // it was killed
	if err := PutSmall(dir, "small", []byte("third")); err != nil {
		t.Error(err)
	}
}
