package protocol

import "unicode/utf8"

// maxDepth is how many objects and lists of a Raw may lie in each other.
const maxDepth = 32

// Valid reports whether b is one JSON value that every server reads: valid UTF-8, no lone surrogate, no number that
// is too large for a float64, at most 32 objects and lists in each other. It does not allocate.
func Valid(b []byte) bool {
	v := validator{b: b}
	return utf8.Valid(b) && v.value(0) && v.i == len(b)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

type validator struct {
	b []byte
	i int
}

//go:noinline
func (v *validator) space() {
	for v.i < len(v.b) && isSpace(v.b[v.i]) {
		v.i++
	}
}

//go:noinline
func (v *validator) peek() byte {
	if v.i < len(v.b) {
		return v.b[v.i]
	}
	return 0
}

// value reads a value and the white space around it.
func (v *validator) value(depth int) bool {
	v.space()
	if !v.token(depth) {
		return false
	}
	v.space()
	return true
}

func (v *validator) token(depth int) bool {
	switch c := v.peek(); {
	case c == '{':
		return depth < maxDepth && v.members('}', depth, true)
	case c == '[':
		return depth < maxDepth && v.members(']', depth, false)
	case c == '"':
		return v.str()
	case c == '-' || c >= '0' && c <= '9':
		return v.number()
	}
	return v.word("true") || v.word("false") || v.word("null")
}

func (v *validator) members(end byte, depth int, keys bool) bool {
	v.i++
	v.space()
	if v.take(end) {
		return true
	}
	for {
		if keys && !v.key() || !v.value(depth+1) {
			return false
		}
		if v.take(end) {
			return true
		}
		if !v.take(',') {
			return false
		}
	}
}

func (v *validator) key() bool {
	v.space()
	if !v.str() {
		return false
	}
	v.space()
	return v.take(':')
}

//go:noinline
func (v *validator) take(c byte) bool {
	if v.peek() != c {
		return false
	}
	v.i++
	return true
}

//go:noinline
func (v *validator) word(w string) bool {
	if len(v.b)-v.i < len(w) || string(v.b[v.i:v.i+len(w)]) != w {
		return false
	}
	v.i += len(w)
	return true
}

func (v *validator) str() bool {
	if !v.take('"') {
		return false
	}
	for v.i < len(v.b) {
		c := v.b[v.i]
		v.i++
		switch {
		case c == '"':
			return true
		case c < ' ':
			return false
		case c == '\\' && !v.escape():
			return false
		}
	}
	return false
}

func (v *validator) escape() bool {
	c := v.peek()
	v.i++
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		n, ok := v.hex()
		if !ok || n >= 0xdc00 && n < 0xe000 {
			return false // a low surrogate alone
		}
		if n < 0xd800 || n >= 0xe000 {
			return true
		}
		if !v.take('\\') || !v.take('u') {
			return false
		}
		n, ok = v.hex()
		return ok && n >= 0xdc00 && n < 0xe000
	}
	return false
}

func (v *validator) hex() (n uint32, ok bool) {
	for range 4 {
		c := v.peek()
		v.i++
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | uint32(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | uint32(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

// digits skips digits and returns how many.
func (v *validator) digits() int {
	start := v.i
	for c := v.peek(); c >= '0' && c <= '9'; c = v.peek() {
		v.i++
	}
	return v.i - start
}

// number wants one that a float64 holds: servers refuse the whole event for another one. With fewer than 309 digits before the
// point, the exponent counted in, nothing has to be compared.
func (v *validator) number() bool {
	const most = 308
	v.take('-')
	from := v.i
	whole := 0
	if !v.take('0') {
		if whole = v.digits(); whole == 0 {
			return false
		}
	}
	if v.take('.') && v.digits() == 0 {
		return false
	}
	if !v.take('e') && !v.take('E') {
		return whole <= most || whole == most+1 && isFinite(v.b[from:v.i])
	}
	negative := v.take('-')
	if !negative {
		v.take('+')
	}
	exp, start := 0, v.i
	for c := v.peek(); c >= '0' && c <= '9'; c = v.peek() {
		exp = min(exp*10+int(c-'0'), 1<<20)
		v.i++
	}
	if negative {
		exp = -exp
	}
	return v.i > start && (whole+exp <= most || whole+exp == most+1 && isFinite(v.b[from:v.i]))
}

// isFinite compares the digits of a number of 309 digits before the point with those of the largest float64.
func isFinite(number []byte) bool {
	const limit = "17976931348623158"
	if number[0] == '0' {
		number = number[1:] // the first digit that counts stands behind the point
	}
	i := 0
	for _, c := range number {
		if c|0x20 == 'e' {
			break
		}
		if c == '.' {
			continue
		}
		if i == len(limit) || c != limit[i] {
			return i < len(limit) && c < limit[i]
		}
		i++
	}
	return i < len(limit)
}
