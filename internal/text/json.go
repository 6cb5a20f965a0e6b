// Package text has the tools for texts that every stage needs: JSON strings and numbers, cutting, quoting, dates. They replace
// what strconv, encoding and time would bring in size.
package text

import (
	"math"
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string, escaped as go-json does without HTML escaping: control characters, quotes,
// backslashes, U+2028 and U+2029; what is no UTF-8 becomes \ufffd. It does not allocate where dst has room.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			if r, n = utf8.DecodeRuneInString(s[i:]); (r != utf8.RuneError || n > 1) && r|1 != '\u2029' {
				i += n
				continue
			}
		}
		dst = appendEscaped(append(dst, s[start:i]...), r)
		i += n
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

//go:noinline
func appendEscaped(dst []byte, r rune) []byte {
	const short, letters = "\"\\\b\f\n\r\t", `"\bfnrt`
	for i := range len(short) {
		if rune(short[i]) == r {
			return append(dst, '\\', letters[i])
		}
	}
	return append(dst, '\\', 'u', hexDigits[r>>12&0xf], hexDigits[r>>8&0xf], hexDigits[r>>4&0xf], hexDigits[r&0xf])
}

// Append appends the parts. It is there for its size: an append in line is 80 to 150 bytes of code on 32-bit ARM.
//
//go:noinline
func Append(dst []byte, parts ...string) []byte {
	for _, s := range parts {
		dst = append(dst, s...)
	}
	return dst
}

// Quote returns s as it stands in an error text: a JSON string of at most 60 bytes. strconv.Quote links tables for what is
// printable.
func Quote(s string) string {
	s, _ = Trim(s, 60)
	return string(AppendString(nil, s))
}

// SortKeys sorts the keys of a map, in gaps that shrink. Package slices would be faster for many, and links 6 KiB for a type.
//
//go:noinline
func SortKeys(keys []string) {
	for gap := 121; gap > 0; gap /= 3 {
		for i := gap; i < len(keys); i++ {
			for j := i; j >= gap && keys[j] < keys[j-gap]; j -= gap {
				keys[j], keys[j-gap] = keys[j-gap], keys[j]
			}
		}
	}
}

// IsHex reports whether s has lower-case hexadecimal digits alone.
func IsHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Hex returns b in lower-case hexadecimal digits. encoding/hex would do, but links fmt.
//
//go:noinline
func Hex(b []byte) string { return string(AppendHex(nil, b)) }

// AppendHex appends b in lower-case hexadecimal digits.
//
//go:noinline
func AppendHex(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, hexDigits[c>>4], hexDigits[c&0xf])
	}
	return dst
}

// AppendPlain appends f, which is finite, as a number without an exponent, since Relay counts all zeros that one stands for against what it keeps of an
// object. One of more than 21 digits before the point or zeros behind it is text, and a whole one that 64 bits do not hold ends in ".0": Relay
// would read 0.
func AppendPlain(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	if abs != 0 && (abs < 1e-21 || abs >= 1e21) {
		return append(AppendFloat(append(dst, '"'), f), '"')
	}
	if dst = strconv.AppendFloat(dst, f, 'f', -1, 64); abs >= 1<<63 {
		dst = append(dst, ".0"...)
	}
	return dst
}

// AppendFloat appends f as encoding/json writes it; NaN and infinities, which JSON has no number for, become 0.
func AppendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, '0')
	}
	abs := math.Abs(f)
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
		if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' { // e-09 becomes e-9
			dst[n-2] = dst[n-1]
			dst = dst[:n-1]
		}
		return dst
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
