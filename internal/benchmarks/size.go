package benchmarks

import (
	"bufio"
	"bytes"
	"debug/elf"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Size is that of a program below size/ in KiB, built as a game ships: linux/arm, GOARM=7, no cgo, stripped.
type Size struct {
	File   int // moves in steps of 64
	Loaded int // sections that come out of the file, without the gaps between them
}

// Budget is what a program may be larger than another one.
type Budget struct {
	Name, Over string
	KiB        int
	Loaded     bool // of Size.Loaded
}

// Of returns what the budget limits.
func (b *Budget) Of(sizes map[string]Size) int {
	if b.Loaded {
		return sizes[b.Name].Loaded - sizes[b.Over].Loaded
	}
	return sizes[b.Name].File - sizes[b.Over].File
}

//go:embed size/budget.txt
var budgetText []byte

// Budgets reads size/budget.txt: on each line a program, the one it is compared with, KiB, and "file" or "loaded".
func Budgets() (all []Budget, err error) {
	lines := bufio.NewScanner(bytes.NewReader(budgetText))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		var b Budget
		var of string
		if _, err := fmt.Sscan(text, &b.Name, &b.Over, &b.KiB, &of); err != nil || of != "file" && of != "loaded" {
			return nil, fmt.Errorf("benchmarks: size/budget.txt:%d is %q; write name, name, KiB, file or loaded: %w", n, text, err)
		}
		b.Loaded = of == "loaded"
		all = append(all, b)
	}
	return all, lines.Err()
}

// Build builds the programs into dir and returns their sizes by name. It runs in the folder of this module. The first
// time it compiles the standard library for arm, which takes a minute.
func Build(dir string) (map[string]Size, error) {
	sizes := make(map[string]Size)
	for _, p := range []struct{ name, tags string }{
		{"hello", ""}, {"lean", ""}, {"beat", ""}, {"runfile", ""}, {"sampling", ""}, {"pull", ""}, {"http", ""}, {"nethttp", ""}, {"http1", ""}, {"sentry", ""}, {"nethttp+gojson", "krunk_gojson"},
	} {
		folder, _, _ := strings.Cut(p.name, "+")
		file := filepath.Join(dir, p.name)
		cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags="+p.tags, "-o", file, "./size/"+folder)
		cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "GOARM=7", "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("benchmarks: size of %s: %w\n%s", p.name, err, out)
		}
		size, err := sizeOf(file)
		if err != nil {
			return nil, fmt.Errorf("benchmarks: size of %s: %w", p.name, err)
		}
		sizes[p.name] = size
	}
	return sizes, nil
}

func sizeOf(file string) (s Size, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return s, err
	}
	f, err := elf.Open(file)
	if err != nil {
		return s, err
	}
	defer f.Close()
	loaded := uint64(0)
	for _, section := range f.Sections {
		if section.Type == elf.SHT_PROGBITS && section.Flags&elf.SHF_ALLOC != 0 {
			loaded += section.Size
		}
	}
	return Size{File: int(info.Size()+512) >> 10, Loaded: int(loaded+512) >> 10}, nil
}
