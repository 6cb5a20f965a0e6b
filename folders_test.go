package krunk_test

import (
	"go/build/constraint"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tests of run files that build for windows make their directories by package internal/folder, since .ci/run runs them under wine, whose RemoveAll fails.
func TestFoldersForWine(t *testing.T) {
	for _, dir := range []string{"internal/runfile", "krunk/runfile", "krunk/attachfile"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", dir, err, len(files))
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "t.TempDir()") && onWindows(t, file, string(text)) {
				t.Errorf("%s: t.TempDir, whose cleanup fails under wine; use folder.New(t) or folder.Held(t)", file)
			}
		}
	}
}

// onWindows says whether the file's build constraint, or its lack of one, lets windows have it.
func onWindows(t *testing.T, file, text string) bool {
	t.Helper()
	if strings.HasSuffix(file, "_unix_test.go") || strings.HasSuffix(file, "_linux_test.go") {
		return false
	}
	for line := range strings.Lines(text) {
		if !constraint.IsGoBuild(line) {
			continue
		}
		expr, err := constraint.Parse(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return expr.Eval(func(tag string) bool { return tag == "windows" || tag == "amd64" })
	}
	return true
}
