package protocol

import (
	"math"
	"strconv"

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

// AppendLogAttrString appends an attribute of a log record, a member of the object Log.Attributes.
//
//go:noinline
func AppendLogAttrString(dst []byte, name, v string) []byte {
	return appendType(text.AppendString(appendValueKey(dst, name), v), "string", "")
}

// AppendLogAttrBool appends a boolean attribute.
func AppendLogAttrBool(dst []byte, name string, v bool) []byte {
	return appendType(strconv.AppendBool(appendValueKey(dst, name), v), "boolean", "")
}

// AppendLogAttrInt appends an integer attribute. The unit, such as "byte", may be empty.
//
//go:noinline
func AppendLogAttrInt(dst []byte, name string, v int64, unit string) []byte {
	return appendType(strconv.AppendInt(appendValueKey(dst, name), v, 10), "integer", unit)
}

// AppendLogAttrUint appends an integer attribute, or text if v is more than servers take for an integer: 1<<63 - 1.
func AppendLogAttrUint(dst []byte, name string, v uint64, unit string) []byte {
	if v <= math.MaxInt64 {
		return AppendLogAttrInt(dst, name, int64(v), unit)
	}
	dst = text.Append(appendValueKey(dst, name), `"`)
	return appendType(text.Append(strconv.AppendUint(dst, v, 10), `"`), "string", unit)
}

// AppendLogAttrFloat appends a double attribute; NaN and infinities become text. A whole number is written with ".0", so that
// no reader takes it for an integer.
func AppendLogAttrFloat(dst []byte, name string, v float64, unit string) []byte {
	dst = appendValueKey(dst, name)
	if v != finite(v) { // a NaN, too, is unlike everything
		dst = text.Append(strconv.AppendFloat(text.Append(dst, `"`), v, 'g', -1, 64), `"`)
		return appendType(dst, "string", unit)
	}
	start := len(dst)
	dst = text.AppendFloat(dst, v)
	for _, c := range dst[start:] {
		if c == '.' || c == 'e' {
			return appendType(dst, "double", unit)
		}
	}
	return appendType(text.Append(dst, ".0"), "double", unit)
}

//go:noinline
func appendValueKey(dst []byte, name string) []byte {
	return text.Append(AppendKey(dst, name), `{"value":`)
}

//go:noinline
func appendType(dst []byte, typ, unit string) []byte {
	dst = text.Append(dst, `,"type":"`, typ, `"`)
	if unit != "" {
		dst = text.AppendString(AppendKey(dst, "unit"), unit)
	}
	return text.Append(dst, "}")
}
