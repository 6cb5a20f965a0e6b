//go:build linux || windows

package runfile

// headSize is how much of a program's file tells its build: the linker's build id stands there, on Linux as a note behind the headers, on windows where the
// code begins.
const headSize = 4 << 10

// printOf returns FNV-1a of the head of a program's file, which it closes; 0 where that cannot be read.
func printOf(file system) uint64 {
	f := File{system: file}
	defer f.close()
	head := make([]byte, headSize)
	n, _ := f.read(head, 0)
	if n <= 0 {
		return 0
	}
	h := uint64(0xcbf29ce484222325)
	for _, c := range head[:n] {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h
}
