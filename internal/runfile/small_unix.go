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
	defer f.close()
	var st syscall.Stat_t
	if err := own(fd, &st); err != nil {
		return nil, err
	}
	if st.Size > int64(limit) {
		return nil, errTooLarge
	}
	b := make([]byte, st.Size)
	n, err := f.read(b, 0)
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
	defer f.close()
	if err = f.lock(); err != nil && err != errNoLocks {
		return err
	}
	if err = f.truncate(0); err == nil {
		if err = f.write(b, 0); err == nil {
			if err = f.sync(); err == nil {
				err = rename(f.Path, path)
			}
		}
	}
	if err != nil {
		f.remove()
	}
	return err
}

func rename(from, to string) error {
	err := syscall.Rename(from, to)
	for interrupted(err) {
		err = syscall.Rename(from, to)
	}
	return err
}
