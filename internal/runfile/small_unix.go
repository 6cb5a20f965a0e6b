//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import "syscall"

func small(path string, limit int) ([]byte, error) {
	fd, err := openFile(path, syscall.O_RDONLY)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := File{system: system{fd: fd}}
	defer f.closeFile()
	var st syscall.Stat_t
	if err := own(fd, &st); err != nil {
		return nil, err
	}
	if st.Size > int64(limit) {
		return nil, errTooLarge
	}
	b := make([]byte, st.Size)
	n, err := f.Tail(b, 0)
	return b[:n], err
}

// putSmall writes beside the file and renames. The lock of what it writes is held until the rename, so that of two processes neither gets the other's
// bytes; where there are no locks they are written without.
func putSmall(path string, b []byte) error {
	f := File{Path: path + ".new"}
	var err error
	if f.fd, err = openFile(f.Path, syscall.O_RDWR|syscall.O_CREAT); err != nil {
		return err
	}
	defer f.closeFile()
	if err = f.lock(); err != nil && err != errNoLocks {
		return err
	}
	if err = f.truncate(0); err == nil {
		if err = f.write(b); err == nil {
			if err = f.sync(); err == nil {
				err = again(func() error { return syscall.Rename(f.Path, path) })
			}
		}
	}
	if err != nil {
		f.unlink()
	}
	return err
}

func (f *File) write(b []byte) error {
	for at := 0; at < len(b); {
		n, err := 0, error(nil)
		err = again(func() error {
			n, err = syscall.Pwrite(f.fd, b[at:], int64(at))
			return err
		})
		if err != nil {
			return err
		}
		if n <= 0 {
			return syscall.ENOSPC
		}
		at += n
	}
	return nil
}
