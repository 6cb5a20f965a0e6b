//go:build unix || windows

package runfile_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// again returns this program as a game. Where an emulator runs the tests, KRUNK_EXEC names it for their games.
func again(env ...string) *exec.Cmd {
	args := append(strings.Fields(os.Getenv("KRUNK_EXEC")), os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	return cmd
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
