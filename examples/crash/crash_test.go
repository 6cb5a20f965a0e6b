//go:build unix

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain is the example where it is told to be.
func TestMain(m *testing.M) {
	if args := os.Getenv("KRUNK_CRASH"); args != "" {
		os.Exit(run(strings.Fields(args), os.Stdout))
	}
	os.Exit(m.Run())
}

// play runs the example in a process of its own.
func play(args string, env ...string) string {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "KRUNK_CRASH="+args, "SENTRY_DSN=", "GOTRACEBACK="), env...)
	out, _ := cmd.Output()
	return string(out)
}

// Every way to die is told of by the next start, and what was reported before arrives.
func TestEveryWay(t *testing.T) {
	want := map[string][2]string{
		"clean":      {"the last run: clean", ""},
		"panic":      {"the last run: panic", "fatal panic: the boss has no health"},
		"goroutine":  {"the last run: panic", "fatal panic: nobody wrapped me"},
		"nil":        {"the last run: panic", "nil pointer dereference"},
		"map":        {"the last run: fatal", "fatal error: concurrent map"},
		"stack":      {"the last run: fatal", "fatal error: stack overflow"},
		"unlock":     {"the last run: fatal", "fatal error: sync: unlock of unlocked mutex"},
		"hang":       {"the last run: hang", "fatal AppHang: no frame for"},
		"kill":       {"the last run: killed", ""},
		"abort":      {"the last run: signal", "fatal SIGABRT: abort"},
		"exit":       {"the last run: killed", ""},
		"background": {"the last run: killed in background", ""},
	}
	for name := range ways {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			told := play("-dir=" + dir + " -how=" + name)
			if !strings.Contains(told, "support code") {
				t.Fatalf("it told %q", told)
			}
			code := told[strings.LastIndex(told, " ")+1:]
			out := play("-dir=" + dir)
			for _, text := range []string{want[name][0], want[name][1], "error: the score could not be saved", "log info: the match begins"} {
				if !strings.Contains(out, text) {
					t.Errorf("%q is not in it (reported was %s):\n%s", text, code, out)
				}
			}
			if n := strings.Count(out, "\n  fatal "); n > 1 || n == 1 && want[name][1] == "" {
				t.Errorf("%d events of one death:\n%s", n, out)
			}
			if again := play("-dir=" + dir); strings.Contains(again, "  error ") || strings.Contains(again, "  fatal ") {
				t.Errorf("the third start sent it again:\n%s", again)
			}
		})
	}
}

// Two goroutines that write one map are seen with one processor as well.
func TestMapWithOneProcessor(t *testing.T) {
	dir := t.TempDir()
	play("-dir="+dir+" -how=map", "GOMAXPROCS=1")
	if out := play("-dir=" + dir); !strings.Contains(out, "the last run: fatal") {
		t.Errorf("got %s", out)
	}
}

func TestList(t *testing.T) {
	out := play("-how=list")
	for name := range ways {
		if !strings.Contains(out, name+" ") {
			t.Errorf("%s is not in %s", name, out)
		}
	}
	if out := play("-how=nonsense"); !strings.Contains(out, "-how=list") {
		t.Errorf("got %q", out)
	}
}
