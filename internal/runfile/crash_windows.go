package runfile

import "syscall"

// crashOutput gives the runtime a handle that shares its position with that of the file, which is put behind the block: a second one cannot be opened.
// Nobody else may read or write by position from then on.
func (f *File) crashOutput() error {
	if !linked {
		return ErrUnsupported
	}
	if _, err := syscall.Seek(f.fd, int64(len(f.Mem)), 0); err != nil {
		return err
	}
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return err
	}
	var h syscall.Handle
	if err := syscall.DuplicateHandle(self, f.fd, self, &h, 0, false, syscall.DUPLICATE_SAME_ACCESS); err != nil {
		return err
	}
	f.crash = h
	if old := setCrashFD(uintptr(h)); old != noCrashFD {
		syscall.CloseHandle(syscall.Handle(old))
	}
	return nil
}

func (f *File) stopCrashOutput() {
	if f.crash == 0 {
		return
	}
	old := setCrashFD(noCrashFD)
	if old == uintptr(f.crash) {
		syscall.CloseHandle(f.crash)
	} else if old != noCrashFD { // another one's
		setCrashFD(old)
	}
	f.crash = 0
}
