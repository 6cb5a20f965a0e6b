package runfile_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// Where this user may not look somebody may have said no: it counts as one, and Stats says so.
func TestAnswerWhereNobodyMayLook(t *testing.T) {
	for _, answered := range []bool{true, false} {
		dir := folder.Held(t)
		first := start(t, config(dir, transport.Func(offline)))
		if answered {
			if err := say(first, krunk.Denied); err != nil {
				t.Fatal(err)
			}
		}
		first.Close(0)
		if err := os.Chmod(dir, 0); err != nil {
			t.Fatal(err)
		}
		var box inbox
		var c *krunk.Client
		asOther(t, func() { c = start(t, config(dir, &box)) })
		c.Report(errors.New("boom"))
		c.Flush(time.Minute)
		if s := c.Stats().RunFile; c.Answer() != krunk.Denied || box.all() != "" || !strings.Contains(s, "permission denied") || !strings.Contains(s, "counts as a no") {
			t.Errorf("answered %v: the answer is %d, want a no; %d bytes sent; Stats.RunFile %q", answered, c.Answer(), len(box.all()), s)
		}
		c.Close(time.Minute)
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// asOther calls f with the rights of another user as files are looked at, where this one is root, who may look everywhere.
func asOther(t *testing.T, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if os.Geteuid() == 0 {
		const nobody = 65534
		syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
		defer syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0)
	}
	f()
}

// A directory that this user may not write to, but search, says whether there is an answer.
func TestAnswerWhereNobodyMayWrite(t *testing.T) {
	dir := folder.Held(t)
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	var box inbox
	var c *krunk.Client
	asOther(t, func() { c = start(t, config(dir, &box)) })
	c.Report(errors.New("boom"))
	if !c.Close(time.Minute) || c.Answer() != krunk.Granted || !strings.Contains(box.all(), "boom") {
		t.Errorf("the answer is %d, want the one of Config; Stats %+v", c.Answer(), c.Stats())
	}
}

// An answer outlasts a power cut once Consent has returned: what was written, and then the name that it got.
func TestAnswerOutlastsAPowerCut(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("skipped: no strace here")
	}
	dir := folder.Held(t)
	cmd := again("KRUNK_GAME=no", "KRUNK_DIR="+dir)
	cmd.Args = append([]string{strace, "-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2"}, cmd.Args...)
	cmd.Path = strace
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("skipped: strace does not run: %v: %.300s", err, out)
	}
	calls := string(out)
	want := regexp.MustCompile(`(?s)fsync\(\d+<[^>]*/consent\.new>.*rename[^\n]*consent\.new[^\n]*/consent".*fsync\(\d+<` + regexp.QuoteMeta(filepath.Clean(dir)) + `>`)
	if !want.MatchString(calls) {
		t.Errorf("want the file on the disk, its name, and its directory on the disk, in this order; got\n%s", calls)
	}
}
