package text

// Shape returns the beginning of s, at most limit bytes, with a # for every number and every word of hexadecimal digits that has
// a number in it: texts that differ in such values alone have the same shape.
func Shape(s string, limit int) string {
	s, _ = Trim(s, limit)
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		end, hex, number := i, true, false
		for ; end < len(s) && isWord(s[end]); end++ {
			digit := s[end] >= '0' && s[end] <= '9'
			number = number || digit
			hex = hex && (digit || s[end]|0x20 >= 'a' && s[end]|0x20 <= 'f' || end == i+1 && s[end] == 'x' && s[i] == '0')
		}
		switch {
		case end == i:
			b = append(b, s[i])
			i++
			continue
		case !number:
			b = append(b, s[i:end]...)
		case hex:
			b = append(b, '#')
		default:
			b = appendWithoutDigits(b, s[i:end])
		}
		i = end
	}
	return string(b)
}

func appendWithoutDigits(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			b = append(b, s[i])
		} else if i == 0 || s[i-1] < '0' || s[i-1] > '9' {
			b = append(b, '#')
		}
	}
	return b
}

func isWord(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
