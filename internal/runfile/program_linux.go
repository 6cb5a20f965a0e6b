package runfile

import "syscall"

// Program returns a number that differs for two builds of which only lines were shifted, and is the same for two copies of one. 0: unknown.
func Program() uint64 {
	fd, err := syscall.Open("/proc/self/exe", syscall.O_RDONLY|syscall.O_CLOEXEC, 0) // a link by its nature
	if err != nil {
		return 0
	}
	f := File{system: system{fd: fd}}
	defer f.close()
	head := make([]byte, headSize)
	n, _ := f.read(head, 0)
	return hashed(head[:n])
}
