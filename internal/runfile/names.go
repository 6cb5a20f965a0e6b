package runfile

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

// join does not clean: what dir means is the system's to say.
func join(dir, name string) string {
	if dir != "" && separator(dir[len(dir)-1]) {
		return dir + name
	}
	return dir + "/" + name
}

// makeAll makes dir and what is missing above it. Only the system's word that dir is missing makes it go up: where it may not look, dir may be there.
func makeAll(dir string) error {
	err := makeOne(dir)
	if !missing(err) {
		return err
	}
	up := len(dir)
	for up > 0 && separator(dir[up-1]) {
		up--
	}
	for up > 0 && !separator(dir[up-1]) {
		up--
	}
	for up > 1 && separator(dir[up-1]) {
		up--
	}
	if up == 0 || up == len(dir) {
		return err
	}
	if err := makeAll(dir[:up]); err != nil {
		return err
	}
	return makeOne(dir)
}

// kib writes a size for an error.
func kib(n int) string {
	n = (n + 1023) >> 10
	if n >= 1024 && n%1024 == 0 {
		return decimal(n>>10) + " MiB"
	}
	return decimal(n) + " KiB"
}

func decimal(n int) string {
	if n < 0 {
		n = 0
	}
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(b[i:])
		}
	}
}
