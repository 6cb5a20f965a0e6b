package text

// TrimSpace returns s without white space at its ends, as strings.TrimSpace does, which links Unicode's tables for that.
//
//go:noinline
func TrimSpace(s string) string {
	from, to := len(s), 0 // of what is no space
	in := false           // whether the character before was none
	for i, r := range s {
		if in {
			to = i
		}
		if in = !isSpace(r); in && from == len(s) {
			from = i
		}
	}
	if in {
		to = len(s)
	}
	if from > to {
		return ""
	}
	return s[from:to]
}

// isSpace reports whether r is White_Space of Unicode, of which there will be no more.
func isSpace(r rune) bool {
	switch r {
	case ' ', 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
		return true
	}
	return r >= '\t' && r <= '\r' || r >= 0x2000 && r <= 0x200a
}
