package runfile

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/krunk-go/krunk/internal/folder"
)

func systemChildren() map[string]func(dir string) error {
	return map[string]func(dir string) error{"full disk": fullDisk, "file limit": fileLimit, "read only": readOnly, "other user": otherUser}
}

func tmpfs(dir, options string) error {
	return syscall.Mount("krunk", dir, "tmpfs", 0, options)
}

// refusal returns an error unless Create fails with want, says words and leaves no file.
func refusal(dir string, size int, want error, words string) error {
	f, err := Create(dir, size, 4096, 1, 2)
	if f != nil || !errors.Is(err, want) || !strings.Contains(err.Error(), words) {
		return errors.New("Create: got " + errors.Join(errors.New("no file"), err).Error())
	}
	if all, _ := os.ReadDir(dir); len(all) != 0 {
		return errors.New("it left " + all[0].Name())
	}
	return nil
}

func fullDisk(dir string) error {
	if err := tmpfs(dir, "size=64k"); err != nil {
		return err
	}
	words := "/0000000000000001-00000002.run: reserve 1 MiB: no space left on device; free some space"
	if err := refusal(dir, 1<<20, syscall.ENOSPC, words); err != nil {
		return err
	}
	f, err := Create(dir, 64<<10, 1<<20, 1, 2) // there is no room for the tail
	if err != nil {
		return err
	}
	for i := range f.Mem {
		f.Mem[i] = 1
	}
	if err := PutSmall(dir, "small", []byte("more")); !errors.Is(err, syscall.ENOSPC) {
		return errors.Join(errors.New("PutSmall"), err)
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		return errors.New("PutSmall left a file")
	}
	return nil
}

func fileLimit(dir string) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}); err != nil {
		return err
	}
	if err := refusal(dir, 1<<20, syscall.EFBIG, ": reserve 1 MiB: file too large"); err != nil {
		return err
	}
	f, err := Create(dir, 64<<10, 4096, 1, 2)
	if err != nil {
		return err
	}
	f.Mem[64<<10-1] = 1
	return nil
}

func readOnly(dir string) error {
	if err := tmpfs(dir, "size=1m"); err != nil {
		return err
	}
	if err := os.Mkdir(join(dir, "there"), 0o700); err != nil {
		return err
	}
	if err := syscall.Mount("krunk", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	words := "read-only file system; choose a directory that this user may write to"
	for _, sub := range []string{"there", "none", "none/at/all"} {
		if err := refusal(join(dir, sub), 8192, syscall.EROFS, words); err != nil {
			return err
		}
	}
	if err := PutSmall(join(dir, "there"), "small", nil); !errors.Is(err, syscall.EROFS) {
		return errors.Join(errors.New("PutSmall"), err)
	}
	return nil
}

func otherUser(dir string) error {
	if err := syscall.Setuid(65534); err != nil {
		return err
	}
	return refusal(dir, 8192, syscall.EACCES, "permission denied; choose a directory that this user may write to")
}

// The children of this test have mounts and limits of their own.
func TestNoRoom(t *testing.T) {
	for _, name := range []string{"full disk", "file limit", "read only", "other user"} {
		t.Run(name, func(t *testing.T) {
			cmd := command(name, folder.New(t))
			cmd.SysProcAttr = &syscall.SysProcAttr{}
			if name == "full disk" || name == "read only" {
				cmd.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
			}
			out, err := cmd.CombinedOutput()
			text := string(out)
			switch {
			case errors.Is(err, syscall.EPERM), err != nil && strings.HasPrefix(text, "operation not permitted"):
				t.Skip("skipped: this user may neither mount nor become another")
			case err != nil:
				t.Errorf("%v: %s", err, text)
			}
		})
	}
}
