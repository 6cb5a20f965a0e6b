package runfile

import (
	"syscall"
	"unsafe"
)

// system holds the one handle of the file. No other can be opened while it is: that is the lock.
type system struct {
	fd    syscall.Handle
	crash syscall.Handle // that CrashOutput gave to the runtime; 0: none
	cut   int64          // what Close leaves of the file; 0: all
	gone  bool           // Close removes it
}

// What package syscall has no names for.
const (
	errWriteProtected syscall.Errno = 19
	errSharing        syscall.Errno = 32
	errHandleFull     syscall.Errno = 39
	errDiskFull       syscall.Errno = 112
	errQuota          syscall.Errno = 1295

	accessDelete   = 0x10000
	typeDisk       = 1
	infoDisposal   = 4
	infoAllocation = 5

	moveReplace, moveThrough = 1, 8
)

func separator(c byte) bool { return c == '/' || c == '\\' }

func missing(err error) bool {
	return err == syscall.ERROR_FILE_NOT_FOUND || err == syscall.ERROR_PATH_NOT_FOUND
}

func nowhere(err error) bool { return missing(err) }

func exists(err error) bool {
	return err == syscall.ERROR_FILE_EXISTS || err == syscall.ERROR_ALREADY_EXISTS
}

func full(err error) bool { return err == errDiskFull || err == errHandleFull || err == errQuota }

func refused(err error) bool { return err == syscall.ERROR_ACCESS_DENIED || err == errWriteProtected }

func absolute(path string) (string, error) {
	if path == "" {
		return "", errNoPath
	}
	return syscall.FullPath(path)
}

func makeOne(dir string) error {
	err := syscall.Mkdir(dir, 0)
	if err == nil || missing(err) {
		return err
	}
	if p, e := syscall.UTF16PtrFromString(dir); e == nil {
		if attrs, e := syscall.GetFileAttributes(p); e == nil && attrs&syscall.FILE_ATTRIBUTE_DIRECTORY != 0 {
			return nil
		}
	}
	return err
}

// openFile follows no link, and no child inherits what it returns.
func openFile(path string, access, share, mode uint32) (syscall.Handle, error) {
	p, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	fd, err := syscall.CreateFile(p, access, share, nil, mode, syscall.FILE_ATTRIBUTE_NORMAL|syscall.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err == errSharing {
		err = ErrBusy
	}
	return fd, err
}

func (f *File) open(create bool) (err error) {
	mode := uint32(syscall.OPEN_EXISTING)
	if create {
		mode = syscall.CREATE_NEW
	}
	f.fd, err = openFile(f.Path, syscall.GENERIC_READ|syscall.GENERIC_WRITE|accessDelete, 0, mode)
	if !create && missing(err) {
		err = ErrBusy
	}
	return err
}

// lock has nothing to take.
func (f *File) lock() error {
	i, err := information(f.fd)
	f.length = join64(i.FileSizeHigh, i.FileSizeLow)
	f.Modified, f.Size = i.LastWriteTime.Nanoseconds(), f.length
	return err
}

func information(fd syscall.Handle) (i syscall.ByHandleFileInformation, err error) {
	if kind, err := syscall.GetFileType(fd); err != nil || kind != typeDisk {
		return i, errKind
	}
	err = syscall.GetFileInformationByHandle(fd, &i)
	if err == nil && i.FileAttributes&(syscall.FILE_ATTRIBUTE_DIRECTORY|syscall.FILE_ATTRIBUTE_REPARSE_POINT) != 0 {
		err = errKind
	}
	return i, err
}

// reserve takes the clusters before anything is mapped: a store into a page that finds no room on the disk would be a fault.
func (f *File) reserve(size, tail int) error {
	if err := syscall.Ftruncate(f.fd, int64(size)); err != nil {
		return err
	}
	all := int64(size) + int64(tail)
	setInformation(f.fd, infoAllocation, unsafe.Pointer(&all), unsafe.Sizeof(all)) // for a text that may never come
	return nil
}

func join64(high, low uint32) int64 { return int64(high)<<32 | int64(low) }

func (f *File) mmap(size int) error {
	m, err := syscall.CreateFileMapping(f.fd, nil, syscall.PAGE_READWRITE, uint32(uint64(size)>>32), uint32(size), nil)
	if err != nil {
		return err
	}
	at, err := syscall.MapViewOfFile(m, syscall.FILE_MAP_WRITE, 0, 0, uintptr(size))
	syscall.CloseHandle(m) // the view keeps it
	if err == nil {
		f.Mem = unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), size)
	}
	return err
}

func (f *File) pread(p []byte, at int64) (int, error) {
	var n uint32
	o := syscall.Overlapped{Offset: uint32(at), OffsetHigh: uint32(at >> 32)}
	err := syscall.ReadFile(f.fd, p, &n, &o)
	if err == syscall.ERROR_HANDLE_EOF {
		return 0, nil
	}
	return int(n), err
}

// truncate waits for Close: a mapped file cannot be cut here.
func (f *File) truncate(size int64) error {
	f.cut = size
	return nil
}

func (f *File) sync() error {
	if f.Mem != nil {
		if err := syscall.FlushViewOfFile(uintptr(unsafe.Pointer(unsafe.SliceData(f.Mem))), 0); err != nil {
			return err
		}
	}
	return syscall.FlushFileBuffers(f.fd)
}

// remove waits for Close: a mapped file cannot be removed here.
func (f *File) remove() error {
	f.gone = true
	return nil
}

func (f *File) close() (err error) {
	if f.Mem != nil {
		err = syscall.UnmapViewOfFile(uintptr(unsafe.Pointer(unsafe.SliceData(f.Mem))))
		f.Mem = nil
	}
	if f.cut > 0 && err == nil {
		err = syscall.Ftruncate(f.fd, f.cut)
	}
	yes := byte(1)
	byName := f.gone && setInformation(f.fd, infoDisposal, unsafe.Pointer(&yes), 1) != nil
	if e := syscall.CloseHandle(f.fd); err == nil {
		err = e
	}
	if byName {
		if e := syscall.Unlink(f.Path); err == nil {
			err = e
		}
	}
	return err
}

func stat(path string) (modified, size int64, err error) {
	p, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return 0, 0, err
	}
	var i syscall.Win32FileAttributeData
	err = syscall.GetFileAttributesEx(p, syscall.GetFileExInfoStandard, (*byte)(unsafe.Pointer(&i)))
	if err == nil && i.FileAttributes&(syscall.FILE_ATTRIBUTE_DIRECTORY|syscall.FILE_ATTRIBUTE_REPARSE_POINT) != 0 {
		err = errKind
	}
	if err != nil {
		return 0, 0, err
	}
	return i.LastWriteTime.Nanoseconds(), join64(i.FileSizeHigh, i.FileSizeLow), nil
}

func list(dir string) (runs []string, err error) {
	if dir == "" {
		return nil, errNoPath
	}
	p, err := syscall.UTF16PtrFromString(join(dir, "*.run"))
	if err != nil {
		return nil, err
	}
	var found syscall.Win32finddata
	h, err := syscall.FindFirstFile(p, &found)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer syscall.FindClose(h)
	for len(runs) < maxNames {
		if s := syscall.UTF16ToString(found.FileName[:]); Named(s) {
			runs = append(runs, s)
		}
		if err = syscall.FindNextFile(h, &found); err != nil {
			break
		}
	}
	if err == syscall.ERROR_NO_MORE_FILES {
		err = nil
	}
	return runs, err
}
