//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunk

import (
	"reflect"
	"strconv"

	"github.com/krunk-go/krunk/internal/record"
)

// typeNames remembers the names of types where they are dear: not in this build.
type typeNames struct{}

func (*typeNames) of(v any) string { return typeName(v) }

// typeName returns the name of v's type as %T does.
func typeName(v any) string {
	if v == nil {
		return "nil"
	}
	return reflect.TypeOf(v).String()
}

// printed returns a panic's value as the runtime prints it, but for the address: a value of a basic kind, after the name of its type if that is
// the game's own, and the name alone of all else. Nothing is walked: it may hold itself, or be written by others.
func printed(v any, name string) string {
	r := reflect.ValueOf(v)
	var s string
	switch {
	case r.CanInt():
		s = strconv.FormatInt(r.Int(), 10)
	case r.CanUint():
		s = strconv.FormatUint(r.Uint(), 10)
	case r.CanFloat():
		s = strconv.FormatFloat(r.Float(), 'g', -1, r.Type().Bits())
	case r.CanComplex():
		s = strconv.FormatComplex(r.Complex(), 'g', -1, r.Type().Bits())
		if r.Type().PkgPath() != "" {
			s = name + s
		}
		return s
	case r.Kind() == reflect.Bool:
		s = strconv.FormatBool(r.Bool())
	case r.Kind() == reflect.String:
		s = r.String()
		s = `"` + s[:min(len(s), record.MaxText)] + `"` // what is longer is cut and marked by the record
	default:
		return "(" + name + ")"
	}
	if r.Type().PkgPath() == "" {
		return s
	}
	return name + "(" + s + ")"
}
