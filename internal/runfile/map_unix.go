//go:build (linux && s390x) || darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import "syscall"

func (f *File) mmap(size int) (err error) {
	f.Mem, err = syscall.Mmap(f.fd, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return err
}

func (f *File) munmap() error { return syscall.Munmap(f.Mem) }
