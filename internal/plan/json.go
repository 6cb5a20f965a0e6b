package plan

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may nest; a policy needs six.
const maxDepth = 16

// step is one part of the path to a value.
type step struct {
	_     [0]func() // see Fields
	key   string
	index int // of an array, -1 in an object
}

// reader walks one JSON document from front to back. It refuses repeated keys, knows where it stands, and stops for good at
// the first syntax error. It stands here because encoding/json costs 0.64 MiB on 32-bit ARM and can do neither.
type reader struct {
	b        []byte
	i        int
	at       int // offset of the key before the value
	depth    int
	path     []step
	broken   bool // by a syntax error
	keep     bool // all problems, which only a publisher reads
	noted    int  // how many there were
	Fault    *Fault
	partial  Kind // why a rule is not understood
	Problems []Problem
}

// fail notes a syntax error; nothing is read after it.
//
//go:noinline
func (r *reader) fail(k Kind, at int, arg string) {
	if !r.broken {
		r.broken = true
		r.Note(k, at, arg, "")
	}
}

// Note adds a problem at the current path.
func (r *reader) Note(k Kind, at int, arg, more string) { r.NoteAt("", k, at, arg, more) }

// NoteAt adds a problem at a path; an empty one stands for the current.
//
//go:noinline
func (r *reader) NoteAt(path string, k Kind, at int, arg, more string) {
	r.noted++
	fatal := k.fatal()
	if k >= KWhen && k <= KRange {
		r.partial = k
	}
	if !fatal && !r.keep {
		return
	}
	if path == "" {
		path = r.where()
	}
	switch {
	case !fatal:
	case r.Fault == nil:
		r.Fault = &Fault{Code: k.Code(), Path: path, At: at}
	case r.Fault.Also < MaxProblems-1:
		r.Fault.Also++
	}
	if r.keep {
		r.Problems = append(r.Problems, Problem{Kind: k, Path: path, At: at, Arg: arg, More: more})
	}
}

// faults returns how many problems have rejected the document, as far as they are counted.
func (r *reader) faults() int {
	if r.Fault == nil {
		return 0
	}
	return 1 + r.Fault.Also
}

// where renders the path: channels["net"].send, rules[1].until.
func (r *reader) where() string {
	var b []byte
	for i, s := range r.path {
		switch {
		case s.index >= 0:
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.index), 10)
			b = append(b, ']')
		case i > 0 && named(r.path[i-1].key) || !plain(s.key):
			b = append(b, '[')
			b = appendQuoted(b, Cut(s.key))
			b = append(b, ']')
		default:
			if i > 0 {
				b = append(b, '.')
			}
			b = append(b, s.key...)
		}
	}
	return string(b)
}

// named reports whether the members of an object go by names that somebody chose.
func named(object string) bool { return object == "channels" || object == "kinds" || object == "pulls" }

func plain(key string) bool {
	for i := range len(key) {
		if c := key[i] | 0x20; (c < 'a' || c > 'z') && (key[i] < '0' || key[i] > '9') && key[i] != '_' {
			return false
		}
	}
	return key != "" && len(key) <= 64
}

// Cut keeps a value that is quoted in a message short.
//
//go:noinline
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
func (r *reader) peek() byte {
	for r.i < len(r.b) {
		switch c := r.b[r.i]; c {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) expect(c byte, what string) bool {
	if r.broken {
		return false
	}
	if r.peek() != c {
		r.fail(KSyntax, r.i, what)
		return false
	}
	r.i++
	return true
}

// items walks the members of an object or the elements of a list. Its zero value stands before the first.
type items struct {
	_    [0]func() // see Fields
	n    int
	seen keys
}

// inObject goes to the next member of an object: the reader stands before its value, which the caller must consume. A value of
// another shape is skipped and noted as k.
func (r *reader) inObject(o *items, k Kind) bool { return r.next(o, k, '{') }

// inList goes to the next element of a list likewise.
func (r *reader) inList(o *items, k Kind) bool { return r.next(o, k, '[') }

func (r *reader) next(o *items, k Kind, open byte) bool {
	end := open + 2
	switch {
	case r.broken:
		return false
	case o.n > 0:
		r.path = r.path[:len(r.path)-1]
	case r.peek() != open:
		r.wrong(k, string(open))
		return false
	default:
		r.i++
		if r.depth++; r.depth > maxDepth {
			r.fail(KDepth, r.i, "")
			return false
		}
	}
	if r.peek() == end {
		r.i++
		r.depth--
		return false
	}
	if o.n > 0 {
		more := `"," or "}"`
		if open == '[' {
			more = `"," or "]"`
		}
		if !r.expect(',', more) {
			return false
		}
	}
	s := step{index: o.n}
	if o.n++; open == '{' {
		s.index = -1
		if s.key = r.name(&o.seen); r.broken {
			return false
		}
	}
	r.path = append(r.path, s)
	r.peek()
	return true
}

// name reads a key and what stands behind it.
func (r *reader) name(seen *keys) string {
	r.peek()
	at := r.i
	key, ok := r.text()
	if ok && !seen.add(key) {
		r.fail(KTwice, at, key)
	}
	r.expect(':', `":"`)
	r.at = at
	return key
}

// key is that of the value which the reader stands before.
func (r *reader) key() string { return r.path[len(r.path)-1].key }

// wrong skips a value and notes it with its text, and with how the one begins that was to be there.
func (r *reader) wrong(k Kind, want string) {
	r.peek()
	at := r.i
	r.skip()
	if !r.broken {
		r.Note(k, at, Cut(string(r.b[at:r.i])), want)
	}
}

// skip passes any value, with the same checks as everywhere.
func (r *reader) skip() {
	switch c := r.peek(); {
	case c == '{' || c == '[':
		var o items
		for r.next(&o, KShape, c) {
			r.skip()
		}
	case c == '"':
		r.text()
	case c == '-' || c >= '0' && c <= '9':
		r.literal()
	case c == 't':
		r.word("true")
	case c == 'f':
		r.word("false")
	case c == 'n':
		r.word("null")
	default:
		r.fail(KSyntax, r.i, "a value")
	}
}

func (r *reader) word(w string) {
	if len(r.b)-r.i < len(w) || string(r.b[r.i:r.i+len(w)]) != w {
		r.fail(KSyntax, r.i, "a value")
		return
	}
	r.i += len(w)
}

// str returns the next value if it is a string; another one is skipped and noted as k. So do the next two.
func (r *reader) str(k Kind) (string, bool) {
	if r.peek() != '"' {
		r.wrong(k, `"`)
		return "", false
	}
	return r.text()
}

// boolean returns the next value if it is true or false.
func (r *reader) boolean(k Kind) (value, ok bool) {
	switch r.peek() {
	case 't':
		r.word("true")
		return true, !r.broken
	case 'f':
		r.word("false")
		return false, !r.broken
	}
	r.wrong(k, "t")
	return false, false
}

// number returns the text of the next value if it is a number.
func (r *reader) number(k Kind) (string, bool) {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		r.wrong(k, "0")
		return "", false
	}
	return r.literal()
}

func (r *reader) literal() (string, bool) {
	at := r.i
	if r.b[r.i] == '-' {
		r.i++
	}
	zero := r.i < len(r.b) && r.b[r.i] == '0'
	n := r.run()
	good := n > 0 && (!zero || n == 1)
	if good && r.i < len(r.b) && r.b[r.i] == '.' {
		r.i++
		good = r.run() > 0
	}
	if good && r.i < len(r.b) && r.b[r.i]|0x20 == 'e' {
		r.i++
		if r.i < len(r.b) && (r.b[r.i] == '+' || r.b[r.i] == '-') {
			r.i++
		}
		good = r.run() > 0
	}
	if !good {
		r.fail(KSyntax, at, "a number")
		return "", false
	}
	return string(r.b[at:r.i]), true
}

// run passes digits and returns how many.
func (r *reader) run() int {
	at := r.i
	for r.i < len(r.b) && r.b[r.i] >= '0' && r.b[r.i] <= '9' {
		r.i++
	}
	return r.i - at
}

// text reads a string.
func (r *reader) text() (string, bool) {
	if !r.expect('"', "a string") {
		return "", false
	}
	at := r.i
	for r.i < len(r.b) {
		switch c := r.b[r.i]; {
		case c == '"':
			r.i++
			return string(r.b[at : r.i-1]), true
		case c == '\\':
			return r.escaped(append([]byte(nil), r.b[at:r.i]...))
		case c < 0x20:
			r.fail(KSyntax, r.i, "no control character")
			return "", false
		}
		r.i++
	}
	r.fail(KSyntax, r.i, `"`)
	return "", false
}

// escaped goes on with a string from its first backslash.
func (r *reader) escaped(out []byte) (string, bool) {
	for r.i < len(r.b) {
		c := r.b[r.i]
		r.i++
		switch {
		case c == '"':
			return string(out), true
		case c < 0x20:
			r.fail(KSyntax, r.i-1, "no control character")
			return "", false
		case c != '\\':
			out = append(out, c)
		default:
			u, ok := r.escape()
			if !ok {
				r.fail(KSyntax, r.i, "an escape")
				return "", false
			}
			out = utf8.AppendRune(out, u)
		}
	}
	r.fail(KSyntax, r.i, `"`)
	return "", false
}

func (r *reader) escape() (rune, bool) {
	if r.i == len(r.b) {
		return 0, false
	}
	c := r.b[r.i]
	r.i++
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	for i := range len(from) {
		if c == from[i] {
			return rune(to[i]), true
		}
	}
	if c != 'u' {
		return 0, false
	}
	u, ok := r.hex()
	if !ok || !utf16.IsSurrogate(u) {
		return u, ok
	}
	if len(r.b)-r.i < 6 || r.b[r.i] != '\\' || r.b[r.i+1] != 'u' {
		return 0, false
	}
	r.i += 2
	v, ok := r.hex()
	u = utf16.DecodeRune(u, v)
	return u, ok && u != utf8.RuneError
}

func (r *reader) hex() (rune, bool) {
	if len(r.b)-r.i < 4 {
		return 0, false
	}
	n := rune(0)
	for range 4 {
		c := r.b[r.i]
		r.i++
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		n = n<<4 | rune(c)
	}
	return n, true
}

// end wants nothing but space after the document.
func (r *reader) end() {
	if !r.broken && r.peek() != 0 || !r.broken && r.i < len(r.b) {
		r.fail(KMore, r.i, "")
	}
}

// keys are the members of one object so far; a map only where a hostile document would make the list slow.
type keys struct {
	few  []string
	many map[string]struct{}
}

//go:noinline
func (k *keys) add(key string) bool {
	if k.many != nil {
		_, twice := k.many[key]
		k.many[key] = struct{}{}
		return !twice
	}
	for _, old := range k.few {
		if old == key {
			return false
		}
	}
	k.few = append(k.few, key)
	if len(k.few) > 32 {
		k.many = make(map[string]struct{}, 128)
		for _, old := range k.few {
			k.many[old] = struct{}{}
		}
	}
	return true
}
