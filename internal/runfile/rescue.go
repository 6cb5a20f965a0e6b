//go:build (linux && !s390x) || (darwin && (amd64 || arm64)) || (freebsd && (amd64 || arm64))

package runfile

import (
	"syscall"
	"unsafe"
)

// Rescue puts memory that nothing can take away in the place of Mem, whose file was cut, or whose card was pulled out: what of it could still be read
// stands there afterwards, the rest is zero. It reports whether all could be read, and whether there is such memory at all. Nobody needs to
// know: all pointers into Mem stay valid.
func (f *File) Rescue() (whole, ok bool) {
	kept := make([]byte, len(f.Mem))
	page := syscall.Getpagesize()
	whole = true
	for at := 0; at < len(kept); at += page {
		end := min(at+page, len(kept))
		whole = readable(kept[at:end], f.Mem[at:end]) && whole
	}
	if err := mmapFixed(unsafe.Pointer(unsafe.SliceData(f.Mem)), len(f.Mem)); err != nil {
		return false, false
	}
	copy(f.Mem, kept)
	return whole, true
}

// readable copies memory that may not be there.
func readable(to, from []byte) (ok bool) {
	defer setPanicOnFault(setPanicOnFault(true))
	defer func() {
		if recover() != nil {
			clear(to)
		}
	}()
	copy(to, from)
	return true
}

func mmapFixed(at unsafe.Pointer, n int) error {
	const flags = syscall.MAP_FIXED | syscall.MAP_PRIVATE | syscall.MAP_ANON
	_, _, e := syscall.Syscall6(sysMmap, uintptr(at), uintptr(n), syscall.PROT_READ|syscall.PROT_WRITE, flags, ^uintptr(0), 0)
	if e != 0 {
		return e
	}
	return nil
}
