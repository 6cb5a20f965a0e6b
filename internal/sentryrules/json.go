package sentryrules

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encoding/json repairs what servers refuse (invalid UTF-8, lone surrogates, keys given twice), hence a parser that
// does not.

type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	array
	object
)

// String is the kind with its article, for messages.
func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// Node is one JSON value. A nil node is a missing value.
type Node struct {
	kind    kind
	str     string // a string's value, or the literal as written for numbers and booleans
	Members []Member
	Elems   []*Node
	Off     int
	End     int
}

// Member is one member of an object, in the order of the text.
type Member struct {
	Name string
	off  int
	Val  *Node
}

func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Name == name {
			return n.Members[i].Val
		}
	}
	return nil
}

// has reports a value that is there and not null.
func (n *Node) has(name string) bool {
	v := n.Get(name)
	return v != nil && v.kind != null
}

// syntaxError is a breach of JSON at an offset.
type syntaxError struct {
	off  int
	what string
}

const maxDepth = 128 // that of Relay's parser

type parser struct {
	src  []byte
	pos  int
	dups []Member // keys that occurred before in their object
	err  *syntaxError
}

// parseJSON reads one JSON value that fills src, but for white space around it.
func parseJSON(src []byte) (*Node, []Member, *syntaxError) {
	p := &parser{src: src}
	p.space()
	n := p.value(0)
	p.space()
	if p.err == nil && p.pos < len(src) {
		p.fail("something follows the JSON value")
	}
	if p.err != nil {
		return nil, nil, p.err
	}
	return n, p.dups, nil
}

func (p *parser) fail(format string, args ...any) *Node {
	if p.err == nil {
		p.err = &syntaxError{off: p.pos, what: fmt.Sprintf(format, args...)}
		p.pos = len(p.src)
	}
	return nil
}

func (p *parser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *parser) space() {
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *parser) value(depth int) *Node {
	if depth >= maxDepth {
		return p.fail("nesting is deeper than %d", maxDepth)
	}
	n := &Node{Off: p.pos}
	switch b := p.peek(); {
	case b == '{':
		p.object(n, depth)
	case b == '[':
		p.array(n, depth)
	case b == '"':
		n.kind, n.str = text, p.text()
	case b == '-' || b >= '0' && b <= '9':
		p.number(n)
	default:
		p.word(n)
	}
	n.End = p.pos
	return n
}

func (p *parser) word(n *Node) {
	for _, w := range []string{"null", "true", "false"} {
		if strings.HasPrefix(string(p.src[p.pos:min(len(p.src), p.pos+len(w))]), w) {
			p.pos += len(w)
			if n.str = w; w != "null" {
				n.kind = boolean
			}
			return
		}
	}
	if p.pos >= len(p.src) {
		p.fail("the JSON ends early")
		return
	}
	p.fail("no JSON value begins with %q", p.src[p.pos])
}

func (p *parser) object(n *Node, depth int) {
	n.kind = object
	p.pos++
	if p.space(); p.peek() == '}' {
		p.pos++
		return
	}
	seen := map[string]bool{}
	for p.err == nil {
		m := Member{off: p.pos}
		if p.peek() != '"' {
			p.fail("want a key in quotes")
			return
		}
		m.Name = p.text()
		if p.space(); p.peek() != ':' {
			p.fail("want a colon after the key %q", m.Name)
			return
		}
		p.pos++
		p.space()
		m.Val = p.value(depth + 1)
		if seen[m.Name] {
			p.dups = append(p.dups, m)
		}
		seen[m.Name] = true
		n.Members = append(n.Members, m)
		if !p.more('}') {
			return
		}
	}
}

func (p *parser) array(n *Node, depth int) {
	n.kind = array
	p.pos++
	if p.space(); p.peek() == ']' {
		p.pos++
		return
	}
	for p.err == nil {
		n.Elems = append(n.Elems, p.value(depth+1))
		if !p.more(']') {
			return
		}
	}
}

// more steps over a comma and reports true, or over the end.
func (p *parser) more(end byte) bool {
	p.space()
	switch p.peek() {
	case ',':
		p.pos++
		p.space()
		return p.err == nil
	case end:
		p.pos++
	default:
		p.fail("want a comma or %q", end)
	}
	return false
}

func (p *parser) digits() int {
	start := p.pos
	for b := p.peek(); b >= '0' && b <= '9'; b = p.peek() {
		p.pos++
	}
	return p.pos - start
}

func (p *parser) number(n *Node) {
	n.kind = number
	start := p.pos
	if p.peek() == '-' {
		p.pos++
	}
	zero := p.peek() == '0'
	if d := p.digits(); d == 0 || zero && d > 1 {
		p.fail("bad number")
		return
	}
	if p.peek() == '.' {
		if p.pos++; p.digits() == 0 {
			p.fail("bad number")
			return
		}
	}
	if b := p.peek(); b == 'e' || b == 'E' {
		if p.pos++; p.peek() == '+' || p.peek() == '-' {
			p.pos++
		}
		if p.digits() == 0 {
			p.fail("bad number")
			return
		}
	}
	n.str = string(p.src[start:p.pos])
	if f, err := strconv.ParseFloat(n.str, 64); err != nil || math.IsInf(f, 0) {
		p.pos = start
		p.fail("number out of range")
	}
}

// text reads a string; the cursor stands on its first quote.
func (p *parser) text() string {
	p.pos++
	var b []byte
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '"':
			p.pos++
			return string(b)
		case c == '\\':
			b = p.escape(b)
		case c < 0x20:
			p.fail("control character 0x%02x in a string", c)
		case c < utf8.RuneSelf:
			b = append(b, c)
			p.pos++
		default:
			r, size := utf8.DecodeRune(p.src[p.pos:])
			if r == utf8.RuneError && size == 1 {
				p.fail("invalid UTF-8, byte 0x%02x", c)
				return ""
			}
			b = append(b, p.src[p.pos:p.pos+size]...)
			p.pos += size
		}
	}
	p.fail("a string has no end")
	return ""
}

func (p *parser) escape(b []byte) []byte {
	if p.pos+1 >= len(p.src) {
		p.fail("a string has no end")
		return nil
	}
	c := p.src[p.pos+1]
	if c == 'u' {
		return p.unicode(b)
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		p.fail("unknown escape \\%c", c)
		return nil
	}
	p.pos += 2
	return append(b, "\"\\/\b\f\n\r\t"[i])
}

func (p *parser) unicode(b []byte) []byte {
	r, ok := p.hex4(p.pos)
	if !ok {
		p.fail("bad \\u escape")
		return nil
	}
	if utf16.IsSurrogate(r) {
		low, ok := p.hex4(p.pos + 6)
		pair := utf16.DecodeRune(r, low)
		if !ok || pair == utf8.RuneError {
			p.fail("lone surrogate \\u%04x", r)
			return nil
		}
		r = pair
		p.pos += 6
	}
	p.pos += 6
	return utf8.AppendRune(b, r)
}

// hex4 reads \uXXXX at pos.
func (p *parser) hex4(pos int) (rune, bool) {
	if pos+6 > len(p.src) || p.src[pos] != '\\' || p.src[pos+1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(p.src[pos+2:pos+6]), 16, 32)
	return rune(v), err == nil
}
