// Package scrub takes what is private out of texts. It goes by the form of a text and asks the system nothing, so it works the
// same on what another machine wrote; only how this device calls its own home is told to it. What is cut is replaced by ~:
//
//   - home directories, and with them the names of people, with what stands behind them left in place: home.go says which
//   - servers and shares of a network at home or at work: \\anna-pc\games
//   - of URLs userinfo, values of queries, and hosts that are no public names; the names before the @ of e-mail addresses
//   - addresses that are private, and the own one of a connection; hardware addresses
//   - local names of machines: anna-pc.local, and what a lookup without a dot was for
//   - what follows a key that says secret: token=abc, "password": "abc", Cookie: a=b
//
// What a server is called in public stays. A text is looked at once and from left to right. Nothing is cut right behind a ~, so
// that a text that was scrubbed stays as it is.
package scrub

import (
	"strings"
	"unsafe"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/text"
)

const (
	// Mark stands where something was cut out of a text.
	Mark = "~"
	// Filtered stands for a value whose key says that it is a secret, as Sentry shows it.
	Filtered = "[Filtered]"
)

// Scrubber is owned by one goroutine; Text and Path may be called by any.
type Scrubber struct {
	home string // of this device, without a separator at its end; immutable after New
	text []byte // a JSON string without its escapes
}

// New returns a scrubber that knows what this device calls its home directory; empty: only what a home looks like counts.
func New(home string) *Scrubber {
	home = ascii.TrimRight(home, `/\`)
	if ascii.LastIndexAny(home, `/\`) < 0 || len(home) < 3 {
		home = "" // no absolute path, or a whole drive
	}
	return &Scrubber{home: home}
}

// Text returns s without what is private, and s itself, without an allocation, where there is none. The result is never longer
// than s.
//
//go:noinline
func (c *Scrubber) Text(s string) string { return c.replace(s, false) }

// Path is Text for a single path, in which nothing but homes and shares is looked for: a name may hold spaces up to the end of s.
func (c *Scrubber) Path(s string) string { return c.replace(s, true) }

// passes is how often a text that changed is looked at: what is left after a cut may be a form of its own.
const passes = 8

//go:noinline
func (c *Scrubber) replace(s string, path bool) string {
	for range passes {
		once := c.pass(s, path)
		if once == s {
			break
		}
		s = once
	}
	return s
}

func (c *Scrubber) pass(s string, path bool) string {
	l := look{s: s, home: c.home, path: path}
	start, end := l.next()
	if end == 0 {
		return s
	}
	dst := make([]byte, 0, len(s))
	for end > 0 {
		dst = text.Append(dst, s[l.from:start], Mark)
		l.from = end
		start, end = l.next()
	}
	return view(append(dst, s[l.from:]...))
}

// look is a look at a text.
type look struct {
	s    string
	from int // what lies before is done; if that is anything, it ends in a mark
	home string
	path bool

	query bool // this is behind the ? of a URL
}

// next finds what to cut next. It returns an end of 0 where there is nothing left.
func (l *look) next() (start, end int) {
	// What private things have in common: each holds one of these.
	const triggers uint64 = 1<<'/' | 1<<':' | 1<<'.' | 1<<'%' | 1<<'=' | 1<<'?' | 1<<'#' | 1<<'-' | 1<<' ' | 1<<'"' | 1<<'\n'
	s := l.s
	for i := l.from; i < len(s); i++ {
		if c := s[i]; c >= 0x40 {
			if c != '\\' && c != '@' {
				continue
			}
		} else if triggers>>c&1 == 0 {
			continue
		} else if c <= '"' { // ends a query
			l.query = false
			continue
		}
		if start, end = l.at(i); end > start {
			return start, end
		}
	}
	return 0, 0
}

// at returns what to cut on account of the trigger at i.
//
//go:noinline
func (l *look) at(i int) (start, end int) {
	c := l.s[i]
	switch c {
	case '/', '\\', '%', ':':
		if start, end = l.directory(i); end > start || l.path {
			return start, end
		}
	}
	switch {
	case l.path:
	case c == ':':
		return l.colon(i)
	case c == '.':
		return l.dot(i)
	case c == '-':
		return l.mac(i)
	case c == '@':
		return l.mail(i)
	case c == '=':
		return l.secret(i)
	case c == '?', c == '#':
		return l.question(i)
	}
	return 0, 0
}

// before returns the byte before i, 0 at the beginning: what was cut shows as its mark, and %2F as what it means.
//
//go:noinline
func (l *look) before(i int) byte {
	switch {
	case i == 0:
		return 0
	case i == l.from:
		return Mark[0]
	case i-3 >= l.from && l.s[i-3] == '%' && isHex(l.s[i-2]) && isHex(l.s[i-1]):
		return digit(l.s[i-2])<<4 | digit(l.s[i-1])
	}
	return l.s[i-1]
}

// peek returns the byte at i, 0 at the end.
//
//go:noinline
func (l *look) peek(i int) byte {
	if i < len(l.s) {
		return l.s[i]
	}
	return 0
}

// The little ones stay out of line: they are called from many places, seldom, and size counts.

//go:noinline
func isLetter(c byte) bool {
	c |= 0x20
	return c >= 'a' && c <= 'z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

//go:noinline
func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// digit returns the value of a hexadecimal digit.
func digit(c byte) byte {
	if c > '9' {
		return (c | 0x20 - 'a' + 10) & 0xf
	}
	return c - '0'
}

// isWord reports whether c may be part of a name: what is not ASCII may.
//
//go:noinline
func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c >= 0x80 }

// joins reports whether what comes before c goes on with it; a mark may stand for anything.
//
//go:noinline
func joins(c byte) bool { return isWord(c) || c == '~' }

// has reports whether c is one of set.
//
//go:noinline
func has(set string, c byte) bool {
	for i := range len(set) {
		if set[i] == c {
			return true
		}
	}
	return false
}

// oneOf reports whether word is one of those in list, which have a space before and behind them.
//
//go:noinline
func oneOf(list, word string) bool {
	for i := 1; i < len(list); i++ {
		n := strings.IndexByte(list[i:], ' ')
		if list[i:i+n] == word {
			return true
		}
		i += n
	}
	return false
}

// word returns the end of the word at i, in which the bytes of extra count as well.
//
//go:noinline
func word(s string, i int, extra string) int {
	for i < len(s) && (isWord(s[i]) || has(extra, s[i])) {
		i++
	}
	return i
}

// back is word to the left: it returns where the word begins that ends at i.
//
//go:noinline
func (l *look) back(i int, extra string) int {
	for i > l.from && (isWord(l.s[i-1]) || has(extra, l.s[i-1])) {
		i--
	}
	return i
}

// until returns where the first of stops is, or a space or control character, from i on.
//
//go:noinline
func until(s string, i int, stops string) int {
	for i < len(s) && s[i] > ' ' && !has(stops, s[i]) {
		i++
	}
	return i
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
