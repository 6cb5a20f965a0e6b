package runfile

// headSize is how much of a program's file tells its build: the linker's build id stands there, on Linux as a note behind the headers, on windows where the
// code begins.
const headSize = 4 << 10

// hashed returns FNV-1a of b, 0 for nothing.
func hashed(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	h := uint64(0xcbf29ce484222325)
	for _, c := range b {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h
}
