package protocol

import (
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/krunk-go/krunk/internal/text"
)

// AppendKey appends key and its colon, after a comma unless dst ends in the brace that opens the object. It does not allocate
// where dst has room; nor do the other Append functions.
func AppendKey(dst []byte, key string) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '{' {
		dst = text.Append(dst, ",")
	}
	return text.Append(text.AppendString(dst, key), ":")
}

// LogAttrs appends attributes of a log record to B, members of the object Log.Attributes. It does not allocate where B has room.
type LogAttrs struct{ B []byte }

// What stands behind the value.
const (
	typeString  = `,"type":"string"}`
	typeInteger = `,"type":"integer"}`
	typeDouble  = `,"type":"double"}`
	typeBoolean = `,"type":"boolean"}`
	typeMillis  = `,"type":"double","unit":"millisecond"}`
)

//go:noinline
func (a *LogAttrs) begin(name string) { a.B = text.Append(AppendKey(a.B, name), `{"value":`) }

//go:noinline
func (a *LogAttrs) put(s string) { a.B = text.Append(a.B, s) }

// Text appends a text.
//
//go:noinline
func (a *LogAttrs) Text(name, v string) {
	a.begin(name)
	a.B = text.AppendString(a.B, v)
	a.put(typeString)
}

// Some is Text unless v is empty.
//
//go:noinline
func (a *LogAttrs) Some(name, v string) {
	if v != "" {
		a.Text(name, v)
	}
}

// Bool appends a boolean.
func (a *LogAttrs) Bool(name string, v bool) {
	a.begin(name)
	a.B = strconv.AppendBool(a.B, v)
	a.put(typeBoolean)
}

// Int appends an integer.
//
//go:noinline
func (a *LogAttrs) Int(name string, v int64) {
	a.begin(name)
	a.B = strconv.AppendInt(a.B, v, 10)
	a.put(typeInteger)
}

// Count is Int unless n is 0.
//
//go:noinline
func (a *LogAttrs) Count(name string, n int64) {
	if n != 0 {
		a.Int(name, n)
	}
}

// Uint appends an integer, or text if v is more than servers take for one: 1<<63 - 1.
func (a *LogAttrs) Uint(name string, v uint64) {
	if v <= math.MaxInt64 {
		a.Int(name, int64(v))
		return
	}
	var digits [20]byte
	a.Text(name, view(strconv.AppendUint(digits[:0], v, 10)))
}

// Float appends a double; NaN and infinities become text.
//
//go:noinline
func (a *LogAttrs) Float(name string, v float64) { a.float(name, v, typeDouble) }

// Millis appends a double that is a number of milliseconds.
func (a *LogAttrs) Millis(name string, v float64) { a.float(name, v, typeMillis) }

// float writes a whole number with ".0", so that no reader takes it for an integer.
func (a *LogAttrs) float(name string, v float64, typ string) {
	if v != finite(v) { // a NaN, too, is unlike everything
		var room [24]byte
		a.Text(name, view(strconv.AppendFloat(room[:0], v, 'g', -1, 64)))
		return
	}
	a.begin(name)
	start := len(a.B)
	a.B = text.AppendFloat(a.B, v)
	if number := view(a.B[start:]); strings.IndexByte(number, '.') < 0 && strings.IndexByte(number, 'e') < 0 {
		a.put(".0")
	}
	a.put(typ)
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
