//go:build unix || windows

package runfile_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// again returns this program as a game. Where an emulator runs the tests, KRUNK_EXEC names it for their games.
func again(env ...string) *exec.Cmd {
	args := append(strings.Fields(os.Getenv("KRUNK_EXEC")), os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// folder is t.TempDir, cleaned file by file: wine's RemoveAll fails, and on windows the file of a client stays as long as its program.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "runs")
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
			if err := os.Remove(path); err != nil && runtime.GOOS != "windows" {
				t.Error(err)
			}
		}
	})
	return dir
}

// send sends a signal to this program.
func send(s os.Signal) {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Signal(s)
	}
}

// left is how many files a client that closed leaves to the next start.
func left() int {
	if runtime.GOOS == "windows" {
		return 1
	}
	return 0
}
