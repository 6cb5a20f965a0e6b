package krunk

import (
	"math"
	"reflect"
	"strconv"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

const (
	anyDepth   = 4 // objects and lists in each other: a context is 7 levels deep at most, and the attribute's own place takes some
	anyMax     = record.MaxValue
	anyMembers = 256 // members of a map or a struct that are looked at
	anyWork    = 1024
)

// encoder turns a value of any type into JSON of at most anyMax bytes. What it does itself is bounded by counting, whatever it
// is given: depth, bytes written, and work, in steps of a member of a list or so. What has no room is marked by "…".
type encoder struct {
	b      []byte
	work   int // what may still be looked at
	behind int // members that are still to come, of all that is open; 64 of each at most
	path
}

// settleAny returns what v is as the black box keeps it: basic kinds, also those of the game's own types, as themselves,
// anything else as JSON, which c has to be able to read.
func settleAny(v any, c *Client, _ bool) (k record.Kind, num uint64, str string) {
	defer func() {
		if r := recover(); r != nil {
			k, str = record.String, "[krunk: encoding a "+typeName(v)+" panicked"+because(r)+"]"
		}
	}()
	if v != nil && !marshals(v) {
		if k, num, str = basic(reflect.ValueOf(v)); k != 0 {
			return k, num, str
		}
	}
	e := encoder{work: anyWork}
	e.value(v, 0)
	if view(e.b) == "null" {
		return record.String, 0, "<nil>" // a member of a context that is null is one that servers drop
	}
	if len(e.b) > anyMax { // the last net: a cut value is no JSON any more, and travels as text that begins like it
		return record.String, 0, string(e.b)
	}
	if k, num, str = e.settled(); k == record.JSON {
		c.uses.Nested.Use()
	}
	return k, num, str
}

// basic returns a value of a basic kind, and the kind 0 for others.
func basic(v reflect.Value) (k record.Kind, num uint64, str string) {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			num = 1
		}
		return record.Bool, num, ""
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return record.Int64, uint64(v.Int()), ""
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return record.Uint64, v.Uint(), ""
	case reflect.Float32:
		return record.Float64, math.Float64bits(decimal(v.Float())), ""
	case reflect.Float64:
		return record.Float64, math.Float64bits(v.Float()), ""
	case reflect.String:
		return record.String, 0, v.String()
	}
	return 0, 0, ""
}

// mark is what stands in the place of what was left out.
const mark = "…"

// value appends basic values, and slices and maps of any, by hand; everything else is the build's.
func (e *encoder) value(v any, depth int) {
	e.work--
	switch v := v.(type) {
	case nil:
		e.b = append(e.b, "null"...)
	case string:
		e.text(v, depth)
	case error:
		e.text(errorText(v), depth)
	case bool:
		e.b = strconv.AppendBool(e.b, v)
	case int:
		e.int(int64(v))
	case int64:
		e.int(v)
	case float64:
		e.float(v, 64)
	case time.Duration:
		e.duration(v)
	case time.Time:
		e.time(v)
	case []any:
		appendList(e, v, depth)
	case []string:
		appendList(e, v, depth)
	case []int:
		appendList(e, v, depth)
	case []float64:
		appendList(e, v, depth)
	case map[string]any:
		appendMap(e, v, depth)
	case map[string]string:
		appendMap(e, v, depth)
	case map[string]int:
		appendMap(e, v, depth)
	default:
		e.other(v, depth)
	}
}

// kinds appends a value of a basic kind and reports whether it was one.
func (e *encoder) kinds(v reflect.Value, depth int) bool {
	switch k := v.Kind(); k {
	case reflect.Bool:
		e.b = strconv.AppendBool(e.b, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		e.uint(v.Uint())
	case reflect.Float32:
		e.float(v.Float(), 32)
	case reflect.Float64:
		e.float(v.Float(), 64)
	case reflect.String:
		e.text(v.String(), depth)
	default:
		return false
	}
	return true
}

// exact is the most that a page which reads numbers as JavaScript does shows with all digits.
const exact = 1 << 53

// int appends a number, as text where readers would round it: players' ids are 64 bits wide.
func (e *encoder) int(v int64) {
	if v > exact || v < -exact {
		e.b = append(strconv.AppendInt(append(e.b, '"'), v, 10), '"')
		return
	}
	e.b = strconv.AppendInt(e.b, v, 10)
}

func (e *encoder) uint(v uint64) {
	if v > exact {
		e.b = append(strconv.AppendUint(append(e.b, '"'), v, 10), '"')
		return
	}
	e.b = strconv.AppendUint(e.b, v, 10)
}

// float appends f as encoding/json does, and NaN and infinities as text.
func (e *encoder) float(f float64, bits int) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		e.b = append(strconv.AppendFloat(append(e.b, '"'), f, 'g', -1, bits), '"')
		return
	}
	if bits == 32 {
		f = decimal(f)
	}
	e.b = text.AppendFloat(e.b, f)
}

// decimal returns the float64 that is written with the digits of f, which was a float32: 0.1, not 0.10000000149011612. Beyond 1e22
// it returns f. strconv.ParseFloat would do, and is 17 KiB.
func decimal(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return f
	}
	var room [24]byte
	digits := strconv.AppendFloat(room[:0], math.Abs(f), 'e', -1, 32) // 1.25e-05
	whole, exp, i := 0, 0, 0
	for ; digits[i] != 'e'; i++ {
		if digits[i] != '.' {
			whole = whole*10 + int(digits[i]-'0')
		}
	}
	for _, c := range digits[i+2:] {
		exp = exp*10 + int(c-'0')
	}
	if digits[i+1] == '-' {
		exp = -exp
	}
	exp -= max(i-2, 0) // digits behind the point
	scale := 1.0
	for range max(exp, -exp) {
		scale *= 10
	}
	switch {
	case scale > 1e22: // not exact any more
		return f
	case exp < 0:
		return math.Copysign(float64(whole)/scale, f)
	}
	return math.Copysign(float64(whole)*scale, f)
}

func (e *encoder) duration(d time.Duration) {
	e.b = append(text.AppendFloat(append(e.b, '"'), float64(d)/1e6), `ms"`...)
}

func (e *encoder) time(t time.Time) {
	e.b = append(appendTime(append(e.b, '"'), t), '"')
}

// limit is how far the members of what lies at that depth may reach: the marks and brackets of all that is open find room.
func limit(depth int) int { return anyMax - 16*(depth+1) }

// text appends s, cut to what the members behind it leave, so that one long text does not push out the others.
func (e *encoder) text(s string, depth int) {
	room := max(limit(depth)-len(e.b)-2, 0)
	start := len(e.b)
	cut, _ := text.Trim(s, min(room, max(room-40*e.behind, 64)))
	e.b = text.AppendString(e.b, cut)
	if len(e.b)-start > room+2 { // escapes are up to six times as long
		cut, _ = text.Trim(s, room/6)
		e.b = text.AppendString(e.b[:start], cut)
	}
}

// deep reports whether an object or list at that depth is too deep, or the work is done, and marks its place.
func (e *encoder) deep(depth int) bool {
	if depth < anyDepth && e.work > 0 {
		return false
	}
	e.b = append(e.b, `"`+mark+`"`...)
	return true
}

// next begins a member, behind which left others and outer ones of what is around it are to come, and returns where it begins.
func (e *encoder) next(left, outer int) int {
	start := len(e.b)
	e.comma()
	e.behind = outer + min(left, 64)
	return start
}

func (e *encoder) comma() {
	if c := e.b[len(e.b)-1]; c != '[' && c != '{' {
		e.b = append(e.b, ',')
	}
}

// fits reports whether there is room for another member after the one that began at start. It takes that one back if it has
// none itself, and says in its place that there were more.
func (e *encoder) fits(start, depth int, last bool, more string) bool {
	over := len(e.b) > limit(depth)
	if !over && (last || e.work > 0) {
		return true
	}
	if over {
		e.b = e.b[:start]
	}
	e.more(more)
	return false
}

func (e *encoder) more(more string) {
	e.comma()
	e.b = append(e.b, more...)
}

const (
	moreList    = `"` + mark + `"`
	moreMembers = `"` + mark + `":"` + mark + `"`
)

func appendList[T any](e *encoder, list []T, depth int) {
	if list == nil {
		e.b = append(e.b, "null"...)
		return
	}
	if e.deep(depth) {
		return
	}
	outer := e.behind
	e.b = append(e.b, '[')
	for i := range list {
		start := e.next(len(list)-i-1, outer)
		e.value(list[i], depth+1)
		if !e.fits(start, depth, i == len(list)-1, moreList) {
			break
		}
	}
	e.behind = outer
	e.b = append(e.b, ']')
}

func appendMap[T any](e *encoder, m map[string]T, depth int) {
	if m == nil {
		e.b = append(e.b, "null"...)
		return
	}
	if e.deep(depth) {
		return
	}
	keys := make([]string, 0, min(len(m), anyMembers, 64))
	room, half := limit(depth)-len(e.b), e.work/2 // the other half is for what the keys stand for
	for k := range m {
		if len(keys) == anyMembers || e.work < half || room < 0 {
			break // which ones of a map that has no room as a whole is left to chance
		}
		room -= len(k) + len(`"":1,`)
		e.work -= 4
		keys = append(keys, k)
	}
	text.SortKeys(keys)
	outer := e.behind
	e.b = append(e.b, '{')
	i, fits := 0, true
	for ; i < len(keys) && fits; i++ {
		start := e.next(len(m)-i-1, outer)
		e.key(keys[i])
		e.value(m[keys[i]], depth+1)
		fits = e.fits(start, depth, i == len(m)-1, moreMembers)
	}
	if fits && i < len(m) {
		e.more(moreMembers)
	}
	e.behind = outer
	e.b = append(e.b, '}')
}

// key appends the name of a member.
func (e *encoder) key(name string) {
	name, _ = text.Trim(name, record.MaxKey)
	e.b = append(text.AppendString(e.b, name), ':')
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// appendTime appends a moment of any year as RFC 3339 in UTC.
func appendTime(dst []byte, t time.Time) []byte {
	sec, ns := t.Unix(), int64(t.Nanosecond())
	if ns == 0 && !holds(sec) {
		return text.AppendUnix(dst, sec, 0, 0)
	}
	return text.AppendUnix(dst, sec, ns, 9)
}

// holds reports whether a moment fits into nanoseconds since 1970: from the year 1677 to 2262.
func holds(sec int64) bool {
	const most = math.MaxInt64/1_000_000_000 - 1
	return sec <= most && sec >= -most
}
