package krunkebiten_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const readmeStart = `package readme

import (
	"log"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkebiten"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport/nethttp"
)

type game struct{ ebiten.Game }

const saves = "saves"

`

// The block of README's first screen compiles. It is laid over a package that is not there.
func TestReadmeCompiles(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Skip("skipped: the source is not there")
	}
	var code string
	for _, part := range strings.Split(string(b), "```") {
		if strings.HasPrefix(part, "go\n") && strings.Contains(part, "krunkebiten.Run") {
			code = strings.TrimPrefix(part, "go\n")
			break
		}
	}
	if code == "" {
		t.Fatal("README has no block with krunkebiten.Run")
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, overlay := filepath.Join(dir, "readme.go"), filepath.Join(dir, "overlay.json")
	o, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "readme", "readme.go"): file}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{file: readmeStart + code, overlay: string(o)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "build", "-overlay", overlay, "./readme").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, code)
	}
}
