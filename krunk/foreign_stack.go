//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package krunk

import (
	"reflect"

	"github.com/krunk-go/krunk/internal/record"
)

// keepsStack reports whether err remembers where it was made, as the errors of github.com/pkg/errors do. That package is not
// imported: its method is found by its name, and returns a slice of return addresses.
func keepsStack(err error) bool {
	t := reflect.TypeOf(err)
	if t.NumMethod() < 2 {
		return false // most errors have Error alone, and a method is looked for by its name in 30 to 100 ns
	}
	_, ok := t.MethodByName("StackTrace")
	return ok
}

// stackOf returns the return addresses that err keeps, innermost first; nil if it keeps none.
func stackOf(err error) []uintptr {
	m := reflect.ValueOf(err).MethodByName("StackTrace")
	if !m.IsValid() {
		return nil
	}
	t := m.Type()
	if t.NumIn() != 0 || t.NumOut() != 1 || t.Out(0).Kind() != reflect.Slice || t.Out(0).Elem().Kind() != reflect.Uintptr {
		return nil
	}
	list := m.Call(nil)[0]
	pcs := make([]uintptr, min(list.Len(), record.MaxErrorPCs))
	for i := range pcs {
		pcs[i] = uintptr(list.Index(i).Uint())
	}
	return pcs
}
