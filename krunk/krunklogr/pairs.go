package krunklogr

import (
	"fmt"
	"reflect"

	"github.com/go-logr/logr"

	"github.com/krunk-go/krunk/krunk"
)

// appendPairs appends keys and values as attributes. A key that is no text, and a value that is missing, are said instead: nothing is lost.
func appendPairs(dst []krunk.Attr, pairs []any) []krunk.Attr {
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			key = "[krunk: a key of type " + typeName(pairs[i]) + "]"
		}
		if i+1 == len(pairs) {
			dst = append(dst, krunk.String(key, "[krunk: no value]"))
			break
		}
		dst = append(dst, attr(key, pairs[i+1]))
	}
	return dst
}

// attr asks a value what it wants to be logged as, which logr promises: MarshalLog first, then String. Both are the game's code.
func attr(key string, v any) (a krunk.Attr) {
	switch v := v.(type) {
	case logr.Marshaler, fmt.Stringer:
		return asked(key, v)
	}
	return krunk.Any(key, v)
}

func asked(key string, v any) (a krunk.Attr) {
	defer func() {
		if r := recover(); r != nil {
			a = krunk.String(key, "[krunk: a "+typeName(v)+" panicked]")
		}
	}()
	switch v := v.(type) {
	case logr.Marshaler:
		return krunk.Any(key, v.MarshalLog())
	case error:
		return krunk.Any(key, v)
	case fmt.Stringer:
		if k := reflect.TypeOf(v).Kind(); k >= reflect.Bool && k <= reflect.Float64 {
			return krunk.Any(key, v) // a duration is a number
		}
		return krunk.String(key, v.String())
	}
	return krunk.Any(key, v)
}

func typeName(v any) string {
	if v == nil {
		return "nil"
	}
	return reflect.TypeOf(v).String()
}
