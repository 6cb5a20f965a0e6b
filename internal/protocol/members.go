package protocol

import (
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/text"
)

// Member is one member of a JSON object: Key with its quotes, Value, both views.
type Member struct{ Key, Value Raw }

// AppendMembers appends the members of o, an object that is Valid; of anything else it appends those before the fault.
func AppendMembers(dst []Member, o Raw) []Member {
	v := validator{b: o}
	v.space()
	for sep := byte('{'); v.take(sep); sep = ',' {
		v.space()
		start := v.i
		if !v.str() {
			break
		}
		m := Member{Key: o[start:v.i]}
		v.space()
		if !v.take(':') {
			break
		}
		v.space()
		start = v.i
		if !v.token(1) {
			break
		}
		m.Value = o[start:v.i]
		dst = append(dst, m)
		v.space()
	}
	return dst
}

// AppendMerged appends one object out of two: of a key that both have, the member of b.
func AppendMerged(dst []byte, a, b Raw) []byte {
	mine, theirs := AppendMembers(nil, a), AppendMembers(nil, b)
	dst = append(dst, '{')
	for _, m := range mine {
		if !has(theirs, m.Key) {
			dst = m.append(dst)
		}
	}
	for _, m := range theirs {
		dst = m.append(dst)
	}
	return append(dst, '}')
}

//go:noinline
func (m *Member) append(dst []byte) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(append(append(dst, m.Key...), ':'), m.Value...)
}

//go:noinline
func has(list []Member, key Raw) bool {
	for i := range list {
		if string(list[i].Key) == string(key) {
			return true
		}
	}
	return false
}

// leastValue is the length under which no value is shortened, so that numbers stay numbers.
const leastValue = 32

// AppendShrunk appends the object o in at most max bytes. It shortens the longest values first, all to the same length: a text
// ends in "..." then, and a list or an object becomes the beginning of its JSON as such a text. Where that is not enough it
// leaves out the last members. It calls note with the key of each such member, if note is not nil.
func AppendShrunk(dst []byte, o Raw, max int, note func(key Raw, leftOut bool)) []byte {
	list := AppendMembers(nil, o)
	n := len(list)
	for n > 0 && shrunkLen(list[:n], leastValue) > max {
		n--
	}
	low, high := leastValue, max
	for low < high {
		if mid := (low + high + 1) / 2; shrunkLen(list[:n], mid) <= max {
			low = mid
		} else {
			high = mid - 1
		}
	}
	dst = append(dst, '{')
	for i, m := range list {
		cut := len(m.Value) > low
		if i < n {
			if cut {
				m.Value = shortened(m.Value, low)
			}
			dst = m.append(dst)
		}
		if note != nil && (cut || i >= n) {
			note(m.Key, i >= n)
		}
	}
	return append(dst, '}')
}

// shrunkLen returns the length of an object whose values are at most that long.
//
//go:noinline
func shrunkLen(list []Member, most int) int {
	n := len("{")
	for i := range list {
		n += len(list[i].Key) + len(":") + min(len(list[i].Value), most) + len(",")
	}
	return n
}

// shortened returns v as a JSON string of at most max bytes.
func shortened(v Raw, max int) Raw {
	if v[0] != '"' {
		v = text.AppendString(nil, string(v[:max]))
	}
	end, i := max-len(`..."`), 1
	for i < len(v)-1 {
		n := unit(v[i:])
		if i+n > end {
			break
		}
		i += n
	}
	return append(append(make(Raw, 0, max), v[:i]...), `..."`...)
}

// unit returns the length of the character, or of the escapes that make one, at the start of the inside of a JSON string.
func unit(s []byte) int {
	if s[0] != '\\' {
		_, n := utf8.DecodeRune(s)
		return n
	}
	if len(s) < 6 || s[1] != 'u' {
		return 2
	}
	if s[2]|0x20 == 'd' && (s[3] == '8' || s[3] == '9' || s[3]|0x20 == 'a' || s[3]|0x20 == 'b') {
		return min(12, len(s)) // a pair of surrogates
	}
	return 6
}

// AppendFlat appends the value v, in which what lies in more than depth objects and lists becomes a text of its JSON, as
// servers do, and what is not Valid a note. A context keeps 5 levels in each of its members, the data of a breadcrumb 3.
func AppendFlat(dst []byte, v Raw, depth int) []byte {
	if !Valid(v) {
		return append(dst, `"[krunk: value is not JSON]"`...)
	}
	open := 0
	for i := 0; i < len(v); {
		switch c := v[i]; c {
		case '"':
			end := i + stringLen(v[i:])
			dst = append(dst, v[i:end]...)
			i = end
			continue
		case '{', '[':
			if open == depth {
				end := i + containerLen(v[i:])
				dst = text.AppendString(dst, string(v[i:end]))
				i = end
				continue
			}
			open++
		case '}', ']':
			open--
		}
		dst = append(dst, v[i])
		i++
	}
	return dst
}

// stringLen returns the length of the JSON string at the start of v.
//
//go:noinline
func stringLen(v Raw) int {
	in := validator{b: v}
	in.str()
	return in.i
}

// containerLen returns the length of the object or list at the start of v.
func containerLen(v Raw) int {
	in := validator{b: v}
	in.token(0)
	return in.i
}
