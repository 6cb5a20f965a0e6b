package text

import "unicode/utf8"

// Trim returns s in at most max bytes, cut between characters and with "..." at its end, and whether it was cut. Where the dots
// have no room the result is empty.
//
//go:noinline
func Trim(s string, max int) (string, bool) {
	if len(s) <= max {
		return s, false
	}
	n := max - len("...")
	if n < 0 {
		return "", true
	}
	for end := n; n > 0 && end-n < utf8.UTFMax-1 && !utf8.RuneStart(s[n]); {
		n-- // at most three times, whatever the bytes are
	}
	return s[:n] + "...", true
}
