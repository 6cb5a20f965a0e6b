//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import "syscall"

// maxEntries limits how much of a directory is read that is full of other things.
const maxEntries = 1 << 16

func list(dir string) (runs []string, err error) {
	if dir == "" {
		return nil, errNoPath
	}
	fd, err := -1, error(syscall.EINTR)
	for interrupted(err) {
		fd, err = syscall.Open(dir, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK|syscall.O_DIRECTORY, 0)
	}
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
