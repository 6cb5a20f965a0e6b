package runfile

import (
	"syscall"
	"unsafe"
)

func small(path string, limit int) ([]byte, error) {
	const share = syscall.FILE_SHARE_READ | syscall.FILE_SHARE_WRITE | syscall.FILE_SHARE_DELETE
	fd, err := openFile(path, syscall.GENERIC_READ, share, syscall.OPEN_EXISTING)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := File{system: system{fd: fd}}
	defer f.close()
	if err := f.lock(); err != nil {
		return nil, err
	}
	if f.length > int64(limit) {
		return nil, errTooLarge
	}
	b := make([]byte, f.length)
	n, err := f.read(b, 0)
	return b[:n], err
}

// putSmall writes beside the file and renames. Nobody else can open what it writes until it is closed; who writes there then makes the rename fail.
func putSmall(path string, b []byte) error {
	f := File{Path: path + ".new"}
	var err error
	if f.fd, err = openFile(f.Path, syscall.GENERIC_READ|syscall.GENERIC_WRITE|accessDelete, 0, syscall.CREATE_ALWAYS); err != nil {
		return err
	}
	if err = f.write(b); err == nil {
		err = syscall.FlushFileBuffers(f.fd)
	}
	if err != nil {
		f.remove()
		f.close()
		return err
	}
	if err = f.close(); err != nil {
		return err
	}
	return replace(f.Path, path)
}

func (f *File) write(b []byte) error {
	for len(b) > 0 {
		n, err := syscall.Write(f.fd, b)
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func replace(from, to string) error {
	old, err := syscall.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	path, err := syscall.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	r, _, err := kernel("MoveFileExW").Call(uintptr(unsafe.Pointer(old)), uintptr(unsafe.Pointer(path)), moveReplace|moveThrough)
	switch {
	case r != 0:
		return nil
	case err == errSharing, missing(err):
		return ErrBusy
	}
	return err
}

// SyncDir has nothing to do: replace writes through.
func SyncDir(string) error { return nil }

func kernel(name string) *syscall.LazyProc { return syscall.NewLazyDLL("kernel32.dll").NewProc(name) }

func setInformation(fd syscall.Handle, class uintptr, p unsafe.Pointer, size uintptr) error {
	r, _, err := kernel("SetFileInformationByHandle").Call(uintptr(fd), class, uintptr(p), size)
	if r != 0 {
		return nil
	}
	return err
}
