package runfile

import "syscall"

// Program returns a number that differs for two builds of which only lines were shifted, and is the same for two copies of one. 0: unknown. It reads the file that the
// program was started from.
func Program() uint64 {
	fd, err := syscall.Open("/proc/self/exe", syscall.O_RDONLY|syscall.O_CLOEXEC, 0) // a link by its nature
	if err != nil {
		return 0
	}
	return printOf(system{fd: fd})
}
