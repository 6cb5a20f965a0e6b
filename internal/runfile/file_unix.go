//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import (
	"runtime"
	"syscall"
)

type system struct {
	fd    int
	crash int // descriptor that CrashOutput gave to the runtime; 0: none
}

// number returns 0 for what the system did not say.
//
//go:noinline
func number(err error) syscall.Errno {
	n, _ := err.(syscall.Errno)
	return n
}

// interrupted says that a call has to be made again. Most of them can be interrupted only where a disk is far away or the file system a program.
//
//go:noinline
func interrupted(err error) bool { return number(err) == syscall.EINTR }

func separator(c byte) bool { return c == '/' }

func missing(err error) bool { return number(err) == syscall.ENOENT }

func nowhere(err error) bool { return missing(err) || number(err) == syscall.ENOTDIR }

func exists(err error) bool { return number(err) == syscall.EEXIST }

func full(err error) bool { return number(err) == syscall.ENOSPC || number(err) == syscall.EDQUOT }

func refused(err error) bool {
	switch number(err) {
	case syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.ENOTDIR:
		return true
	}
	return false
}

// absolute makes a path that still holds when the program changes its directory.
func absolute(path string) (string, error) {
	if path == "" {
		return "", errNoPath
	}
	if path[0] == '/' {
		return path, nil
	}
	dir, err := syscall.Getwd()
	if err != nil {
		return path, err
	}
	return join(dir, path), nil
}

func makeOne(dir string) error {
	err := syscall.Mkdir(dir, 0o700)
	for interrupted(err) {
		err = syscall.Mkdir(dir, 0o700)
	}
	if err == nil || missing(err) {
		return err
	}
	var st syscall.Stat_t // some say EROFS or EACCES before they say EEXIST
	if syscall.Stat(dir, &st) != nil {
		return err
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return syscall.ENOTDIR
	}
	return nil
}

// openFile lets no child inherit what it opens, follows no link, and no pipe holds it up.
func openFile(path string, flags int) (int, error) {
	for {
		fd, err := syscall.Open(path, flags|syscall.O_CLOEXEC|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
		if !interrupted(err) {
			return fd, err
		}
	}
}

func (f *File) open(create bool) (err error) {
	flags := syscall.O_RDWR
	if create {
		flags |= syscall.O_CREAT | syscall.O_EXCL
	}
	f.fd, err = openFile(f.Path, flags)
	if !create && missing(err) {
		return ErrBusy
	}
	return err
}

// lock takes the file, and fails if the path leads to another one by then: a claimer may have removed it in between.
func (f *File) lock() error {
	err := syscall.Flock(f.fd, syscall.LOCK_EX|syscall.LOCK_NB)
	for interrupted(err) {
		err = syscall.Flock(f.fd, syscall.LOCK_EX|syscall.LOCK_NB)
	}
	switch n := number(err); {
	case n == syscall.EWOULDBLOCK:
		return ErrBusy
	case n == syscall.ENOLCK, n == syscall.ENOTSUP, n == syscall.EOPNOTSUPP, n == syscall.ENOSYS:
		return errNoLocks
	case err != nil:
		return err
	}
	var mine, there syscall.Stat_t
	if err := own(f.fd, &mine); err != nil {
		return err
	}
	f.Modified, f.Size, f.length = written(&mine), onDisk(&mine), mine.Size
	err = lstat(f.Path, &there)
	if missing(err) || err == nil && !same(&mine, &there) {
		return ErrBusy
	}
	return err
}

func same(a, b *syscall.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }

// own fails unless fd is a file of this user. Android's shared storage tells the same owner for all.
func own(fd int, st *syscall.Stat_t) error {
	if err := syscall.Fstat(fd, st); err != nil {
		return err
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return errKind
	}
	if runtime.GOOS != "android" && int(st.Uid) != syscall.Geteuid() {
		return errOwner
	}
	return nil
}

func lstat(path string, st *syscall.Stat_t) error {
	err := syscall.Lstat(path, st)
	for interrupted(err) {
		err = syscall.Lstat(path, st)
	}
	return err
}

// onDisk counts blocks of 512 bytes, as every system does.
func onDisk(st *syscall.Stat_t) int64 { return int64(st.Blocks) * 512 }

// zeros takes the blocks of a file on a system that cannot reserve them otherwise.
func (f *File) zeros(size int) error {
	page := make([]byte, 64<<10)
	for at := 0; at < size; at += len(page) {
		if err := f.write(page[:min(size-at, len(page))], int64(at)); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) write(b []byte, at int64) error {
	for len(b) > 0 {
		n, err := syscall.Pwrite(f.fd, b, at)
		switch {
		case interrupted(err):
			continue
		case err != nil:
			return err
		case n <= 0:
			return syscall.ENOSPC
		}
		b, at = b[n:], at+int64(n)
	}
	return nil
}

func (f *File) pread(p []byte, at int64) (int, error) {
	for {
		n, err := syscall.Pread(f.fd, p, at)
		if !interrupted(err) {
			return n, err
		}
	}
}

func (f *File) truncate(size int64) error {
	err := syscall.Ftruncate(f.fd, size)
	for interrupted(err) {
		err = syscall.Ftruncate(f.fd, size)
	}
	return err
}

func (f *File) sync() error {
	err := syscall.Fsync(f.fd)
	for interrupted(err) {
		err = syscall.Fsync(f.fd)
	}
	return err
}

func (f *File) remove() error {
	err := syscall.Unlink(f.Path)
	for interrupted(err) {
		err = syscall.Unlink(f.Path)
	}
	if missing(err) {
		return nil
	}
	return err
}

// close is not tried again: an interrupted one has closed.
func (f *File) close() (err error) {
	if f.Mem != nil {
		err = f.munmap()
		f.Mem = nil
	}
	if e := syscall.Close(f.fd); err == nil {
		err = e
	}
	return err
}

func stat(path string) (modified, size int64, err error) {
	var st syscall.Stat_t
	err = lstat(path, &st)
	if err == nil && st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		err = errKind
	}
	if err != nil {
		return 0, 0, err
	}
	return written(&st), onDisk(&st), nil
}
