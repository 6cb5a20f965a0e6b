// Package ascii is what Krunk needs of package strings, for separators and words below 0x80. The functions of package strings
// know Unicode, and link its tables: 36 KiB.
package ascii

import "strings"

// Space is what Trim takes for white space.
const Space = " \t\r\n\v\f"

// Lower returns s with A to Z in lower case, and s itself where there is none.
func Lower(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			return lowered(s)
		}
	}
	return s
}

//go:noinline
func lowered(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// EqualFold reports whether s and t are the same but for the case of A to Z. It does not allocate.
//
//go:noinline
func EqualFold(s, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range len(s) {
		if c := s[i] | 0x20; s[i] != t[i] && (c != t[i]|0x20 || c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// Trim returns s without the bytes of set at both ends.
//
//go:noinline
func Trim(s, set string) string {
	for s != "" && strings.IndexByte(set, s[0]) >= 0 {
		s = s[1:]
	}
	return TrimRight(s, set)
}

// TrimRight returns s without the bytes of set at its end.
//
//go:noinline
func TrimRight(s, set string) string {
	for s != "" && strings.IndexByte(set, s[len(s)-1]) >= 0 {
		s = s[:len(s)-1]
	}
	return s
}

// Cut returns what stands before and after the first c, and whether there is one; without one all of s stands before it.
//
//go:noinline
func Cut(s string, c byte) (before, after string, found bool) {
	if i := strings.IndexByte(s, c); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// Index returns where sub, which is short, begins in s, or -1.
//
//go:noinline
func Index(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i:i+len(sub)] == sub {
			return i
		}
	}
	return -1
}

// LastIndex returns where sub, which is short, begins in s for the last time, or -1.
//
//go:noinline
func LastIndex(s, sub string) int {
	for i := len(s) - len(sub); i >= 0; i-- {
		if s[i:i+len(sub)] == sub {
			return i
		}
	}
	return -1
}

// LastIndexAny returns where the last byte of set stands in s, or -1.
//
//go:noinline
func LastIndexAny(s, set string) int {
	i := len(s) - 1
	for i >= 0 && strings.IndexByte(set, s[i]) < 0 {
		i--
	}
	return i
}
