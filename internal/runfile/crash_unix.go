//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import "syscall"

// crashOutput gives the runtime a descriptor of its own that appends: where the first one stands does not matter then, and the text follows the block,
// which is as long as the file.
func (f *File) crashOutput() error {
	if !linked {
		return ErrUnsupported
	}
	fd, err := openFile(f.Path, syscall.O_WRONLY|syscall.O_APPEND)
	if err != nil {
		return err
	}
	var mine, there syscall.Stat_t
	if err = syscall.Fstat(f.fd, &mine); err == nil {
		err = syscall.Fstat(fd, &there)
	}
	if err == nil && !same(&mine, &there) {
		err = ErrBusy
	}
	if err != nil {
		syscall.Close(fd)
		return err
	}
	f.crash = fd
	if old := setCrashFD(uintptr(fd)); old != noCrashFD {
		syscall.Close(int(old))
	}
	return nil
}

func (f *File) stopCrashOutput() {
	if f.crash == 0 {
		return
	}
	old := setCrashFD(noCrashFD)
	if old == uintptr(f.crash) {
		syscall.Close(f.crash)
	} else if old != noCrashFD { // another one's
		setCrashFD(old)
	}
	f.crash = 0
}
