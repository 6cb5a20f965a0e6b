package recorder

import (
	"math"
	"slices"
	"strconv"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/internal/text"
)

// appendFields appends the attributes of rec to dst, without what is private in their keys and values. Of two with the same key
// the later one stays: an object has a key once.
func appendFields(dst []record.Field, rec *record.Record, s *scrub.Scrubber) []record.Field {
	start := len(dst)
	fields := rec.Fields()
	for f, ok := fields.Next(); ok; f, ok = fields.Next() {
		clean(&f, s)
		dst = slices.DeleteFunc(dst, func(old record.Field) bool { return old.Key == f.Key })
		dst = append(dst, f)
	}
	return dst[:max(len(dst), start)]
}

// clean takes out of a field what is private. The value of a key that says secret goes whole.
//
//go:noinline
func clean(f *record.Field, s *scrub.Scrubber) {
	f.Key = s.Text(cleanKey(f.Key))
	switch {
	case f.Kind == record.Group:
		f.Str = s.Text(f.Str)
	case scrub.Secret(f.Key):
		*f = record.Field{Key: f.Key, Kind: record.String, Str: scrub.Filtered}
	case f.Kind == record.JSON:
		f.Str = s.JSON(f.Str)
	default:
		f.Str = s.Text(f.Str)
	}
}

// cleanKey replaces control characters and gives an empty key a name.
func cleanKey(key string) string {
	if key == "" {
		return "(no key)"
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] == 0x7f {
			b := []byte(key)
			for j, c := range b {
				if c < ' ' || c == 0x7f {
					b[j] = '_'
				}
			}
			return string(b)
		}
	}
	return key
}

// object appends the fields as a JSON object.
func object(dst []byte, fields []record.Field) []byte {
	dst = append(dst, '{')
	for i := range fields {
		dst = protocol.AppendKey(dst, fields[i].Key)
		dst = value(dst, &fields[i])
	}
	return append(dst, '}')
}

// value appends the value of f as JSON.
func value(dst []byte, f *record.Field) []byte {
	switch f.Kind {
	case record.Int64:
		return strconv.AppendInt(dst, int64(f.Num), 10)
	case record.Uint64:
		if f.Num <= math.MaxInt64 {
			return strconv.AppendUint(dst, f.Num, 10)
		}
	case record.Float64:
		if v := math.Float64frombits(f.Num); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return text.AppendFloat(dst, v)
		}
	case record.Bool:
		return strconv.AppendBool(dst, f.Num != 0)
	case record.Duration:
		return text.AppendFloat(dst, milliseconds(f.Num))
	case record.JSON:
		return append(dst, f.Str...)
	}
	return text.AppendString(dst, textOf(f))
}

// textOf returns the value of f as text.
func textOf(f *record.Field) string {
	switch f.Kind {
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
func attribute(dst []byte, f *record.Field) []byte {
	switch f.Kind {
	case record.Int64:
		return protocol.AppendLogAttrInt(dst, f.Key, int64(f.Num), "")
	case record.Uint64:
		return protocol.AppendLogAttrUint(dst, f.Key, f.Num, "")
	case record.Float64:
		return protocol.AppendLogAttrFloat(dst, f.Key, math.Float64frombits(f.Num), "")
	case record.Bool:
		return protocol.AppendLogAttrBool(dst, f.Key, f.Num != 0)
	case record.Duration:
		return protocol.AppendLogAttrFloat(dst, f.Key, milliseconds(f.Num), "millisecond")
	case record.JSON:
		return protocol.AppendLogAttrString(dst, f.Key, f.Str)
	}
	return protocol.AppendLogAttrString(dst, f.Key, textOf(f))
}
