package krunk

import (
	"math"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// Attr is one attribute of a record. Keys of up to 200 bytes and text values of up to 2048 bytes are kept; what is longer is
// cut and marked. An Attr holds its value by reference until the call that takes it returns.
type Attr struct {
	key  string
	num  uint64
	ref  any // textPtr, error or any value, by kind
	kind record.Kind
}

// textPtr is the first byte of a text. Being a pointer it fits into an interface without an allocation.
type textPtr *byte

// Kinds that a capture call must ask for their text before it reserves memory: foreign code runs.
const (
	pendingError record.Kind = 0x40
	pendingAny   record.Kind = 0x41
)

// String returns an attribute with a text.
func String(key, value string) Attr {
	return Attr{key: key, num: uint64(len(value)), ref: textPtr(unsafe.StringData(value)), kind: record.String}
}

// Int returns an attribute with a whole number.
func Int(key string, value int) Attr { return Int64(key, int64(value)) }

// Int64 returns an attribute with a whole number.
func Int64(key string, value int64) Attr {
	return Attr{key: key, num: uint64(value), kind: record.Int64}
}

// Uint64 returns an attribute with a whole number; above 1<<63-1 it travels as text, which is what the wire can hold.
func Uint64(key string, value uint64) Attr { return Attr{key: key, num: value, kind: record.Uint64} }

// Float64 returns an attribute with a number; NaN and infinities travel as text.
func Float64(key string, value float64) Attr {
	return Attr{key: key, num: math.Float64bits(value), kind: record.Float64}
}

// Bool returns an attribute that is true or false.
func Bool(key string, value bool) Attr {
	a := Attr{key: key, kind: record.Bool}
	if value {
		a.num = 1
	}
	return a
}

// Duration returns an attribute with a length of time; it travels in milliseconds.
func Duration(key string, value time.Duration) Attr {
	return Attr{key: key, num: uint64(value), kind: record.Duration}
}

// Time returns an attribute with a moment; it travels as RFC 3339 text in UTC. For moments outside of the years 1678 to 2262
// but the zero time it allocates.
func Time(key string, value time.Time) Attr {
	if !holds(value.Unix()) {
		return farTime(key, value)
	}
	return Attr{key: key, num: uint64(value.UnixNano()), kind: record.Time}
}

// farTime keeps as text what nanoseconds since 1970 do not hold. The zero time is common in Go structs.
func farTime(key string, value time.Time) Attr {
	if value.IsZero() {
		return String(key, "0001-01-01T00:00:00Z")
	}
	return String(key, view(appendTime(nil, value)))
}

// Err returns an attribute with the text of err under the key "error". Error is called only if the record is kept, on the
// calling goroutine; a panic inside is caught. A nil error is the text "<nil>".
func Err(err error) Attr { return Attr{key: "error", ref: err, kind: pendingError} }

// Group returns an attribute that says what an event is one with: events with the same key of up to 200 bytes, which is not
// empty, become one issue, and those with another key another one, whatever their stacks and types are. It travels as the
// event's fingerprint and is no attribute of log records and breadcrumbs. Of several the last one counts.
func Group(key string) Attr {
	key, _ = text.Trim(key, record.MaxKey)
	return Attr{num: uint64(len(key)), ref: textPtr(unsafe.StringData(key)), kind: record.Group}
}

// Any returns an attribute with a value of any type. Basic kinds, also of types of the game's own, are kept as the typed
// attributes keep them. Anything else is encoded as encoding/json does, only if the record is kept, at once and on the
// calling goroutine, to at most 2048 bytes and 4 levels deep. What has no room is marked by "…"; NaN, whole numbers beyond
// ±2^53 and durations become text; a member that cannot be encoded, such as a channel, becomes a note in its place. Whatever it
// is given, Any itself works for less than 0.1 ms and on less than 64 KiB, of a list or map it looks at the first members;
// methods of the value (MarshalJSON, MarshalText, Error) take what they take, and a map that another goroutine writes meanwhile is
// the caller's race. Where the lean encoder is built in (all but amd64, arm64 and 386, and consoles), basic types, slices and
// maps of them are kept and anything else becomes its String() or the name of its type. Any allocates; prefer the typed attributes
// where frames matter.
func Any(key string, value any) Attr {
	switch v := value.(type) {
	case string:
		return String(key, v)
	case int:
		return Int64(key, int64(v))
	case int64:
		return Int64(key, v)
	case uint64:
		return Uint64(key, v)
	case float64:
		return Float64(key, v)
	case bool:
		return Bool(key, v)
	case time.Duration:
		return Duration(key, v)
	case time.Time:
		return Time(key, v)
	case error:
		return Attr{key: key, ref: v, kind: pendingError}
	}
	return Attr{key: key, ref: value, kind: pendingAny}
}

// pending reports whether foreign code has to run before the value is known.
func (a *Attr) pending() bool { return a.kind >= pendingError }

// failure returns the error of an attribute that Err or Any made of one.
func (a *Attr) failure() error {
	if a.kind != pendingError {
		return nil
	}
	err, _ := a.ref.(error)
	return err
}

// group returns what Group was given, or "" for any other attribute.
func (a *Attr) group() string {
	if a.kind != record.Group {
		return ""
	}
	f := a.field()
	return f.Str
}

// field returns a as the black box takes it. It is not called for a pending one.
func (a *Attr) field() record.Field {
	f := record.Field{Key: a.key, Kind: a.kind, Num: a.num}
	if a.kind >= record.String {
		if p, ok := a.ref.(textPtr); ok {
			f.Str = unsafe.String(p, int(a.num))
		}
	}
	return f
}

// settle runs the foreign code behind a pending attribute.
func (a *Attr) settle() {
	switch a.kind {
	case pendingError:
		err, _ := a.ref.(error)
		a.setText(record.ErrorText, errorText(err))
	case pendingAny:
		k, num, str := settleAny(a.ref)
		if a.kind, a.num = k, num; k >= record.String {
			a.setText(k, str)
		}
	}
}

func (a *Attr) setText(k record.Kind, s string) {
	a.kind, a.num, a.ref = k, uint64(len(s)), textPtr(unsafe.StringData(s))
}
