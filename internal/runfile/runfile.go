// Package runfile keeps the memory of a run in a file that outlives it. It speaks to the system by package syscall alone: package os would
// cost a lean program 325 KiB.
package runfile

import "errors"

// ErrUnsupported says that this system has no run files here.
var ErrUnsupported = errors.New("krunk: run files are not supported on this system")

// ErrBusy says that another process holds the file, or that the path leads to another file by now.
var ErrBusy = errors.New("krunk: the run file is held by another process")

var errEmpty = errors.New("krunk: the run file is empty")

// nameLen is the length of <16 hex start ns>-<8 hex random>.run.
const nameLen = 16 + 1 + 8 + 4

// name returns the name of the file of a run that started at start, in nanoseconds of the wall clock. Names sort by start.
func name(start uint64, random uint32) string {
	b := make([]byte, 0, nameLen)
	b = appendHex(b, start, 16)
	b = append(b, '-')
	b = appendHex(b, uint64(random), 8)
	return string(append(b, ".run"...))
}

func appendHex(b []byte, v uint64, digits int) []byte {
	for i := digits - 1; i >= 0; i-- {
		b = append(b, "0123456789abcdef"[v>>(4*i)&15])
	}
	return b
}

// Named reports whether s is the name of a run file, as Create makes it: lower-case hex, no path.
func Named(s string) bool {
	if len(s) != nameLen || s[16] != '-' || s[25:] != ".run" {
		return false
	}
	for i := range 25 {
		if c := s[i]; i != 16 && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
