package runfile

import "syscall"

// reserve takes the blocks before anything is mapped: a store into a page that finds no room on the disk would be a SIGBUS. The tail is for a text that
// may never come, so a file without it is still a run file.
func (f *File) reserve(size, tail int) error {
	const keepSize = 1
	err := syscall.Fallocate(f.fd, 0, 0, int64(size))
	for interrupted(err) {
		err = syscall.Fallocate(f.fd, 0, 0, int64(size))
	}
	if n := number(err); n == syscall.EOPNOTSUPP || n == syscall.ENOSYS {
		return f.zeros(size)
	}
	if err == nil && tail > 0 {
		syscall.Fallocate(f.fd, keepSize, int64(size), int64(tail))
	}
	return err
}
