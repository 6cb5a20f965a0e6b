package krunkzerolog

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/rs/zerolog"

	"github.com/krunk-go/krunk/krunk"
)

// names are those of the fields that are no attribute.
type names struct{ level, text, time, err string }

// format is what tells lines with these names from others: a run that died is read by one that has the same.
func (n names) format() string {
	if n == (names{"level", "message", "time", "error"}) {
		return "zerolog"
	}
	return "zerolog " + strings.Join([]string{n.level, n.text, n.time, n.err}, " ")
}

// scanner takes one record of zerolog apart; it is a krunk.LineReader. It reads in place: everything it holds is valid as long as
// the record's bytes are. Package encoding/json would allocate for each member.
type scanner struct {
	names
	pool    *sync.Pool // where it goes when it is done
	message string
	attrs   []krunk.Attr
	few     [16]krunk.Attr
	failed  failure
	room    []byte // unescaped texts, kept for the next record
	in      []byte
	at      int
}

// failure is an error that is known by its text alone.
type failure struct{ text string }

func (f *failure) Error() string { return f.text }

const keepText = 4 << 10 // bytes of room that wait for the next record

// Read is krunk.LineReader.Read.
func (s *scanner) Read(line string) (message string, attrs []krunk.Attr) {
	s.scan(unsafe.Slice(unsafe.StringData(line), len(line)))
	return s.message, s.attrs
}

// Done is krunk.LineReader.Done.
func (s *scanner) Done() {
	s.reset()
	s.pool.Put(s)
}

// reset lets go of what is large. The buffer of a short record stays alive until the next one: taking note of each pointer that is cleared
// costs more than to read the record.
func (s *scanner) reset() {
	if len(s.in) > keepText || cap(s.room) > keepText {
		*s = scanner{names: s.names, pool: s.pool}
		return
	}
	s.failed.text = ""
}

// scan reads a record. What is no object, or breaks off, is kept as the message, so that nothing is lost.
func (s *scanner) scan(p []byte) {
	s.in, s.at, s.message, s.attrs, s.room = p, 0, "", s.few[:0], s.room[:0]
	if cap(s.room) < len(p) {
		s.room = make([]byte, 0, len(p)) // unescaping makes nothing longer, so that it never moves
	}
	if !s.object() {
		end := len(p)
		for end > 0 && (p[end-1] == '\n' || p[end-1] == '\r') {
			end--
		}
		s.attrs, s.message = s.few[:0], view(p[:end])
	}
}

func (s *scanner) object() bool {
	if s.next() != '{' {
		return false
	}
	s.at++
	if s.next() == '}' {
		s.at++
		return s.next() == 0
	}
	for {
		if s.next() != '"' {
			return false
		}
		key, ok := s.str()
		if !ok || s.next() != ':' {
			return false
		}
		s.at++
		if !s.member(key) {
			return false
		}
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return s.next() == 0
		default:
			return false
		}
	}
}

// member reads one value.
func (s *scanner) member(key string) bool {
	switch c := s.next(); c {
	case '"':
		v, ok := s.str()
		if ok {
			s.texts(key, v)
		}
		return ok
	case '{', '[':
		raw := s.nested()
		if !json.Valid(raw) {
			return false
		}
		s.add(krunk.String(key, view(raw))) // the lean build keeps no foreign marshaler, and a text costs nothing
		return true
	default:
		return s.word(key)
	}
}

// texts adds a text, unless it is what Krunk has a place of its own for.
func (s *scanner) texts(key, v string) {
	switch key {
	case s.names.text:
		s.message = v
	case s.level, s.time:
	case s.err:
		if s.failed.text == "" && v != "" {
			s.failed.text = v
			s.add(krunk.Any(key, error(&s.failed)))
			return
		}
		s.add(krunk.String(key, v))
	default:
		s.add(krunk.String(key, v))
	}
}

// word adds a number, a truth value or null.
func (s *scanner) word(key string) bool {
	if s.integer(key) {
		return true
	}
	start := s.at
	for s.at < len(s.in) && s.in[s.at] > ' ' && s.in[s.at] != ',' && s.in[s.at] != '}' {
		s.at++
	}
	w := view(s.in[start:s.at])
	switch w {
	case "":
		return false
	case "true", "false":
		s.add(krunk.Bool(key, w == "true"))
		return true
	case "null":
		s.add(krunk.String(key, "<nil>"))
		return true
	}
	if key == s.time { // a number with zerolog.TimeFormatUnix
		return true
	}
	a, ok := number(key, w)
	if ok {
		s.add(a)
	}
	return ok
}

// integer adds a whole number of up to 18 digits, and reports false at anything else.
func (s *scanner) integer(key string) bool {
	in, i, n := s.in, s.at, int64(0)
	minus := i < len(in) && in[i] == '-'
	if minus {
		i++
	}
	first := i
	for i < len(in) && in[i]-'0' <= 9 {
		n = n*10 + int64(in[i]-'0')
		i++
	}
	if i == first || i-first > 18 || i == len(in) || in[i] != ',' && in[i] != '}' {
		return false
	}
	if s.at = i; key == s.time { // with zerolog.TimeFormatUnix
		return true
	}
	if minus {
		n = -n
	}
	s.add(krunk.Int64(key, n))
	return true
}

// number looks what it is first: strconv allocates an error for each text that is none of its kind.
func number(key, w string) (krunk.Attr, bool) {
	if whole(w) {
		if n, err := strconv.ParseInt(w, 10, 64); err == nil {
			return krunk.Int64(key, n), true
		}
		if n, err := strconv.ParseUint(w, 10, 64); err == nil {
			return krunk.Uint64(key, n), true
		}
	}
	f, err := strconv.ParseFloat(w, 64)
	return krunk.Float64(key, f), err == nil
}

// whole reports whether w has digits and perhaps a sign in front of them.
func whole(w string) bool {
	if w[0] == '-' {
		w = w[1:]
	}
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return w != ""
}

func (s *scanner) add(a krunk.Attr) { s.attrs = append(s.attrs, a) }

// next returns the first byte that is no white space, 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.in); s.at++ {
		if c := s.in[s.at]; c > ' ' {
			return c
		}
	}
	return 0
}

// nested returns an object or a list as it stands there.
func (s *scanner) nested() []byte {
	start, depth, text := s.at, 0, false
	for ; s.at < len(s.in); s.at++ {
		switch c := s.in[s.at]; {
		case text && c == '\\':
			s.at++
		case c == '"':
			text = !text
		case text:
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			if depth--; depth == 0 {
				s.at++
				return s.in[start:s.at]
			}
		}
	}
	return nil
}

// str reads a text. Most have no escapes and are returned where they stand.
func (s *scanner) str() (string, bool) {
	in, start := s.in, s.at+1
	i := special(in, start)
	if i == len(in) {
		return "", false
	}
	if in[i] == '\\' {
		s.at = i
		return s.escaped(start)
	}
	s.at = i + 1
	return view(in[start:i]), true
}

// special returns where the next quotation mark or backslash is, len(in) if there is none. It looks at eight bytes at once: where a byte of
// a word is the one that is searched for, exclusive or makes it zero, and the subtraction borrows for the first zero.
func special(in []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(in); i += 8 {
		word := binary.LittleEndian.Uint64(in[i:])
		quote, slash := word^(ones*'"'), word^(ones*'\\')
		if found := ((quote-ones)&^quote | (slash-ones)&^slash) & tops; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(in); i++ {
		if in[i] == '"' || in[i] == '\\' {
			break
		}
	}
	return i
}

func (s *scanner) escaped(start int) (string, bool) {
	from := len(s.room)
	s.room = append(s.room, s.in[start:s.at]...)
	for s.at < len(s.in) {
		c := s.in[s.at]
		s.at++
		switch c {
		case '"':
			return view(s.room[from:]), true
		case '\\':
			if !s.escape() {
				return "", false
			}
		default:
			s.room = append(s.room, c)
		}
	}
	return "", false
}

// escape reads what follows a backslash.
func (s *scanner) escape() bool {
	if s.at >= len(s.in) {
		return false
	}
	c := s.in[s.at]
	s.at++
	const plain, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	for i := range len(plain) {
		if plain[i] == c {
			s.room = append(s.room, means[i])
			return true
		}
	}
	if c != 'u' {
		return false
	}
	r, ok := s.hex()
	if !ok {
		return false
	}
	if utf16.IsSurrogate(r) {
		if s.at+1 < len(s.in) && s.in[s.at] == '\\' && s.in[s.at+1] == 'u' {
			s.at += 2
			low, ok := s.hex()
			if !ok {
				return false
			}
			r = utf16.DecodeRune(r, low)
		} else {
			r = utf8.RuneError
		}
	}
	s.room = utf8.AppendRune(s.room, r)
	return true
}

func (s *scanner) hex() (r rune, ok bool) {
	if s.at+4 > len(s.in) {
		return 0, false
	}
	for _, c := range s.in[s.at : s.at+4] {
		r <<= 4
		switch {
		case c >= '0' && c <= '9':
			r |= rune(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r |= rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	s.at += 4
	return r, true
}

// levelOf reads the level that a record names.
func levelOf(p []byte) zerolog.Level {
	s := scanner{names: names{level: zerolog.LevelFieldName}, in: p, room: make([]byte, 0, len(p))}
	if s.next() != '{' {
		return zerolog.NoLevel
	}
	for s.at++; s.next() == '"'; s.at++ {
		key, ok := s.str()
		if !ok || s.next() != ':' {
			break
		}
		s.at++
		if s.next() == '"' {
			v, ok := s.str()
			if ok && key == s.level {
				if l, err := zerolog.ParseLevel(v); err == nil {
					return l
				}
			}
		} else if s.in[min(s.at, len(s.in)-1)] == '{' || s.in[min(s.at, len(s.in)-1)] == '[' {
			s.nested()
		} else {
			for s.at < len(s.in) && s.in[s.at] != ',' && s.in[s.at] != '}' {
				s.at++
			}
		}
		if s.next() != ',' {
			break
		}
	}
	return zerolog.NoLevel
}

// view is b as a text, valid as long as b is not written.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
