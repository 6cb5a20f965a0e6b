//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows

package runfile

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// children are what other processes of these tests do, which end with status 0 or as they say.
func children() map[string]func(dir string) error {
	all := map[string]func(dir string) error{
		"crash": crash, "crash elsewhere": crashElsewhere, "claim": claimAll, "create": createForEver, "write": writeForEver, "put": putForEver,
		"hold": hold, "wait": wait,
	}
	maps.Copy(all, systemChildren())
	return all
}

func TestMain(m *testing.M) {
	f := children()[os.Getenv("KRUNK_CHILD")]
	if f == nil {
		os.Exit(m.Run())
	}
	if err := f(os.Getenv("KRUNK_DIR")); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	os.Exit(0)
}

// command returns this program as a child. Where an emulator runs the tests, KRUNK_EXEC names it for their children.
func command(name, dir string) *exec.Cmd {
	args := append(strings.Fields(os.Getenv("KRUNK_EXEC")), os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "KRUNK_CHILD="+name, "KRUNK_DIR="+dir)
	return cmd
}

// game is a child that tells lines.
type game struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func start(t *testing.T, name, dir string) *game {
	t.Helper()
	g := &game{Cmd: command(name, dir)}
	g.Stderr = os.Stderr
	out, err := g.StdoutPipe()
	if err == nil {
		err = g.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.kill() })
	g.lines = bufio.NewScanner(out)
	return g
}

// line returns the next line, "" at the end.
func (g *game) line() string {
	g.lines.Scan()
	return g.lines.Text()
}

// kill kills the child and returns the lines that were not read.
func (g *game) kill() (rest []string) {
	g.Process.Kill()
	for g.lines.Scan() {
		rest = append(rest, g.lines.Text())
	}
	g.Wait()
	return rest
}

// made is a run file with a head.
func made(t *testing.T, dir string) *File {
	t.Helper()
	f, err := Create(dir, 8192, 4096, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	f.Mem[0] = 1
	return f
}

// only returns the one run file that must be in dir.
func only(t *testing.T, dir string) string {
	t.Helper()
	names, err := List(dir)
	if err != nil || len(names) != 1 {
		t.Fatalf("%d run files, %v; want one", len(names), err)
	}
	return join(dir, names[0])
}
