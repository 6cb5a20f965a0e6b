// Package folder makes directories for tests that run under wine, whose RemoveAll fails: testing.T.TempDir would fail there.
package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// New is t.TempDir, cleaned by removals of single files.
func New(t testing.TB) string {
	t.Helper()
	return made(t, false)
}

// Held is New for a directory in which this program holds files until it ends: on windows they stay.
func Held(t testing.TB) string {
	t.Helper()
	return made(t, runtime.GOOS == "windows")
}

func made(t testing.TB, stays bool) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "krunk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		var all []string
		_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, _ error) error {
			all = append(all, path)
			return nil
		})
		for _, path := range slices.Backward(all) {
			if err := os.Remove(path); err != nil && !stays && !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
		}
	})
	return dir
}
