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

// again calls f until no signal interrupts it.
func again(f func() error) error {
	for {
		if err := f(); err != syscall.EINTR {
			return err
		}
	}
}

func separator(c byte) bool { return c == '/' }

func missing(err error) bool { return err == syscall.ENOENT }

func exists(err error) bool { return err == syscall.EEXIST }

func full(err error) bool { return err == syscall.ENOSPC || err == syscall.EDQUOT }

func refused(err error) bool {
	return err == syscall.EACCES || err == syscall.EPERM || err == syscall.EROFS || err == syscall.ENOTDIR
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
	err := again(func() error { return syscall.Mkdir(dir, 0o700) })
	if err == nil || missing(err) {
		return err
	}
	var st syscall.Stat_t // some say EROFS or EACCES before they say EEXIST
	if e := again(func() error { return syscall.Stat(dir, &st) }); e == nil {
		if st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
			return nil
		}
		return syscall.ENOTDIR
	}
	return err
}

// openFlags: no child inherits the lock, no link is followed, and no pipe holds anybody up.
const openFlags = syscall.O_CLOEXEC | syscall.O_NOFOLLOW | syscall.O_NONBLOCK

func openFile(path string, flags int) (fd int, err error) {
	err = again(func() (err error) {
		fd, err = syscall.Open(path, flags|openFlags, 0o600)
		return err
	})
	return fd, err
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
	var mine syscall.Stat_t
	if err := own(f.fd, &mine); err != nil {
		return err
	}
	if err := flock(f.fd); err != nil {
		return err
	}
	return same(&mine, f.Path)
}

// own fails unless fd is a file of this user. Android's shared storage tells the same owner for all.
func own(fd int, st *syscall.Stat_t) error {
	if err := again(func() error { return syscall.Fstat(fd, st) }); err != nil {
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

func flock(fd int) error {
	err := again(func() error { return syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) })
	switch {
	case err == syscall.EWOULDBLOCK:
		return ErrBusy
	case err == syscall.ENOLCK, err == syscall.ENOTSUP, err == syscall.EOPNOTSUPP, err == syscall.ENOSYS:
		return errNoLocks
	}
	return err
}

// same fails with ErrBusy unless path leads to that file.
func same(st *syscall.Stat_t, path string) error {
	var there syscall.Stat_t
	err := again(func() error { return syscall.Lstat(path, &there) })
	if missing(err) || err == nil && (st.Dev != there.Dev || st.Ino != there.Ino) {
		return ErrBusy
	}
	return err
}

// zeros takes the blocks of a file on a system that cannot reserve them otherwise.
func (f *File) zeros(size int) error {
	page := make([]byte, min(size, 64<<10))
	for at := 0; at < size; {
		n, err := 0, error(nil)
		err = again(func() error {
			n, err = syscall.Pwrite(f.fd, page[:min(size-at, len(page))], int64(at))
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

func (f *File) stat() error {
	var st syscall.Stat_t
	if err := again(func() error { return syscall.Fstat(f.fd, &st) }); err != nil {
		return err
	}
	f.Modified, f.Size = written(&st), onDisk(&st)
	return nil
}

// onDisk counts blocks of 512 bytes, as every system does.
func onDisk(st *syscall.Stat_t) int64 { return int64(st.Blocks) * 512 }

func (f *File) length() (int64, error) {
	var st syscall.Stat_t
	err := again(func() error { return syscall.Fstat(f.fd, &st) })
	return st.Size, err
}

func (f *File) mmap(size int) (err error) {
	f.Mem, err = syscall.Mmap(f.fd, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return err
}

func (f *File) unmap() error {
	if f.Mem == nil {
		return nil
	}
	err := syscall.Munmap(f.Mem)
	f.Mem = nil
	return err
}

func (f *File) pread(p []byte, at int64) (n int, err error) {
	err = again(func() error {
		n, err = syscall.Pread(f.fd, p, at)
		return err
	})
	return n, err
}

func (f *File) truncate(size int64) error {
	return again(func() error { return syscall.Ftruncate(f.fd, size) })
}

func (f *File) sync() error { return again(func() error { return syscall.Fsync(f.fd) }) }

func (f *File) remove() error { return f.unlink() }

func (f *File) unlink() error {
	err := again(func() error { return syscall.Unlink(f.Path) })
	if missing(err) {
		return nil
	}
	return err
}

// closeFile is not tried again: an interrupted close has closed.
func (f *File) closeFile() error { return syscall.Close(f.fd) }

func stat(path string) (modified, size int64, err error) {
	var st syscall.Stat_t
	err = again(func() error { return syscall.Lstat(path, &st) })
	if err == nil && st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		err = errKind
	}
	if err != nil {
		return 0, 0, err
	}
	return written(&st), onDisk(&st), nil
}
