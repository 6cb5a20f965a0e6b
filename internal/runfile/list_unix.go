//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import "syscall"

// maxEntries limits how much of a directory is read that is full of other things.
const maxEntries = 1 << 16

func openDir(dir string) (fd int, err error) {
	err = syscall.EINTR
	for interrupted(err) {
		fd, err = syscall.Open(dir, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK|syscall.O_DIRECTORY, 0)
	}
	return fd, err
}

// SyncDir waits until what was made, renamed and removed in dir is on the disk. Some file systems cannot do that, and a directory may let itself be
// searched but not be read.
func SyncDir(dir string) error {
	fd, err := openDir(dir)
	if err != nil {
		return nil
	}
	f := File{system: system{fd: fd}}
	err = f.sync()
	f.close()
	if number(err) != syscall.EIO {
		return nil
	}
	return failed("sync", dir, err)
}

func list(dir string) (runs []string, err error) {
	if dir == "" {
		return nil, errNoPath
	}
	fd, err := openDir(dir)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := File{system: system{fd: fd}}
	defer f.close()
	buf := make([]byte, 8<<10)
	var names []string
	for seen := 0; seen < maxEntries; {
		n, err := syscall.ReadDirent(fd, buf)
		if interrupted(err) {
			continue
		}
		if err != nil || n <= 0 {
			return runs, err
		}
		names = entries(buf[:n], names[:0])
		seen += len(names)
		for _, s := range names {
			if !Named(s) {
				continue
			}
			if runs = append(runs, s); len(runs) == maxNames {
				return runs, nil
			}
		}
	}
	return runs, nil
}
