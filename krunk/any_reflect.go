//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunk

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/internal/record"
)

// The encoder of the default build for values of the game's own types: encoding/json's rules, but what cannot be encoded
// loses its own place only, and a value of any size costs the same at most. An encoder that was made for whole values cannot
// be bounded: it has encoded all when it says how much that is.

// path is what the walk stands in: a value that is met again there is a cycle.
type path struct {
	open [16]step
	n    int
}

type step struct {
	typ reflect.Type
	ptr uintptr // compared, never followed; what it points to is held by the value that is walked
	len int
}

// mapMemory is the most that one entry of a map may take: reading an entry copies it.
const mapMemory = 4 << 10

func (e *encoder) other(v any, depth int) { e.reflected(reflect.ValueOf(v), depth) }

// reflected appends v, which may be the zero Value.
func (e *encoder) reflected(v reflect.Value, depth int) {
	n := e.n
	for hops := 0; ; hops++ {
		if e.work -= 2; e.work < 0 || hops == 8 {
			e.b = append(e.b, `"`+mark+`"`...)
			break
		}
		if !v.IsValid() || isNil(v) {
			e.b = append(e.b, "null"...)
			break
		}
		if e.method(v, depth) || e.kinds(v, depth) {
			break
		}
		k := v.Kind()
		if k == reflect.Pointer || k == reflect.Map || k == reflect.Slice {
			if !e.enter(v) {
				e.note("cycle", depth)
				break
			}
		}
		if k == reflect.Pointer || k == reflect.Interface {
			v = v.Elem()
			continue
		}
		e.compound(v, depth)
		break
	}
	e.n = n
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return v.IsNil()
	}
	return false
}

// enter notes that the walk stands in v, or reports false if it already did.
func (e *encoder) enter(v reflect.Value) bool {
	s := step{typ: v.Type(), ptr: v.Pointer()}
	if v.Kind() == reflect.Slice {
		if s.len = v.Len(); s.len == 0 {
			return true
		}
	}
	for i := range e.n {
		if e.open[i] == s {
			return false
		}
	}
	if e.n < len(e.open) {
		e.open[e.n] = s
		e.n++
	}
	return true
}

func (e *encoder) compound(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		e.structure(v, depth)
	case reflect.Map:
		e.mapping(v, depth)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			e.bytes(v.Bytes(), depth)
			return
		}
		e.sequence(v, depth)
	case reflect.Array:
		e.sequence(v, depth)
	case reflect.Complex64, reflect.Complex128:
		e.text(strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits()), depth)
	default: // channels and functions
		e.note("a "+v.Type().String(), depth)
	}
}

// bytes appends base64, as encoding/json does.
func (e *encoder) bytes(b []byte, depth int) {
	room := limit(depth) - len(e.b) - 8
	if most := max(room/4*3, 0); len(b) > most {
		e.text(base64.StdEncoding.EncodeToString(b[:most])+"...", depth)
		return
	}
	e.b = append(base64.StdEncoding.AppendEncode(append(e.b, '"'), b), '"')
}

func (e *encoder) sequence(v reflect.Value, depth int) {
	if e.deep(depth) {
		return
	}
	outer, n := e.behind, v.Len()
	e.b = append(e.b, '[')
	for i := range n {
		start := e.next(n-i-1, outer)
		e.reflected(v.Index(i), depth+1)
		if !e.fits(start, depth, i == n-1, moreList) {
			break
		}
	}
	e.behind = outer
	e.b = append(e.b, ']')
}

func (e *encoder) mapping(v reflect.Value, depth int) {
	t := v.Type()
	if t.Key().Size() > mapMemory || t.Elem().Size() > mapMemory {
		e.note("a "+t.String(), depth)
		return
	}
	if e.deep(depth) {
		return
	}
	cost := 12 + int(t.Elem().Size()+t.Key().Size())/16
	keys := e.keys(v, limit(depth)-len(e.b))
	outer, n := e.behind, v.Len()
	e.b = append(e.b, '{')
	i, fits := 0, true
	for ; i < len(keys) && fits; i++ {
		if i > 0 && keys[i].name == keys[i-1].name {
			continue // two keys that read the same: an object has a key once
		}
		e.work -= cost
		start := e.next(n-i-1, outer)
		e.key(keys[i].name)
		e.reflected(v.MapIndex(keys[i].key), depth+1)
		fits = e.fits(start, depth, i == n-1, moreMembers)
	}
	if fits && i < n {
		e.more(moreMembers)
	}
	e.behind = outer
	e.b = append(e.b, '}')
}

type mapKey struct {
	name string
	key  reflect.Value
}

// keys returns the keys of a map, sorted: at most anyMembers of them, and those that room is enough for. Which ones of a map
// that has no room as a whole is left to chance.
func (e *encoder) keys(v reflect.Value, room int) []mapKey {
	keys := make([]mapKey, 0, min(v.Len(), anyMembers, 64))
	cost, half := 4+int(v.Type().Key().Size()/16), e.work/2 // the other one is for what the keys stand for
	for iter := v.MapRange(); len(keys) < anyMembers && e.work > half && room > 0 && iter.Next(); {
		e.work -= cost
		k := mapKey{key: iter.Key()}
		k.name = e.keyName(k.key)
		room -= len(k.name) + len(`"":1,`)
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b mapKey) int { return strings.Compare(a.name, b.name) })
	return keys
}

// keyName returns the name of a map's key: its text, or the JSON of a key that has none.
func (e *encoder) keyName(key reflect.Value) string {
	if key.Kind() == reflect.String {
		s := key.String()
		return s[:min(len(s), record.MaxKey+1)] // a byte more, so that what is cut is marked
	}
	in := encoder{work: e.work, b: make([]byte, 0, 64)}
	in.reflected(key, anyDepth-1)
	e.work = in.work
	if k, _, s := in.settled(); k == record.String {
		return s
	}
	return string(in.b)
}

// field is a member of a struct, with its level: that of the struct is 0, those of the structs embedded in it 1.
type field struct {
	name   string
	value  reflect.Value
	level  uint8
	tagged bool
	quoted bool
	hidden bool
}

func (e *encoder) structure(v reflect.Value, depth int) {
	if e.deep(depth) {
		return
	}
	var room [24]field
	fields := e.fields(room[:0], v, 0)
	if len(fields) == 0 && opaque(v.Type()) {
		e.opaque(v, depth)
		return
	}
	hide(fields)
	outer := e.behind
	e.b = append(e.b, '{')
	for i := range fields {
		f := &fields[i]
		if f.hidden {
			continue
		}
		start := e.next(len(fields)-i-1, outer)
		e.key(f.name)
		e.member(f, depth+1)
		if !e.fits(start, depth, i == len(fields)-1, moreMembers) {
			break
		}
	}
	e.behind = outer
	e.b = append(e.b, '}')
}

// member appends the value of a field; one tagged ",string" is a text if it is a number or a truth.
func (e *encoder) member(f *field, depth int) {
	start := len(e.b)
	e.reflected(f.value, depth)
	if f.quoted && len(e.b) > start && (e.b[start] == '-' || e.b[start] <= '9' && e.b[start] >= '0' || f.value.Kind() == reflect.Bool) {
		digits := string(e.b[start:])
		e.b = append(append(append(e.b[:start], '"'), digits...), '"')
	}
}

// fields appends the members of v and of the structs embedded in it, in their order, but for empty ones that may be left out.
func (e *encoder) fields(dst []field, v reflect.Value, level uint8) []field {
	t := v.Type()
	for i := range t.NumField() {
		if e.work -= 4; e.work < 0 || len(dst) == anyMembers/2 {
			return append(dst, field{name: mark, value: reflect.ValueOf(mark), level: level})
		}
		sf := t.Field(i)
		tag := sf.Tag.Get("json")
		if tag == "-" || !sf.IsExported() && !sf.Anonymous {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		fv := v.Field(i)
		if sf.Anonymous {
			in := fv
			if in.Kind() == reflect.Pointer {
				in = in.Elem() // the zero Value for a nil one
			}
			if in.Kind() == reflect.Struct && name == "" && level < anyDepth {
				dst = e.fields(dst, in, level+1)
				continue
			}
			if !sf.IsExported() || !in.IsValid() && name == "" {
				continue
			}
		}
		if has(options, "omitempty") && isEmpty(fv) || has(options, "omitzero") && fv.Type().Size() <= mapMemory && fv.IsZero() {
			continue
		}
		f := field{name: name, value: fv, level: level, tagged: name != "", quoted: has(options, "string")}
		if name == "" {
			f.name = sf.Name
		}
		dst = append(dst, f)
	}
	return dst
}

// has reports whether a tag's options, such as "omitempty,string", hold that one.
func has(options, name string) bool {
	for options != "" {
		var o string
		if o, options, _ = strings.Cut(options, ","); o == name {
			return true
		}
	}
	return false
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Interface, reflect.Pointer:
		return v.IsNil()
	case reflect.Struct, reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		return false
	}
	return v.IsZero()
}

// hide decides between members of one name as encoding/json does: the one of the lowest level, there the tagged one, and if
// that does not decide, none.
func hide(fields []field) {
	for i := range fields {
		for j := range i {
			a, b := &fields[j], &fields[i]
			if a.name != b.name {
				continue
			}
			switch {
			case a.level != b.level:
				if a.level > b.level {
					a, b = b, a
				}
				b.hidden = true
			case a.tagged != b.tagged:
				if b.tagged {
					a, b = b, a
				}
				b.hidden = true
			default:
				a.hidden, b.hidden = true, true
			}
		}
	}
}

// opaque reports whether a struct has fields, but none that others may see.
func opaque(t reflect.Type) bool {
	for i := range min(t.NumField(), anyMembers) {
		if f := t.Field(i); f.IsExported() || f.Anonymous {
			return false
		}
	}
	return t.NumField() > 0
}

// opaque appends the text of a value that shows nothing else of itself.
func (e *encoder) opaque(v reflect.Value, depth int) {
	if s, ok := plain(v).(interface{ String() string }); ok {
		e.text(stringText(s), depth)
		return
	}
	e.note("a "+v.Type().String()+" without exported fields", depth)
}
