package protocol

import (
	"unicode/utf8"
	"unsafe"

	"github.com/krunk-go/krunk/internal/text"
)

// Member is one member of a JSON object: Key with its quotes, Value, both views.
type Member struct{ Key, Value Raw }

// AppendMembers appends the members of o, an object that is Valid; of anything else it appends those before the fault, and maybe some
// behind it.
func AppendMembers(dst []Member, o Raw) []Member {
	for i := inside(o, '{'); i < len(o) && o[i] == '"'; {
		key := o[i:end(o, i)]
		i = next(o, i+len(key))
		value := o[i:end(o, i)]
		if len(value) == 0 {
			break
		}
		dst = append(dst, Member{key, value})
		i = next(o, i+len(value))
	}
	return dst
}

// inside returns where the first element of an object or a list begins, which opens with that brace; of anything else it returns the
// length.
func inside(v Raw, brace byte) int {
	i := next(v, 0)
	if i == len(v) || v[i] != brace {
		return len(v)
	}
	return next(v, i+1)
}

// next returns where the next token begins that is no comma and no colon.
//
//go:noinline
func next(v Raw, i int) int {
	for i < len(v) && (v[i] == ',' || v[i] == ':' || isSpace(v[i])) {
		i++
	}
	return i
}

// end returns the end of the value that begins at v[i]; where none does, and the object or list ends, it returns i.
//
//go:noinline
func end(v Raw, i int) int {
	depth := 0
	for ; i < len(v); i++ {
		switch c := v[i]; c {
		case '"':
			if i = textEnd(v, i); depth == 0 {
				return i
			}
			i--
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		default:
			if depth == 0 && (c == ',' || c == ':' || isSpace(c)) {
				return i
			}
		}
	}
	return i
}

// textEnd returns the end of the text that begins with the quote at v[i].
func textEnd(v Raw, i int) int {
	for i++; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(v)
}

// AppendMerged appends one object out of two: of a key that both have, the member of b.
func AppendMerged(dst []byte, a, b Raw) []byte {
	mine, theirs := AppendMembers(nil, a), AppendMembers(nil, b)
	dst = text.Append(dst, "{")
	for _, m := range mine {
		if !has(theirs, m.Key) {
			dst = m.append(dst)
		}
	}
	for _, m := range theirs {
		dst = m.append(dst)
	}
	return text.Append(dst, "}")
}

//go:noinline
func (m *Member) append(dst []byte) []byte {
	if dst[len(dst)-1] != '{' {
		dst = text.Append(dst, ",")
	}
	return text.Append(dst, view(m.Key), ":", view(m.Value))
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

// The members in which AppendShrunk says what it did. A game's own go out under other names.
const (
	ShortenedKey = "krunk_shortened"
	LeftOutKey   = "krunk_left_out"
)

// AppendShrunk appends the object o in at most max bytes, 64 at the least. It shortens the longest values first, all to the
// same length: a text ends in "..." then, and a list or an object becomes the beginning of its JSON as such a text. Where that
// is not enough it leaves out the last members. Two members more name those.
func AppendShrunk(dst []byte, o Raw, max int) []byte {
	list := AppendMembers(nil, o)
	for i := range list {
		if k := string(list[i].Key); k == `"`+ShortenedKey+`"` || k == `"`+LeftOutKey+`"` { // they come anew
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	n, low := level(list, max)
	notes := min(notesLen(list, n, low), max/4, 512)
	n, low = level(list, max-notes)
	dst = text.Append(dst, "{")
	short := 0
	for _, m := range list[:n] {
		if len(m.Value) > low {
			m.Value = shortened(m.Value, low)
			list[short].Key = m.Key // this place was written already
			short++
		}
		dst = m.append(dst)
	}
	end := len(dst) + notes
	dst = appendNames(dst, ShortenedKey, list[:short], end)
	return text.Append(appendNames(dst, LeftOutKey, list[n:], end), "}")
}

// level returns how many members have room in max bytes and to which length their values have to be shortened for that.
func level(list []Member, max int) (n, low int) {
	n, low = len(list), leastValue
	for n > 0 && shrunkLen(list[:n], low) > max {
		n--
	}
	for high := max; low < high; {
		if mid := (low + high + 1) / 2; shrunkLen(list[:n], mid) <= max {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return n, low
}

// notesLen returns how many bytes it takes to name what was cut, with room for one name more.
func notesLen(list []Member, n, low int) int {
	size := len(ShortenedKey) + len(LeftOutKey) + 2*len(`,"":[,"..."]`) + leastValue
	for i := range list {
		if i >= n || len(list[i].Value) > low {
			size += len(list[i].Key) + len(",")
		}
	}
	return size
}

// appendNames appends a member that lists the keys, as many as find room before end, with "..." for the others.
func appendNames(dst []byte, key string, list []Member, end int) []byte {
	end -= len(`,"..."]`)
	if len(list) == 0 || len(dst)+len(key)+len(`,"":[`) > end {
		return dst
	}
	dst = text.Append(AppendKey(dst, key), "[")
	for i := range list {
		name := list[i].Key
		if len(dst)+len(name)+len(",") > end {
			name = Raw(`"..."`)
			list = list[:i]
		}
		if dst[len(dst)-1] != '[' {
			dst = text.Append(dst, ",")
		}
		if dst = append(dst, name...); len(list) == i {
			break
		}
	}
	return text.Append(dst, "]")
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
	return text.Append(make(Raw, 0, max), view(v[:i]), `..."`)
}

// unit returns the length of the character, or of the escapes that make one, at the start of the inside of a JSON string.
func unit(s []byte) int {
	if s[0] != '\\' {
		_, n := utf8.DecodeRuneInString(unsafe.String(&s[0], len(s)))
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

// AppendFlat appends the value v without white space; what lies in more than depth objects and lists becomes a text of its JSON, as
// servers do. A context keeps 5 levels in each of its members, the data of a breadcrumb 3.
func AppendFlat(dst []byte, v Raw, depth int) []byte {
	open := 0
	for i := 0; i < len(v); {
		to := i + 1
		switch v[i] {
		case '"':
			to = textEnd(v, i)
		case '{', '[':
			if open == depth {
				to = end(v, i)
				dst = text.AppendString(dst, string(v[i:to]))
				i = to
				continue
			}
			open++
		case '}', ']':
			open--
		}
		if !isSpace(v[i]) {
			dst = append(dst, v[i:to]...)
		}
		i = to
	}
	return dst
}
