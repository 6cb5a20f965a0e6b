package record

import "encoding/binary"

// Kind is the type of an attribute's value.
type Kind uint8

// The kinds of values. From String on a value is text; JSON is text that is JSON already.
const (
	Int64 Kind = iota + 1
	Uint64
	Float64
	Bool
	Duration
	Time // nanoseconds since 1970
	String
	ErrorText // what Error() returned
	JSON
	Group      // no value of the record's: what its event is grouped by
	Attachment // neither: a number of 8 bytes and the name of what travels beside its event, or nothing
	Line       // neither: its key names the format of the record's text, see FlagLine

	// Cut is added to the kind of a value that was longer than MaxValue.
	Cut Kind = 0x80
)

// Field is one attribute: Num for the kinds below String, Str for the others.
type Field struct {
	_    [0]func() // no code to compare it
	Key  string
	Kind Kind
	Num  uint64
	Str  string
}

// Size returns how many bytes f takes in a record. A key over MaxKey ends in "...".
func (f *Field) Size() int { return FieldSize(f.Key, f.Kind, len(f.Str)) }

// FieldSize is Size for a text of n bytes; other kinds ignore n.
func FieldSize(key string, k Kind, n int) int {
	size := 10 + len(key)
	if k >= String {
		size = 4 + len(key) + min(n, MaxValue)
	}
	if len(key) > MaxKey {
		size -= surplus(key)
	}
	return size
}

// surplus returns how many bytes of a key are not kept.
//
//go:noinline
func surplus(key string) int { return len(key) - len(marked(key, MaxKey)) }

// putField writes an attribute and returns the rest of b.
func putField(b []byte, key string, k Kind, num uint64, str string) []byte {
	key = marked(key, MaxKey)
	b[0], b[1] = uint8(k), uint8(len(key))
	rest := b[2+copy(b[2:], key):]
	if k < String {
		binary.LittleEndian.PutUint64(rest, num)
		return rest[8:]
	}
	if len(str) > MaxValue {
		b[0] |= uint8(Cut)
	}
	return putString16(rest, cut(str, MaxValue))
}

// AppendField appends f as it stands in a record.
func AppendField(dst []byte, f *Field) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, f.Size())...)
	putField(dst[n:], f.Key, f.Kind, f.Num, f.Str)
	return dst
}

// Fields reads the attributes of a record one by one. Strings are views of the record.
type Fields struct {
	b []byte
	n int
}

// FieldsOf reads n attributes that were encoded by AppendField.
func FieldsOf(b []byte, n int) Fields { return Fields{b: b, n: n} }

// Next returns the next attribute, or false behind the last one or where the bytes make no sense.
func (f *Fields) Next() (Field, bool) {
	if f.n == 0 || len(f.b) < 2 {
		return Field{}, false
	}
	f.n--
	r := reader{b: f.b[2:]}
	out := Field{Kind: Kind(f.b[0]), Key: r.text(int(f.b[1]))}
	if out.Kind < String {
		out.Num = r.uint64()
	} else {
		out.Str = r.text(int(r.uint16()))
	}
	f.b = r.b
	return out, !r.bad
}
