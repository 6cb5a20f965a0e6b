package plan

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/gate"
)

// maxDepth is how deep arrays and objects may nest; a policy needs six.
const maxDepth = 16

// step is one part of the path to a value.
type step struct {
	_     [0]func() // see Fields
	key   string
	index int // of an array, -1 in an object
}

// fail notes a syntax error; nothing is read after it.
//
//go:noinline
func (d *Decoder) fail(k Kind, at int, want Expected) {
	if !d.broken {
		d.broken = true
		d.note(k, at, int(want))
	}
}

// note adds a problem at the current path.
//
//go:noinline
func (d *Decoder) note(k Kind, at, n int) { d.noteAt("", k, at, n) }

// noteAt adds a problem at a path; an empty one stands for the current.
//
//go:noinline
func (d *Decoder) noteAt(path string, k Kind, at, n int) {
	d.noted++
	fatal := k.fatal()
	if k >= KWhen && k <= KRange && d.partial == 0 {
		d.partial = k
	}
	if !fatal && d.keep == nil {
		return
	}
	if path == "" {
		path = d.where()
	}
	if fatal {
		if d.faults++; d.Fault.Code == "" {
			d.Fault.Code, d.Fault.Path, d.Fault.At = k.Code(), path, at
		}
		d.Fault.Also = min(d.faults, MaxProblems) - 1
	}
	if d.keep != nil {
		d.keep(Problem{Kind: k, Path: path, At: at, N: n})
	}
}

// where renders the path: channels["net"].send, rules[1].until.
func (d *Decoder) where() string {
	path := ""
	for i := range d.path {
		s := &d.path[i]
		open, part, end := "[", s.key, "]"
		switch {
		case s.index >= 0:
			part = strconv.Itoa(s.index)
		case i > 0 && named(d.path[i-1].key) || !plain(part):
			part = Quoted(part)
		case i > 0:
			open, end = ".", ""
		default:
			open, end = "", ""
		}
		path += open + part + end
	}
	return path
}

// named reports whether the members of an object go by names that somebody chose.
func named(object string) bool { return wordAt("channels kinds pulls", object) >= 0 }

func plain(key string) bool { return key != "" && len(key) <= 64 && wordOf(key, "_") }

// wordOf reports whether a text has letters, digits and those others alone.
//
//go:noinline
func wordOf(s, others string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && strings.IndexByte(others, s[i]) < 0 {
			return false
		}
	}
	return true
}

// Cut keeps a value that is quoted in a message short.
func Cut(s string) string {
	if len(s) <= 64 {
		return s
	}
	n := 61
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}

// peek returns the first byte of the next token, 0 at the end. Not inlined, like what is marked so below: copies of small functions
// are 6 KiB of what a client links on 32-bit ARM.
//
//go:noinline
func (d *Decoder) peek() byte {
	for d.i < len(d.b) {
		switch c := d.b[d.i]; c {
		case ' ', '\t', '\n', '\r':
			d.i++
		default:
			return c
		}
	}
	return 0
}

func (d *Decoder) expect(c byte, want Expected) bool {
	if d.broken {
		return false
	}
	if d.peek() != c {
		d.fail(KSyntax, d.i, want)
		return false
	}
	d.i++
	return true
}

// items walks the members of an object or the elements of a list. Its zero value stands before the first.
type items struct {
	_    [0]func() // see Fields
	n    int
	seen Keys
}

// next goes to the next member of an object or, opened by a bracket, to the next element of a list: the reader stands before its value,
// which the caller must consume. A value of another shape is skipped and noted as k.
func (d *Decoder) next(o *items, k Kind, open byte) bool {
	end := open + 2 // of "[]" and "{}" alike
	switch {
	case d.broken:
		return false
	case o.n > 0:
		d.path = d.path[:len(d.path)-1]
	case d.peek() != open:
		d.wrong(k, open)
		return false
	default:
		d.i++
		if d.depth++; d.depth > maxDepth {
			d.fail(KDepth, d.i, 0)
			return false
		}
	}
	if d.peek() == end {
		d.i++
		d.depth--
		return false
	}
	if o.n > 0 {
		want := ACommaInObject
		if open == '[' {
			want = ACommaInList
		}
		if !d.expect(',', want) {
			return false
		}
	}
	s := step{index: o.n}
	if o.n++; open == '{' {
		s.index = -1
		if s.key = d.name(&o.seen); d.broken {
			return false
		}
	}
	d.path = append(d.path, s)
	d.peek()
	return true
}

// name reads a key and what stands behind it.
func (d *Decoder) name(seen *Keys) string {
	d.peek()
	at := d.i
	key, ok := d.text()
	if ok && !seen.Add(key) {
		d.fail(KTwice, at, 0)
	}
	d.expect(':', AColon)
	d.at = at
	return key
}

// key is that of the value which the reader stands before.
//
//go:noinline
func (d *Decoder) key() string { return d.path[len(d.path)-1].key }

// wrong skips a value and notes it, and how the one begins that was to be there.
func (d *Decoder) wrong(k Kind, want byte) {
	d.peek()
	at := d.i
	d.skip()
	if !d.broken {
		d.note(k, at, int(want))
	}
}

// skip passes any value, with the same checks as everywhere.
func (d *Decoder) skip() {
	switch c := d.peek(); {
	case c == '{' || c == '[':
		var o items
		for d.next(&o, KShape, c) {
			d.skip()
		}
	case c == '"':
		d.text()
	case c == '-' || c >= '0' && c <= '9':
		d.literal()
	case !d.word("true") && !d.word("false") && !d.word("null"):
		d.fail(KSyntax, d.i, AValue)
	}
}

// word passes w if it stands here.
//
//go:noinline
func (d *Decoder) word(w string) bool {
	if len(d.b)-d.i < len(w) || string(d.b[d.i:d.i+len(w)]) != w {
		return false
	}
	d.i += len(w)
	return true
}

// str returns the next value if it is a string; another one is skipped and noted as k. So do the next two.
func (d *Decoder) str(k Kind) (string, bool) {
	if d.peek() != '"' {
		d.wrong(k, '"')
		return "", false
	}
	return d.text()
}

// boolean returns the next value if it is true or false.
func (d *Decoder) boolean(k Kind) (value, ok bool) {
	d.peek()
	if d.word("true") {
		return true, true
	}
	if ok = d.word("false"); !ok {
		d.wrong(k, 't')
	}
	return false, ok
}

// number returns the text of the next value if it is a number.
func (d *Decoder) number(k Kind) (string, bool) {
	if c := d.peek(); c != '-' && (c < '0' || c > '9') {
		d.wrong(k, '0')
		return "", false
	}
	return d.literal()
}

func (d *Decoder) literal() (string, bool) {
	s := unsafe.String(&d.b[d.i], len(d.b)-d.i)
	n := 0
	if s[0] == '-' {
		n = 1
	}
	whole := digitsAt(s, n)
	good := whole == 1 || whole > 1 && s[n] != '0'
	if n += whole; n < len(s) && s[n] == '.' {
		part := digitsAt(s, n+1)
		good = good && part > 0
		n += 1 + part
	}
	if n < len(s) && s[n]|0x20 == 'e' {
		if n++; n < len(s) && (s[n] == '+' || s[n] == '-') {
			n++
		}
		part := digitsAt(s, n)
		good = good && part > 0
		n += part
	}
	if !good {
		d.fail(KSyntax, d.i, ANumber)
		return "", false
	}
	d.i += n
	return strings.Clone(s[:n]), true // what is kept of a number must not change with b
}

// digitsAt returns how many stand at a place.
func digitsAt(s string, at int) (n int) {
	for n = at; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
	}
	return n - at
}

// text reads a string.
func (d *Decoder) text() (string, bool) {
	if !d.expect('"', AString) {
		return "", false
	}
	out := make([]byte, 0, 64)
	for d.i < len(d.b) {
		c := d.b[d.i]
		d.i++
		switch {
		case c == '"':
			return string(out), true
		case c == '\\':
			u := d.escape()
			if u < 0 {
				d.fail(KSyntax, d.i, AnEscape)
				return "", false
			}
			out = utf8.AppendRune(out, u)
			continue
		case c < 0x20:
			d.fail(KSyntax, d.i-1, NoControl)
			return "", false
		}
		out = append(out, c)
	}
	d.fail(KSyntax, d.i, AQuote)
	return "", false
}

// escape reads what follows a backslash; it returns -1 if that is wrong.
func (d *Decoder) escape() rune {
	if d.i == len(d.b) {
		return -1
	}
	c := d.b[d.i]
	d.i++
	if c == 'u' {
		u := d.hex()
		if !utf16.IsSurrogate(u) {
			return u
		}
		if !d.word(`\u`) {
			return -1
		}
		if u = utf16.DecodeRune(u, d.hex()); u == utf8.RuneError {
			return -1
		}
		return u
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if i := strings.IndexByte(from, c); i >= 0 {
		return rune(to[i])
	}
	return -1
}

func (d *Decoder) hex() rune {
	if len(d.b)-d.i < 4 {
		return -1
	}
	n := unhex(ascii.Lower(string(d.b[d.i : d.i+4])))
	d.i += 4
	return rune(n)
}

// unhex reads up to eight digits, in lower case; it returns -1 if there is anything else.
//
//go:noinline
func unhex(s string) (n int64) {
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			if c = s[i] - 'a'; c > 5 {
				return -1
			}
			c += 10
		}
		n = n<<4 | int64(c)
	}
	return n
}

// end wants nothing but space after the document.
func (d *Decoder) end() {
	if !d.broken && d.peek() != 0 || !d.broken && d.i < len(d.b) {
		d.fail(KMore, d.i, 0)
	}
}

// Keys are hashes of texts, such as the members of one object so far: a table with room for twice as many as it holds, since
// a hostile document has ten thousand members in one object.
type Keys struct {
	table []uint64 // by the low bits of a hash, or behind; 0 is room
	N     int      // how many
}

// Add reports whether key is a new one, and adds it.
//
//go:noinline
func (k *Keys) Add(key string) bool { return k.add(gate.Sum64([]byte(key)) | 1) }

//go:noinline
func (k *Keys) add(h uint64) bool {
	if 2*k.N >= len(k.table) {
		old := k.table
		*k = Keys{table: make([]uint64, max(16, 2*len(old)))}
		for _, h := range old {
			if h != 0 {
				k.add(h)
			}
		}
	}
	last := len(k.table) - 1 // all ones, as the length is a power of two
	i := int(h>>1) & last
	for ; k.table[i] != 0; i = (i + 1) & last {
		if k.table[i] == h {
			return false
		}
	}
	k.table[i] = h
	k.N++
	return true
}
