package recorder

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/internal/text"
)

// appendFields appends the attributes of rec to dst, which is empty, without what is private in their keys and values and without
// the grouping. An object has a key once: of two with the same key the later one stays, and one whose name is taken, or becomes
// that of another one, gets "_" behind it.
func appendFields(dst []record.Field, rec *record.Record, s *cleaner, taken func(key string) bool) []record.Field {
	fields := rec.Fields()
	for f, ok := fields.Next(); ok; f, ok = fields.Next() {
		if f.Kind&^record.Cut >= record.Group {
			continue
		}
		if i := fieldNamed(dst, f.Key); i >= 0 {
			copy(dst[i:], dst[i+1:])
			dst[len(dst)-1] = f
			continue
		}
		dst = appendField(dst, &f)
	}
	for i := range dst {
		f := &dst[i]
		key := f.Key
		clean(f, s)
		name := f.Key
		f.Key = key
		if taken(name) {
			name += "_"
		}
		if name != key {
			for fieldNamed(dst, name) >= 0 {
				name += "_"
			}
			f.Key = name
		}
	}
	return dst
}

// appendField is out of line, as it is called from several places: a field is seven words on 32-bit ARM.
//
//go:noinline
func appendField(dst []record.Field, f *record.Field) []record.Field { return append(dst, *f) }

// fieldNamed returns the place of the field with that key, or -1.
//
//go:noinline
func fieldNamed(list []record.Field, key string) int {
	for i := range list {
		if list[i].Key == key {
			return i
		}
	}
	return -1
}

// Names that a game's attributes do not have: of a context, where servers overwrite "type" or take it for the kind of the whole
// context, and of a breadcrumb's data.
func takenInContext(key string) bool { return key == "type" || takenInData(key) }

func takenInData(key string) bool { return key == protocol.ShortenedKey || key == protocol.LeftOutKey }

// clean takes out of a field what is private. The value of a key that says secret goes whole.
//
//go:noinline
func clean(f *record.Field, s *cleaner) {
	f.Key = s.Text(cleanKey(f.Key))
	switch {
	case scrub.Secret(f.Key):
		*f = record.Field{Key: f.Key, Kind: record.String, Str: scrub.Filtered}
	case f.Kind == record.JSON:
		f.Str = s.nested.clean(s.Scrubber, f.Str)
	default:
		f.Str = s.Text(f.Str)
	}
}

// cleanKey replaces control characters and what is no UTF-8, and gives an empty key a name.
func cleanKey(key string) string {
	if key == "" {
		return "(no key)"
	}
	var b []byte
	start, run := 0, false
	for i := 0; i < len(key); {
		r, n := utf8.DecodeRuneInString(key[i:])
		bad := r == utf8.RuneError && n == 1
		if bad || r < ' ' || r == 0x7f {
			if b = append(b, key[start:i]...); !bad {
				b = append(b, '_')
			} else if !run {
				b = append(b, "\ufffd"...) // one for all that follow each other
			}
			start = i + n
		}
		run = bad
		i += n
	}
	if b == nil {
		return key
	}
	return string(append(b, key[start:]...))
}

// Levels of objects and lists that servers keep in a value.
const (
	contextDepth = 5
	dataDepth    = 3
)

// object appends the fields as a JSON object.
func object(dst []byte, fields []record.Field, depth int) []byte {
	dst = append(dst, '{')
	for i := range fields {
		dst = protocol.AppendKey(dst, fields[i].Key)
		dst = value(dst, &fields[i], depth)
	}
	return append(dst, '}')
}

// exact is the largest integer up to which readers in JavaScript keep every digit. What is beyond travels as text.
const exact = 1 << 53

// value appends the value of f as JSON.
func value(dst []byte, f *record.Field, depth int) []byte {
	switch f.Kind {
	case record.Int64:
		if v := int64(f.Num); -exact <= v && v <= exact {
			return strconv.AppendInt(dst, v, 10)
		}
	case record.Uint64:
		if f.Num <= exact {
			return strconv.AppendUint(dst, f.Num, 10)
		}
	case record.Float64:
		if v := math.Float64frombits(f.Num); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return text.AppendPlain(dst, v)
		}
	case record.Bool:
		return strconv.AppendBool(dst, f.Num != 0)
	case record.Duration:
		return text.AppendFloat(dst, milliseconds(f.Num))
	case record.JSON:
		return protocol.AppendFlat(dst, protocol.Raw(f.Str), depth)
	}
	return text.AppendString(dst, textOf(f))
}

// textOf returns the value of f as text.
func textOf(f *record.Field) string {
	switch f.Kind {
	case record.Int64:
		return strconv.FormatInt(int64(f.Num), 10)
	case record.Uint64:
		return strconv.FormatUint(f.Num, 10)
	case record.Float64:
		return strconv.FormatFloat(math.Float64frombits(f.Num), 'g', -1, 64)
	case record.Time:
		return string(text.AppendTime(nil, int64(f.Num), 9))
	}
	if f.Kind&record.Cut != 0 {
		return ending(f.Str)
	}
	return f.Str
}

// ending marks a text that was cut when it was captured.
func ending(s string) string {
	cut, _ := text.Trim(s+"...", len(s))
	return cut
}

func milliseconds(ns uint64) float64 { return float64(int64(ns)) / 1e6 }

// attribute appends f as an attribute of a log record.
func attribute(a *protocol.LogAttrs, f *record.Field) {
	switch f.Kind {
	case record.Int64:
		a.Int(f.Key, int64(f.Num))
	case record.Uint64:
		a.Uint(f.Key, f.Num)
	case record.Float64:
		a.Float(f.Key, math.Float64frombits(f.Num))
	case record.Bool:
		a.Bool(f.Key, f.Num != 0)
	case record.Duration:
		a.Millis(f.Key, milliseconds(f.Num))
	case record.JSON:
		a.Text(f.Key, f.Str)
	default:
		a.Text(f.Key, textOf(f))
	}
}
