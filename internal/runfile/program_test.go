//go:build linux || windows

package runfile

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/folder"
)

// Two builds of which one has its lines a bit lower have the same functions in the same places: only what the linker says of the build differs. A
// copy of a program is the same build.
func TestProgramTellsShiftedLines(t *testing.T) {
	if first := Program(); first == 0 || first != Program() {
		t.Fatalf("got %x and then %x", first, Program())
	}
	if testing.Short() {
		t.Skip("builds two programs")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go tool here")
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := folder.New(t)
	var told [2][]string
	for i, shift := range []string{"", "\n\n\n"} {
		source, overlay, exe := filepath.Join(dir, fmt.Sprint(i, ".go")), filepath.Join(dir, fmt.Sprint(i, ".json")), filepath.Join(dir, fmt.Sprint(i, ".exe"))
		code := "package main\n\nimport (\n\t\"github.com/krunk-go/krunk/internal/runfile\"\n\t\"github.com/krunk-go/krunk/internal/stack\"\n)\n\n" +
			"func main() {\n" + shift + "\tprintln(stack.Fingerprint().Print, runfile.Program())\n}\n"
		files, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(here, "shifted", "main.go"): source}})
		if err == nil {
			err = os.WriteFile(source, []byte(code), 0o600)
		}
		if err == nil {
			err = os.WriteFile(overlay, files, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(goTool, "build", "-trimpath", "-overlay", overlay, "-o", exe, "./shifted")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		for _, exe := range []string{exe, exe + ".copy.exe"} {
			if b, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i, ".exe"))); err != nil || os.WriteFile(exe, b, 0o700) != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(exe).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			told[i] = append(told[i], strings.Fields(string(out))...)
		}
	}
	a, b := told[0], told[1]
	if a[0] != b[0] {
		t.Logf("the functions lie elsewhere: %s and %s", a[0], b[0])
	}
	if a[1] == b[1] || a[1] == "0" {
		t.Errorf("both builds are %s", a[1])
	}
	if a[1] != a[3] || b[1] != b[3] {
		t.Errorf("a copy is another build: %q, %q", a, b)
	}
}
