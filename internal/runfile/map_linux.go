//go:build !s390x

package runfile

import (
	"syscall"
	"unsafe"
)

// syscall.Mmap keeps a map of all that is mapped, which is 8 KiB of a program that has no other use for one.

func (f *File) mmap(size int) error {
	at, _, e := syscall.Syscall6(sysMmap, 0, uintptr(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED, uintptr(f.fd), 0)
	if e != 0 {
		return e
	}
	f.Mem = unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), size)
	return nil
}

func (f *File) munmap() error {
	_, _, e := syscall.Syscall(syscall.SYS_MUNMAP, uintptr(unsafe.Pointer(unsafe.SliceData(f.Mem))), uintptr(len(f.Mem)), 0)
	if e != 0 {
		return e
	}
	return nil
}
