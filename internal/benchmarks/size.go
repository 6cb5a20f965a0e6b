package benchmarks

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Program is a program below size/, built as a game ships: linux/arm, GOARM=7, no cgo, stripped.
type Program struct {
	Name string
	KiB  int
}

// Budget is what a program may be larger than another one.
type Budget struct {
	Name, Over string
	KiB        int
}

//go:embed size/budget.txt
var budgetText []byte

// Budgets reads size/budget.txt: on each line a program, the one it is compared with, and KiB.
func Budgets() (all []Budget, err error) {
	lines := bufio.NewScanner(bytes.NewReader(budgetText))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		var b Budget
		if _, err := fmt.Sscan(text, &b.Name, &b.Over, &b.KiB); err != nil {
			return nil, fmt.Errorf("benchmarks: size/budget.txt:%d is %q; write name, name, KiB: %w", n, text, err)
		}
		all = append(all, b)
	}
	return all, lines.Err()
}

// Build builds the programs into dir and returns their sizes by name. It runs in the folder of this module. The first
// time it compiles the standard library for arm, which takes a minute.
func Build(dir string) (map[string]int, error) {
	sizes := make(map[string]int)
	for _, p := range []struct{ name, tags string }{
		{"hello", ""}, {"lean", ""}, {"http", ""}, {"nethttp", ""}, {"sentry", ""}, {"nethttp+gojson", "krunk_gojson"},
	} {
		folder, _, _ := strings.Cut(p.name, "+")
		file := filepath.Join(dir, p.name)
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags="+p.tags, "-o", file, "./size/"+folder)
		cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "GOARM=7", "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("benchmarks: size of %s: %w\n%s", p.name, err, out)
		}
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		sizes[p.name] = int(info.Size()+512) >> 10
	}
	return sizes, nil
}
