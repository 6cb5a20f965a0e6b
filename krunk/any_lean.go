//go:build (!(amd64 || arm64 || 386) || nintendosdk || playstation5 || microsoftgdk || krunk_lean) && !krunk_gojson

package krunk

import (
	"reflect"

	"github.com/krunk-go/krunk/internal/record"
)

// path is the text of a whole value that this build has no JSON for. What it walks ends by its depth.
type path struct{ whole string }

// marshals reports whether v says itself how it is written, which this build never asks.
func marshals(any) bool { return false }

// other appends a basic value of the game's own type or a nil pointer, and names the type of any other.
func (e *encoder) other(v any, depth int) {
	r := reflect.ValueOf(v)
	if e.kinds(r, depth) {
		return
	}
	if r.Kind() == reflect.Pointer && r.IsNil() {
		e.b = append(e.b, "null"...)
		return
	}
	s := typeName(v)
	if v, ok := v.(interface{ String() string }); ok {
		s = stringText(v)
	}
	if depth == 0 {
		e.whole = s
	}
	e.text(s, depth)
}

// settled returns what was encoded as the black box keeps it. Basic kinds were settled before.
func (e *encoder) settled() (k record.Kind, num uint64, str string) {
	if e.whole != "" {
		return record.String, 0, e.whole
	}
	return record.JSON, 0, view(e.b)
}

// The stack that an error keeps is looked for by reflection, which would keep the methods of all types: 164 KiB.
func keepsStack(error) bool   { return false }
func stackOf(error) []uintptr { return nil }
