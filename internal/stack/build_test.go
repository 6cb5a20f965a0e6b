package stack

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// goldenName holds the stacks of testdata/moonfall; the same for a build with -trimpath and one without.
const goldenName = "testdata/moonfall.golden"

var update = flag.Bool("update", false, "write the golden file")

// TestBuilds builds a game of its own module with a stand-in for the SDK, once with -trimpath and once without, and
// holds the frames of its stacks against the golden file. Run with -update to write it.
func TestBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two programs")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go tool here")
	}
	trimmed := runGame(t, goTool, "-trimpath")
	if strings.Contains(trimmed, "moonfall/testdata") || !strings.Contains(trimmed, krunkModule+"@v0.1.0/krunk") {
		t.Fatalf("the build was not trimmed:\n%s", trimmed)
	}
	got := render(t, trimmed, Options{MainModule: "example.test/moonfall"})
	if *update {
		if err := os.WriteFile(goldenName, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(goldenName)
	if err != nil {
		t.Fatal(err)
	}
	want := string(golden)
	if got != want {
		t.Errorf("trimmed: got\n%s\nwant\n%s", got, want)
	}
	lean := strings.ReplaceAll(render(t, trimmed, Options{}), " example.test/moonfall/cmd", " cmd")
	lean = strings.ReplaceAll(lean, " example.test/moonfall/ai/boss.go", " ai/boss.go")
	if lean != want {
		t.Errorf("trimmed, main module unknown: got\n%s\nwant\n%s", lean, want)
	}
	absolute := render(t, runGame(t, goTool), Options{MainModule: "example.test/moonfall"})
	if strings.Contains(absolute, "testdata") || strings.Contains(absolute, " /") {
		t.Errorf("absolute: a directory of this machine is in\n%s", absolute)
	}
	if g, w := names(absolute), names(want); g != w {
		t.Errorf("absolute: got\n%s\nwant\n%s", g, w)
	}
}

// runGame returns what the game prints: a header a stack, and function, file and line of its frames.
func runGame(t *testing.T, goTool string, flags ...string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "game.exe")
	args := append([]string{"build", "-o", exe}, flags...)
	build := exec.Command(goTool, append(args, "./cmd/game")...)
	build.Dir = "testdata/moonfall"
	build.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	out, err := exec.Command(exe).CombinedOutput()
	if err != nil {
		t.Fatalf("game: %v\n%s", err, out)
	}
	return string(out)
}

// render fills and arranges the stacks in text and writes module, function (without closure
// numbers), file name, line and in-app of each frame.
func render(t *testing.T, text string, o Options) string {
	t.Helper()
	r := NewResolver(o)
	var b strings.Builder
	for _, block := range strings.Split(text, "# ")[1:] {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		b.WriteString("# " + lines[0] + "\n")
		var frames []Frame
		for _, line := range lines[1:] {
			part := strings.Fields(line)
			n, err := strconv.Atoi(part[len(part)-1])
			if err != nil || len(part) != 3 {
				t.Fatalf("line %q: want function, file and line", line)
			}
			f := Frame{Func: part[0], File: part[1], Line: n}
			r.Fill(&f)
			frames = append(frames, f)
		}
		for _, f := range Arrange(frames, kindOf(lines[0])) {
			if !f.InApp { // Lines of the standard library change from one Go to the next.
				f.Line = 0
			}
			b.WriteString(f.Module + " " + CutClosure(f.Function) + " " + f.Filename + " " + strconv.Itoa(f.Line))
			b.WriteString(" " + strconv.FormatBool(f.InApp) + "\n")
		}
	}
	return b.String()
}

func kindOf(header string) Kind {
	switch {
	case strings.HasSuffix(header, " panic"):
		return Panic
	case strings.HasPrefix(header, "slog"):
		return Bridge
	}
	return Call
}

// names keeps of each frame the function and the last element of the file name. The module is not compared: without
// -trimpath the SDK's closure that was inlined into main is main's.
func names(rendered string) string {
	var b strings.Builder
	for _, line := range strings.Split(rendered, "\n") {
		if part := strings.Fields(line); len(part) == 5 {
			line = part[1] + " " + part[2][strings.LastIndexByte(part[2], '/')+1:]
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
