package krunk

import (
	"math"
	"strconv"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

const (
	anyDepth = 4 // a context is 7 levels deep at most, and the attribute's own place takes some
	anyMax   = record.MaxValue
)

// jsonText returns v as JSON of at most anyMax bytes.
func jsonText(v any) (out string) {
	defer func() {
		if r := recover(); r != nil {
			out = note("encoding a " + typeName(v) + " panicked" + because(r))
		}
	}()
	b := appendAny(nil, v, 0)
	if len(b) > anyMax {
		// A cut value is no JSON any more: it travels as text that begins like it.
		s, _ := text.Trim(string(b), anyMax/2)
		b = text.AppendString(nil, s)
		if len(b) > anyMax {
			return note("a " + typeName(v) + " is longer than " + strconv.Itoa(anyMax) + " bytes")
		}
	}
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func note(s string) string { return string(text.AppendString(nil, "[krunk: "+s+"]")) }

// appendAny appends basic values, and slices and maps of any, by hand, so that a NaN or a cycle in them costs only its own
// place; everything else goes to the encoder of the build.
func appendAny(dst []byte, v any, depth int) []byte {
	if depth > anyDepth || len(dst) > 2*anyMax {
		return text.AppendString(dst, "…")
	}
	switch v := v.(type) {
	case nil:
		return text.AppendString(dst, "<nil>") // servers drop fields that are null
	case string:
		return text.AppendString(dst, v[:min(len(v), 2*anyMax)])
	case error:
		return text.AppendString(dst, errorText(v))
	case bool:
		return strconv.AppendBool(dst, v)
	case time.Duration:
		return append(strconv.AppendFloat(append(dst, '"'), float64(v)/1e6, 'f', -1, 64), `ms"`...)
	case time.Time:
		return append(text.AppendTime(append(dst, '"'), v.UnixNano(), 9), '"')
	case []any:
		return appendList(dst, v, depth)
	case []string:
		return appendList(dst, v, depth)
	case []int:
		return appendList(dst, v, depth)
	case []float64:
		return appendList(dst, v, depth)
	case map[string]any:
		return appendMap(dst, v, depth)
	case map[string]string:
		return appendMap(dst, v, depth)
	case map[string]int:
		return appendMap(dst, v, depth)
	}
	if b, ok := appendNumber(dst, v); ok {
		return b
	}
	return appendOther(dst, v, depth)
}

func appendNumber(dst []byte, v any) ([]byte, bool) {
	switch v := v.(type) {
	case int:
		return strconv.AppendInt(dst, int64(v), 10), true
	case int8:
		return strconv.AppendInt(dst, int64(v), 10), true
	case int16:
		return strconv.AppendInt(dst, int64(v), 10), true
	case int32:
		return strconv.AppendInt(dst, int64(v), 10), true
	case int64:
		return strconv.AppendInt(dst, v, 10), true
	case uint:
		return strconv.AppendUint(dst, uint64(v), 10), true
	case uint8:
		return strconv.AppendUint(dst, uint64(v), 10), true
	case uint16:
		return strconv.AppendUint(dst, uint64(v), 10), true
	case uint32:
		return strconv.AppendUint(dst, uint64(v), 10), true
	case uint64:
		return strconv.AppendUint(dst, v, 10), true
	case float32:
		return appendFloat(dst, float64(v), 32), true
	case float64:
		return appendFloat(dst, v, 64), true
	}
	return dst, false
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return text.AppendString(dst, strconv.FormatFloat(f, 'g', -1, bits))
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

func appendList[T any](dst []byte, list []T, depth int) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(dst) > 2*anyMax {
			return append(text.AppendString(dst, "…"), ']')
		}
		dst = appendAny(dst, v, depth+1)
	}
	return append(dst, ']')
}

func appendMap[T any](dst []byte, m map[string]T, depth int) []byte {
	const most = anyMax / 4 // more members than bytes are kept for
	keys := make([]string, 0, min(len(m), most))
	for k := range m {
		if len(keys) == most {
			break
		}
		keys = append(keys, k)
	}
	text.SortKeys(keys)
	dst = append(dst, '{')
	for i, k := range keys {
		if len(dst) > 2*anyMax {
			break
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(text.AppendString(dst, k[:min(len(k), anyMax)]), ':')
		dst = appendAny(dst, m[k], depth+1)
	}
	return append(dst, '}')
}
