package runfile

import "syscall"

// BootID differs after a restart of the machine. All zero: unknown.
func BootID() (id [16]byte) {
	var text [64]byte
	n := proc("/proc/sys/kernel/random/boot_id", text[:])
	uuid(&id, string(text[:n]))
	return id
}

// Resident returns the KiB of memory that this process has, of all kinds. 0: unknown.
func Resident() uint64 {
	var text [128]byte
	n := proc("/proc/self/statm", text[:])
	field, pages := 0, uint64(0)
	for _, c := range text[:n] {
		switch {
		case c == ' ':
			field++
		case field == 1 && c >= '0' && c <= '9':
			pages = pages*10 + uint64(c-'0')
		}
	}
	return pages * uint64(syscall.Getpagesize()) >> 10
}

func proc(path string, p []byte) int {
	fd, err := openFile(path, syscall.O_RDONLY)
	if err != nil {
		return 0
	}
	defer syscall.Close(fd)
	n, err := syscall.Read(fd, p)
	if err != nil {
		return 0
	}
	return n
}
