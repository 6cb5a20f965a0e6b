//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows

package runfile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// child starts this test again in another process, which does what is registered under name.
func child(t *testing.T, name, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "KRUNK_CHILD="+name, "KRUNK_DIR="+dir)
	return cmd
}

var errBoom = errors.New("boom of a goroutine")

// TestChild is what the children do.
func TestChild(t *testing.T) {
	dir := os.Getenv("KRUNK_DIR")
	switch os.Getenv("KRUNK_CHILD") {
	case "":
		t.Skip("skipped: a child of other tests")
	case "crash":
		f, err := Create(dir, 8192, 4096, 1, 2)
		if err == nil {
			err = f.CrashOutput()
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		f.Mem[0] = 1
		done := make(chan bool)
		go func() { panic(errBoom) }()
		<-done
	}
}

func TestCrashText(t *testing.T) {
	if !Linked {
		t.Skip("skipped: this build has no crash output")
	}
	dir := t.TempDir()
	out, err := child(t, "crash", dir).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Fatalf("the child ended with %v: %s", err, out)
	}
	names, err := List(dir)
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	f, err := Claim(join(dir, names[0]), 0)
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 64<<10)
	n, err := f.Tail(text, 8192)
	if got := string(text[:n]); err != nil || !strings.HasPrefix(got, "panic: boom of a goroutine") || !strings.Contains(got, "TestChild.func") {
		t.Errorf("got %v, %q", err, got)
	}
	if len(f.Mem) != 8192+n || f.Modified == 0 || f.Size < 8192 {
		t.Errorf("mapped %d of %d, written %d, on disk %d", len(f.Mem), 8192+n, f.Modified, f.Size)
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := List(dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}
