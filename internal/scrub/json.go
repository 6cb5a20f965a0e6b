package scrub

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/text"
)

// JSON is Text for JSON: it looks at every string as it reads without its escapes, keys included, and gives Filtered to members
// whose key says secret. What is valid stays valid, and keys that were told apart stay so. It returns s itself where there is
// nothing private; otherwise the result may be longer than s.
func (c *Scrubber) JSON(s string) string {
	var dst []byte
	done, cuts := 0, 0
	for i := 0; i < len(s); {
		if s[i] != '"' {
			i++
			continue
		}
		start := i
		i = stringEnd(s, start)
		was := c.unescape(s[start+1 : max(i-1, start+1)])
		now := c.Text(was)
		at := i
		for at < len(s) && isSpace(s[at]) {
			at++
		}
		key := at < len(s) && s[at] == ':'
		if now != was {
			if cuts++; key && cuts > 1 { // /home/anna/x and /home/bert/x would be one key
				now += " " + strconv.Itoa(cuts)
			}
			dst = text.AppendString(append(dst, s[done:start]...), now)
			done = i
		}
		if key && Secret(now) {
			for at++; at < len(s) && isSpace(s[at]); at++ {
			}
			i = valueEnd(s, at)
			dst = text.AppendString(append(dst, s[done:at]...), Filtered)
			done = i
		}
	}
	if done == 0 {
		return s
	}
	return string(append(dst, s[done:]...))
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// stringEnd returns the end of the string that begins at s[i], a quote.
func stringEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// valueEnd returns the end of the value that begins at s[i].
func valueEnd(s string, i int) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if i = stringEnd(s, i); depth == 0 {
				return i
			}
			i--
		case '{', '[':
			depth++
		case '}', ']', ',':
			if depth == 0 {
				return i
			}
			if s[i] != ',' {
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	return len(s)
}

// unescape returns what a JSON string says. The result is valid until the next call.
func (c *Scrubber) unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := c.text[:0]
	for i := 0; i < len(s); i++ {
		one := s[i]
		if one == '\\' && i+1 < len(s) {
			i++
			if one = s[i]; one == 'u' {
				r := hex4(s, i+1)
				i += 4
				if utf16.IsSurrogate(r) && i+2 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
					if both := utf16.DecodeRune(r, hex4(s, i+3)); both != utf8.RuneError {
						r = both
						i += 6
					}
				}
				b = utf8.AppendRune(b, r)
				continue
			}
			if n := strings.IndexByte("bfnrt", one); n >= 0 {
				one = "\b\f\n\r\t"[n]
			}
		}
		b = append(b, one)
	}
	c.text = b
	return view(b)
}

// hex4 returns the number of four hexadecimal digits at s[i:].
func hex4(s string, i int) (r rune) {
	for j := i; j < i+4 && j < len(s); j++ {
		r = r<<4 | rune(digit(s[j]))&0xf
	}
	return r
}
