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
	Group // no value of the record's: what its event is grouped by

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
func (f *Field) Size() int {
	n := 2 + len(marked(f.Key, MaxKey))
	if f.Kind < String {
		return n + 8
	}
	return n + 2 + min(len(f.Str), MaxValue)
}

// put writes f and returns the rest of b.
func (f *Field) put(b []byte) []byte {
	key := marked(f.Key, MaxKey)
	b[0], b[1] = uint8(f.Kind), uint8(len(key))
	rest := b[2+copy(b[2:], key):]
	if f.Kind < String {
		binary.LittleEndian.PutUint64(rest, f.Num)
		return rest[8:]
	}
	if len(f.Str) > MaxValue {
		b[0] |= uint8(Cut)
	}
	return putString16(rest, cut(f.Str, MaxValue))
}

// AppendField appends f as it stands in a record.
func AppendField(dst []byte, f *Field) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, f.Size())...)
	f.put(dst[n:])
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
