//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import "syscall"

// crashOutput gives the runtime a descriptor of its own that appends: where the first one stands does not matter then, and the text follows the block,
// which is as long as the file.
func (f *File) crashOutput() error {
	fd, err := syscall.Open(f.Path, syscall.O_WRONLY|syscall.O_APPEND|openFlags, 0)
	if err != nil {
		return err
	}
	var st syscall.Stat_t
	if err = again(func() error { return syscall.Fstat(f.fd, &st) }); err == nil {
		err = sameFile(&st, fd)
	}
	if err == nil && !linked {
		err = ErrUnsupported
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

func sameFile(st *syscall.Stat_t, fd int) error {
	var there syscall.Stat_t
	err := again(func() error { return syscall.Fstat(fd, &there) })
	if err == nil && (st.Dev != there.Dev || st.Ino != there.Ino) {
		return ErrBusy
	}
	return err
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
