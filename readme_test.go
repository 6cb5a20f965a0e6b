package krunk_test

import (
	"encoding/json"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// readmeStart stands before each block of README's first screen.
const readmeStart = `package readme

import (
	"log"
	"log/slog"
	"net/http"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkslog"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/sampling/policyserver"
	"github.com/krunk-go/krunk/transport/nethttp"
)

var _ = log.Fatal
var _ = slog.New
var _ = http.Handle
var _ = time.Second
var _ = krunk.Start
var _ = krunkslog.New
var _ = runfile.In
var _ = policyserver.New
var _ = nethttp.Default

type World struct{ Frames []int }

func (*World) Step() error { return nil }
func (*World) Say(string)  {}

type Match struct{ Trace string }

func (*Match) Play() {}

`

// blocks returns the blocks of Go before the first heading.
func blocks(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Skip("skipped: the source is not there")
	}
	screen, _, _ := strings.Cut(string(b), "\n## ")
	var out []string
	for i, part := range strings.Split(screen, "```") {
		if code, ok := strings.CutPrefix(part, "go\n"); ok && i%2 == 1 {
			out = append(out, code)
		}
	}
	return out
}

// The blocks of README's first screen are short and compile. The one with Ebitengine is compiled in krunk/krunkebiten, whose module has it.
func TestReadmeCompiles(t *testing.T) {
	all := blocks(t)
	if len(all) != 3 {
		t.Fatalf("%d blocks of Go on the first screen, want 3", len(all))
	}
	source := readmeStart
	for i, code := range all {
		if n := strings.Count(code, "\n"); n > 13 {
			t.Errorf("block %d has %d lines, want about ten", i+1, n)
		}
		if strings.Contains(code, "krunkebiten") {
			continue
		}
		source += code + "\n"
	}
	compile(t, strings.TrimSuffix(source, "\n"))
}

// So do those of the other sections, together.
func TestReadmeSectionsCompile(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Skip("skipped: the source is not there")
	}
	_, sections, _ := strings.Cut(string(b), "\n## ")
	n, source := 0, readmeStart
	for i, part := range strings.Split(sections, "```") {
		if code, ok := strings.CutPrefix(part, "go\n"); ok && i%2 == 1 {
			source += code + "\n"
			n++
		}
	}
	if n == 0 {
		t.Fatal("no block of Go behind the first screen")
	}
	compile(t, strings.TrimSuffix(source, "\n"))
}

// compile compiles a package of this module that is not there.
func compile(t *testing.T, source string) {
	t.Helper()
	if b, err := format.Source([]byte(source)); err != nil || string(b) != source {
		t.Fatalf("%v, gofmt would write\n%s", err, b)
	}
	dir := t.TempDir()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	file, overlay := filepath.Join(dir, "readme.go"), filepath.Join(dir, "overlay.json")
	b, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "readme", "readme.go"): file}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{file: []byte(source), overlay: b} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "build", "-overlay", overlay, "./readme").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, source)
	}
}
