//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package runfile

import (
	"runtime"
	"syscall"
)

// BootID differs after a restart of the machine, and on the BSDs also after its clock was set. All zero: unknown.
func BootID() (id [16]byte) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		if text, err := syscall.Sysctl("kern.bootsessionuuid"); err == nil && uuid(&id, text) {
			return id
		}
	}
	if when, err := syscall.Sysctl("kern.boottime"); err == nil && len(when) >= 4 {
		copy(id[:4], when) // the seconds, whose low half comes first; what follows is corrected while the machine runs
	}
	return id
}

// Resident returns 0: unknown here.
func Resident() uint64 { return 0 }
