package crashtext

import (
	"strings"
	"unsafe"
)

const (
	readHead = 16 << 10 // of what stands in front of the goroutines
	readLast = 1 << 10  // right in front of them: how a long message ends
	maxLook  = 8 << 20  // bytes in which they must begin
)

// Read returns what Parse needs of a text of that size, 81 KiB at the most: its beginning, and the first MaxText bytes of the goroutines,
// though a message of megabytes stands in front of them. at reads like io.ReaderAt and returns how many bytes it read.
func Read(size int64, at func(b []byte, off int64) int) string {
	b := make([]byte, min(max(size, 0), readHead+readLast+MaxText+1)) // one more than is looked at, so that it is known to be more
	n := at(b, 0)
	if from := start(view(b[:n])); from <= readHead+readLast || int64(n) == size || n < len(b) {
		return view(b[:n])
	}
	rest := b[readHead:]
	for off := int64(readHead); off < maxLook; off += int64(n - 1 - len(stackHeader)) {
		n = at(rest, off)
		if from := begins(view(rest[:n])); from < n {
			n = at(rest, max(off+int64(from-readLast), readHead))
			return view(b[:readHead+n])
		}
		if n < len(rest) {
			break
		}
	}
	return view(b[:readHead])
}

// Brief returns a copy of what stands in front of the goroutines of a text and of the first 16 KiB of them, for who keeps it.
func Brief(s string) string {
	const most = 16 << 10
	return strings.Clone(s[:min(len(s), start(s)+most)])
}

// view returns bytes that nobody changes any more.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

const (
	header      = "goroutine "
	stackHeader = "runtime stack:"
)

// start returns where the goroutines of a text begin, its end if there are none.
func start(s string) int {
	if strings.HasPrefix(s, header) || strings.HasPrefix(s, stackHeader) {
		return 0
	}
	return begins(s)
}

// begins is start for what may begin in the middle of a line. No line of a message can look so: the runtime puts a tab in front of it.
func begins(s string) int { return min(line(s, header), line(s, stackHeader)) }

// line returns where the first line after the one that s begins with has that prefix, the end of s if none has.
func line(s, prefix string) int {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '\n')
		if i < 0 {
			return len(s)
		}
		if at += i + 1; strings.HasPrefix(s[at:], prefix) {
			return at
		}
	}
}
