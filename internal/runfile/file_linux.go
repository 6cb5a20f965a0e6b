package runfile

import "syscall"

// File is the locked and mapped file of one run. Mem must not be used after Close.
type File struct {
	Mem  []byte
	Path string
	fd   int
}

// Create makes the file of a run in dir, whose last element it makes if it is missing: locked, size bytes mapped and as many more reserved behind them as
// tail says, with nothing to be seen of them in its length. A failure leaves no file.
func Create(dir string, size, tail int, start uint64, random uint32) (*File, error) {
	if err := syscall.Mkdir(dir, 0o700); err != nil && err != syscall.EEXIST {
		return nil, err
	}
	f := &File{Path: dir + "/" + name(start, random)}
	var err error
	f.fd, err = open(f.Path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_EXCL)
	if err != nil {
		return nil, err
	}
	if err = f.lock(); err != nil {
		if err != ErrBusy { // who holds it removes it: it has no head
			f.Remove()
		}
		syscall.Close(f.fd)
		return nil, err
	}
	if err = f.reserve(size, tail); err == nil {
		err = f.mapped(size)
	}
	if err != nil {
		f.Remove()
		f.Close()
		return nil, err
	}
	return f, nil
}

// Claim locks and maps size bytes of the file of a dead run; 0: all of it. A link is not followed, and a file of another user
// is refused. A file without a byte is removed: its maker was killed before it reserved anything.
func Claim(path string, size int) (*File, error) {
	f := &File{Path: path}
	var err error
	if f.fd, err = open(path, syscall.O_RDWR); err != nil {
		return nil, err
	}
	if err = f.lock(); err == nil {
		if err = f.mapped(size); err == errEmpty {
			f.Remove()
		}
	}
	if err != nil {
		syscall.Close(f.fd)
		return nil, err
	}
	return f, nil
}

func open(path string, flags int) (fd int, err error) {
	for {
		fd, err = syscall.Open(path, flags|syscall.O_CLOEXEC|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}

// lock takes the file, and fails if the path leads to another one by then: a claimer may have removed it in between.
func (f *File) lock() error {
	if err := syscall.Flock(f.fd, syscall.LOCK_EX|syscall.LOCK_NB); err == syscall.EWOULDBLOCK {
		return ErrBusy
	} else if err != nil {
		return err
	}
	var mine, there syscall.Stat_t
	if err := syscall.Fstat(f.fd, &mine); err != nil {
		return err
	}
	if err := syscall.Lstat(f.Path, &there); err == syscall.ENOENT {
		return ErrBusy
	} else if err != nil {
		return err
	}
	if mine.Dev != there.Dev || mine.Ino != there.Ino {
		return ErrBusy
	}
	if mine.Mode&syscall.S_IFMT != syscall.S_IFREG || int(mine.Uid) != syscall.Geteuid() {
		return syscall.EPERM
	}
	return nil
}

// reserve takes the blocks before anything is mapped: a store into a page that finds no room on the disk would be a SIGBUS.
func (f *File) reserve(size, tail int) error {
	const keepSize = 1
	if err := syscall.Fallocate(f.fd, 0, 0, int64(size)); err != nil {
		return err
	}
	if tail == 0 {
		return nil
	}
	return syscall.Fallocate(f.fd, keepSize, int64(size), int64(tail))
}

func (f *File) mapped(size int) error {
	var st syscall.Stat_t
	if err := syscall.Fstat(f.fd, &st); err != nil {
		return err
	}
	if st.Size == 0 {
		return errEmpty
	}
	if size == 0 {
		size = int(min(st.Size, 1<<30))
	}
	if size <= 0 || int64(size) > st.Size {
		return syscall.EINVAL
	}
	var err error
	f.Mem, err = syscall.Mmap(f.fd, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return err
}

// Cut gives back what lies behind size bytes. Stores there fault from then on.
func (f *File) Cut(size int) error { return syscall.Ftruncate(f.fd, int64(size)) }

// Sync waits until all of the file is on the disk.
func (f *File) Sync() error { return syscall.Fsync(f.fd) }

// Remove takes the name away; Mem stays.
func (f *File) Remove() error { return syscall.Unlink(f.Path) }

// Close unmaps the file and gives the lock up. Nobody may use Mem any more.
func (f *File) Close() error {
	if f.Mem != nil {
		syscall.Munmap(f.Mem)
		f.Mem = nil
	}
	return syscall.Close(f.fd)
}
