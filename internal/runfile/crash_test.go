//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows

package runfile

import (
	"errors"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/folder"
)

var errBoom = errors.New("boom of a goroutine")

// crash dies of a panic that nobody wrapped.
func crash(dir string) error {
	f, err := Create(dir, 8192, 4096, 1, 2)
	if err != nil {
		return err
	}
	f.Mem[0] = 1
	if err := f.CrashOutput(); err != nil {
		return err
	}
	go func() { panic(errBoom) }()
	select {}
}

// crashElsewhere is a game that sets its own crash output after Krunk's, and closes Krunk before it dies.
func crashElsewhere(dir string) error {
	f, err := Create(dir, 8192, 0, 1, 2)
	if err != nil {
		return err
	}
	f.Mem[0] = 1
	if err := f.CrashOutput(); err != nil {
		return err
	}
	own, err := os.Create(join(dir, "own"))
	if err != nil {
		return err
	}
	if err := debug.SetCrashOutput(own, debug.CrashOptions{}); err != nil {
		return err
	}
	f.StopCrashOutput()
	panic(errBoom)
}

func die(t *testing.T, how, dir string) {
	t.Helper()
	if !Linked {
		t.Skip("skipped: this build has no crash output")
	}
	out, err := command(how, dir).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Fatalf("the child ended with %v: %s", err, out)
	}
}

func TestCrashText(t *testing.T) {
	dir := folder.New(t)
	die(t, "crash", dir)
	f, err := Claim(only(t, dir), 0)
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 64<<10)
	n, err := f.Tail(text, 8192)
	if got := string(text[:n]); err != nil || !strings.HasPrefix(got, "panic: boom of a goroutine") || !strings.Contains(got, "runfile.crash.func") {
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

func TestCrashOutputOfTheGame(t *testing.T) {
	dir := folder.New(t)
	die(t, "crash elsewhere", dir)
	if text, err := os.ReadFile(join(dir, "own")); err != nil || !strings.Contains(string(text), errBoom.Error()) {
		t.Errorf("the game's own file: got %q, %v", text, err)
	}
	f, err := Claim(only(t, dir), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if len(f.Mem) != 8192 {
		t.Errorf("%d bytes behind the block, want none", len(f.Mem)-8192)
	}
}
