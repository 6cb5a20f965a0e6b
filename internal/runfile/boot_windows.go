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

// SameBoot reports whether two ids are of one start: the clock's and the counter's steps may put it on both sides of one of 10 minutes.
func SameBoot(a, b [16]byte) bool {
	at := func(id [16]byte) (n int64) {
		for i := range 8 {
			n |= int64(id[i]) << (8 * i)
		}
		return n
	}
	d := at(a) - at(b)
	return a == b || a != [16]byte{} && b != [16]byte{} && d >= -1 && d <= 1
}
