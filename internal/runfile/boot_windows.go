package runfile

import "syscall"

// BootID differs after a restart of the machine: the time of its start in steps of 10 minutes, so that a clock which is set rarely changes it.
func BootID() (id [16]byte) {
	low, high, _ := kernel("GetTickCount64").Call()
	up := int64(low)
	if ^uintptr(0)>>32 == 0 {
		up |= int64(high) << 32
	}
	var now syscall.Filetime
	syscall.GetSystemTimeAsFileTime(&now)
	start := (now.Nanoseconds()/1e6 - up) / (10 * 60 * 1000)
	for i := range 8 {
		id[i] = byte(start >> (8 * i))
	}
	return id
}

// Resident returns 0: unknown here.
func Resident() uint64 { return 0 }
