package krunkzap

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/krunk"
)

var errFlush = errors.New("krunkzap: not everything was delivered in time; what waits is counted in Client.Stats")

// appendFields appends fields as attributes, and returns the prefix that holds behind them: a namespace opens a group for all
// that follows.
func appendFields(dst []krunk.Attr, prefix string, fields []zapcore.Field) ([]krunk.Attr, string) {
	for i := range fields {
		f := &fields[i]
		switch f.Type {
		case zapcore.SkipType:
		case zapcore.NamespaceType:
			prefix = under(prefix, scrub.New("").Text(f.Key)) + "."
		case zapcore.InlineMarshalerType:
			dst = appendInline(dst, prefix, f)
		default:
			key := f.Key
			if prefix != "" {
				key = under(prefix, key)
			}
			dst = append(dst, attr(key, f))
		}
	}
	return dst, prefix
}

// under returns the key of what stands in a namespace. What is private in it, such as an address, is not to be seen any more once it is a part
// of a longer name.
func under(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + scrub.New("").Text(key)
}

// attr brings a field of each type that zapcore knows into an attribute.
func attr(key string, f *zapcore.Field) krunk.Attr {
	switch f.Type {
	case zapcore.StringType:
		return krunk.String(key, f.String)
	case zapcore.Int64Type, zapcore.Int32Type, zapcore.Int16Type, zapcore.Int8Type:
		return krunk.Int64(key, f.Integer)
	case zapcore.Uint64Type, zapcore.Uint32Type, zapcore.Uint16Type, zapcore.Uint8Type, zapcore.UintptrType:
		return krunk.Uint64(key, uint64(f.Integer))
	case zapcore.BoolType:
		return krunk.Bool(key, f.Integer == 1)
	case zapcore.DurationType:
		return krunk.Duration(key, time.Duration(f.Integer))
	case zapcore.Float64Type:
		return krunk.Float64(key, math.Float64frombits(uint64(f.Integer)))
	case zapcore.Float32Type:
		return krunk.Float64(key, float64(math.Float32frombits(uint32(f.Integer))))
	case zapcore.TimeType:
		return krunk.Time(key, time.Unix(0, f.Integer))
	}
	return boxed(key, f)
}

// boxed is attr for what zap keeps in an interface. It may run code of the game's, which may panic: zap itself catches that in
// its encoders only.
func boxed(key string, f *zapcore.Field) (a krunk.Attr) {
	defer func() {
		if r := recover(); r != nil {
			a = krunk.String(key, "[krunk: encoding the field panicked]")
		}
	}()
	switch f.Type {
	case zapcore.TimeFullType:
		return krunk.Time(key, f.Interface.(time.Time))
	case zapcore.BinaryType, zapcore.ByteStringType:
		return krunk.String(key, string(f.Interface.([]byte)))
	case zapcore.Complex128Type:
		return krunk.String(key, strconv.FormatComplex(f.Interface.(complex128), 'g', -1, 128))
	case zapcore.Complex64Type:
		return krunk.String(key, strconv.FormatComplex(complex128(f.Interface.(complex64)), 'g', -1, 64))
	case zapcore.ErrorType:
		return krunk.Any(key, f.Interface) // an error is asked for its text when the record is kept, and makes an exception of an event
	case zapcore.StringerType:
		if v := reflect.ValueOf(f.Interface); v.Kind() == reflect.Pointer && v.IsNil() {
			return krunk.String(key, "<nil>") // as zap has it: most panic
		}
		return krunk.String(key, f.Interface.(fmt.Stringer).String())
	case zapcore.ReflectType:
		return krunk.Any(key, f.Interface)
	}
	return krunk.Any(key, members(f)[f.Key])
}

// appendInline appends the members of an object that the caller wants without a name around them.
func appendInline(dst []krunk.Attr, prefix string, f *zapcore.Field) []krunk.Attr {
	m := members(f)
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		dst = append(dst, krunk.Any(under(prefix, key), m[key]))
	}
	return dst
}

// members runs the game's own marshaler. What it failed with is a member as zap makes one, keyError.
func members(f *zapcore.Field) (m map[string]any) {
	enc := zapcore.NewMapObjectEncoder()
	defer func() {
		if r := recover(); r != nil {
			m = map[string]any{f.Key: "[krunk: encoding the field panicked]"}
		}
	}()
	f.AddTo(enc)
	if len(enc.Fields) == 0 && f.Type != zapcore.InlineMarshalerType {
		return map[string]any{f.Key: nil}
	}
	return enc.Fields
}
