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
	// Four words, the most that the compiler keeps in registers: with one more, a call below its threshold stores each attribute
	// and copies it, for 10 ns instead of 2.
	key  *byte
	head uint64         // length of the key, and the kind in the top byte
	num  uint64         // the value, the length of a text, or the type word of an error, by kind
	ref  unsafe.Pointer // first byte of a text, data word of an error, or a *late
}

const kindShift = 56

// late is a value that has to be encoded, with its encoder: a program that never calls Any does not link that.
type late struct {
	value  any
	encode func(v any, c *Client, raised bool) (k record.Kind, num uint64, str string)
}

// iface is how an error lies in memory. The first word is a pointer to a table that is never moved nor freed.
type iface struct {
	tab  uintptr
	data unsafe.Pointer
}

// Kinds that a capture call must ask for their text before it reserves memory: foreign code runs.
const (
	pendingError record.Kind = 0x40
	pendingAny   record.Kind = 0x41
)

// attr returns an attribute of a kind that has no reference.
func attr(key string, k record.Kind, num uint64) Attr {
	return Attr{unsafe.StringData(key), uint64(len(key)) | uint64(k)<<kindShift, num, nil}
}

// textAttr returns an attribute of a kind that is a text.
func textAttr(key string, k record.Kind, s string) Attr {
	return Attr{unsafe.StringData(key), uint64(len(key)) | uint64(k)<<kindShift, uint64(len(s)), unsafe.Pointer(unsafe.StringData(s))}
}

func errAttr(key string, err error) Attr {
	w := (*iface)(unsafe.Pointer(&err))
	return Attr{unsafe.StringData(key), uint64(len(key)) | uint64(pendingError)<<kindShift, uint64(w.tab), w.data}
}

// String returns an attribute with a text.
func String(key, value string) Attr {
	return textAttr(key, record.String, value)
}

// Int returns an attribute with a whole number.
func Int(key string, value int) Attr { return Int64(key, int64(value)) }

// Int64 returns an attribute with a whole number. Beyond ±2^53 it is text in events and breadcrumbs, since pages that show them
// round such numbers; log records keep all digits as a number, and some readers round those. An id is better a String.
func Int64(key string, value int64) Attr {
	return attr(key, record.Int64, uint64(value))
}

// Uint64 returns an attribute with a whole number; see Int64. Above 1<<63-1 it is text in log records too, which is what the wire
// can hold.
func Uint64(key string, value uint64) Attr { return attr(key, record.Uint64, value) }

// Float64 returns an attribute with a number; NaN and infinities travel as text.
func Float64(key string, value float64) Attr {
	return attr(key, record.Float64, math.Float64bits(value))
}

// Bool returns an attribute that is true or false.
func Bool(key string, value bool) Attr {
	var num uint64
	if value {
		num = 1
	}
	return attr(key, record.Bool, num)
}

// Duration returns an attribute with a length of time; it travels in milliseconds.
func Duration(key string, value time.Duration) Attr {
	return attr(key, record.Duration, uint64(value))
}

// Time returns an attribute with a moment; it travels as RFC 3339 text in UTC. For moments outside of the years 1678 to 2262
// but the zero time it allocates.
func Time(key string, value time.Time) Attr {
	if !holds(value.Unix()) {
		return farTime(key, value)
	}
	return attr(key, record.Time, uint64(value.UnixNano()))
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
func Err(err error) Attr { return errAttr("error", err) }

// Group returns an attribute that says what an event is one with: events with the same key of up to 200 bytes, which is not
// empty, become one issue, and those with another key another one, whatever their stacks and types are. It travels as the
// event's fingerprint and is no attribute of log records and breadcrumbs. Of several the last one counts.
func Group(key string) Attr {
	key, _ = text.Trim(key, record.MaxKey)
	return textAttr("", record.Group, key)
}

// Any returns an attribute with a value of any type. Basic kinds, also of types of the game's own, are kept as the typed
// attributes keep them. Anything else is encoded as encoding/json does, only if the record is kept, at once and on the
// calling goroutine, to at most 2048 bytes and 4 levels deep. What has no room is marked by "…"; NaN, whole numbers beyond
// ±2^53 and durations become text; a member that cannot be encoded, such as a channel, becomes a note in its place. Whatever it
// is given, Any itself works for less than 0.1 ms and on less than 64 KiB, of a list or map it looks at the first members;
// methods of the value (MarshalJSON, MarshalText, Error) take what they take, a map that another goroutine writes meanwhile is
// the caller's race, and a map that held millions and is nearly empty now is searched by the runtime for its first member. Where the lean encoder is built in (all but amd64, arm64 and 386, and consoles), basic types, slices and
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
		return errAttr(key, v)
	}
	return Attr{unsafe.StringData(key), uint64(len(key)) | uint64(pendingAny)<<kindShift, 0, unsafe.Pointer(&late{value, settleAny})}
}

// lateAttr returns an attribute without a key that is encoded late.
func lateAttr(l *late) Attr {
	return Attr{nil, uint64(pendingAny) << kindShift, 0, unsafe.Pointer(l)}
}

func (a *Attr) kind() record.Kind { return record.Kind(a.head >> kindShift) }

func (a *Attr) name() string { return unsafe.String(a.key, int(a.head&(1<<kindShift-1))) }

// pending reports whether foreign code has to run before the value is known.
func (a *Attr) pending() bool { return a.head >= uint64(pendingError)<<kindShift }

// failure returns the error of an attribute that Err or Any made of one.
func (a *Attr) failure() (err error) {
	if a.kind() == pendingError {
		*(*iface)(unsafe.Pointer(&err)) = iface{uintptr(a.num), a.ref}
	}
	return err
}

// group returns what Group was given, or "" for any other attribute.
func (a *Attr) group() string {
	if a.kind() != record.Group {
		return ""
	}
	return a.text()
}

// field returns a as the black box takes it. It is not called for a pending one.
func (a *Attr) field() record.Field {
	return record.Field{Key: a.name(), Kind: a.kind(), Num: a.num, Str: a.text()}
}

// text returns the value of a kind that is text, "" for others. It is not called for a pending one.
func (a *Attr) text() string {
	if a.kind() < record.String {
		return ""
	}
	return unsafe.String((*byte)(a.ref), int(a.num))
}

// settle runs the foreign code behind a pending attribute of a record, which may have been raised as an event.
func (a *Attr) settle(c *Client, raised bool) {
	switch a.kind() {
	case pendingError:
		*a = textAttr(a.name(), record.ErrorText, errorText(a.failure()))
	case pendingAny:
		l := (*late)(a.ref)
		k, num, str := l.encode(l.value, c, raised)
		if k >= record.String {
			*a = textAttr(a.name(), k, str)
		} else {
			*a = attr(a.name(), k, num)
		}
	}
}
