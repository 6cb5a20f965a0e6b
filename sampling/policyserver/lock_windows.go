package policyserver

import (
	"context"
	"os"
	"syscall"
	"time"
	"unsafe"
)

const (
	lockExclusiveNow         = 3 // LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY
	errLockViolation         = syscall.Errno(33)
	errIOPending             = syscall.Errno(997)
	lockedBytes      uintptr = 1
)

// lockFile waits for the lock until ctx ends. The system releases it when the process dies.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	lock := syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")
	if err := lock.Find(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		var at syscall.Overlapped
		ok, _, err := lock.Call(f.Fd(), lockExclusiveNow, 0, lockedBytes, 0, uintptr(unsafe.Pointer(&at)))
		if ok != 0 {
			return func() { f.Close() }, nil
		}
		if err != errLockViolation && err != errIOPending {
			f.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}
