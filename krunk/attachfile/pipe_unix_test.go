//go:build unix && !solaris && !aix

package attachfile_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/krunk-go/krunk/internal/folder"
	"github.com/krunk-go/krunk/krunk/attachfile"
)

// A pipe that nobody writes, and a device, are refused at once.
func TestPipe(t *testing.T) {
	path := filepath.Join(folder.Held(t), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here: ", err)
	}
	for _, path := range []string{path, "/dev/zero", "/dev/tty"} {
		if b, err := attachfile.File(path).Read(100); err == nil || len(b) > 0 || path != "/dev/tty" && !strings.Contains(err.Error(), "no regular file") {
			t.Errorf("%s: got %d bytes, %v", path, len(b), err)
		}
	}
}
