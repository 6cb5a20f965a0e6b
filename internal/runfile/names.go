package runfile

import "strconv"

// nameLen is the length of <16 hex start ns>-<8 hex random>.run.
const nameLen = 16 + 1 + 8 + 4

// name returns the name of the file of a run that started at start, in nanoseconds of the wall clock. Names sort by start.
func name(start uint64, random uint32) string {
	var b [nameLen]byte
	copy(b[25:], ".run")
	b[16] = '-'
	for i := range 16 {
		b[15-i] = hexDigits[start>>(4*i)&15]
	}
	for i := range 8 {
		b[24-i] = hexDigits[random>>(4*i)&15]
	}
	return string(b[:])
}

const hexDigits = "0123456789abcdef"

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

// sort is Shell's, for 4096 names at most: package slices takes 8 KiB of a program for it.
func sort(names []string) {
	for gap := 1 << 10; gap > 0; gap /= 2 {
		for i := gap; i < len(names); i++ {
			for j := i; j >= gap && names[j] < names[j-gap]; j -= gap {
				names[j], names[j-gap] = names[j-gap], names[j]
			}
		}
	}
}

// join does not clean: what dir means is the system's to say.
//
//go:noinline
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
	n = (max(n, 0) + 1023) >> 10
	if n >= 1024 && n%1024 == 0 {
		return strconv.Itoa(n>>10) + " MiB"
	}
	return strconv.Itoa(n) + " KiB"
}
