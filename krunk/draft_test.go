package krunk

import (
	"reflect"
	"testing"

	"github.com/krunk-go/krunk/internal/recorder"
)

// An Event is what the recorder calls a Draft, under other names: Edit makes one of the other without copying.
func TestEventIsADraft(t *testing.T) {
	alike(t, reflect.TypeFor[Event](), reflect.TypeFor[recorder.Draft]())
}

func alike(t *testing.T, a, b reflect.Type) {
	t.Helper()
	if a.Kind() != b.Kind() || a.Size() != b.Size() || a.Align() != b.Align() {
		t.Fatalf("%v is a %v of %d bytes, %v a %v of %d", a, a.Kind(), a.Size(), b, b.Kind(), b.Size())
	}
	switch a.Kind() {
	case reflect.Struct:
		x, y := membersOf(a), membersOf(b)
		if len(x) != len(y) {
			t.Fatalf("%v has %d fields, %v %d", a, len(x), b, len(y))
		}
		for i := range x {
			if x[i].Offset != y[i].Offset {
				t.Errorf("%v.%s lies at %d, %v.%s at %d", a, x[i].Name, x[i].Offset, b, y[i].Name, y[i].Offset)
			}
			alike(t, x[i].Type, y[i].Type)
		}
	case reflect.Slice, reflect.Array:
		alike(t, a.Elem(), b.Elem())
	case reflect.Map:
		if a != b {
			t.Errorf("%v and %v", a, b)
		}
	}
}

// membersOf returns the fields that take room.
func membersOf(t reflect.Type) (all []reflect.StructField) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Type.Size() > 0 {
			all = append(all, f)
		}
	}
	return all
}
