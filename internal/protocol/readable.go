package protocol

// exact is the largest whole number up to which readers in JavaScript keep every digit.
const exact = "9007199254740992"

// Readable returns v, which is valid JSON, with those numbers as text that servers read or count as something else: whole ones beyond 2^53, which
// JavaScript rounds, and of which Relay makes 0 where 64 bits do not hold them; and those with an exponent, of which Relay counts all zeros that
// they stand for against the 2 KiB of a breadcrumb's data: seven of 1e308, and it drops the rest. It returns v itself where there is none.
func Readable(v string) string {
	var dst []byte
	done := 0
	for i := 0; i < len(v); {
		start := i
		switch c := v[i]; {
		case c == '"':
			for i++; i < len(v) && v[i] != '"'; i++ {
				if v[i] == '\\' {
					i++
				}
			}
			i++
			continue
		case c != '-' && (c < '0' || c > '9'):
			i++
			continue
		}
		whole, exponent := true, false
		for i++; i < len(v) && (v[i] >= '0' && v[i] <= '9' || v[i] == '.' || v[i] == '+' || v[i] == '-' || v[i]|0x20 == 'e'); i++ {
			whole = whole && v[i] != '.'
			exponent = exponent || v[i]|0x20 == 'e'
		}
		if exponent || whole && beyond(v[start:i]) {
			dst = append(append(append(append(dst, v[done:start]...), '"'), v[start:i]...), '"')
			done = i
		}
	}
	if done == 0 {
		return v
	}
	return string(append(dst, v[done:]...))
}

// beyond reports whether a whole number is further from 0 than exact.
func beyond(digits string) bool {
	if digits[0] == '-' {
		digits = digits[1:]
	}
	return len(digits) > len(exact) || len(digits) == len(exact) && digits > exact
}
