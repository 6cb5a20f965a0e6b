package protocol

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/text"
)

// object appends the members of an object, those that are not empty.
type object struct{ b []byte }

//go:noinline
func open(b []byte) object { return object{text.Append(b, "{")} }

//go:noinline
func (o *object) close() []byte { return text.Append(o.b, "}") }

// key appends a name that needs no escaping. It and its neighbours are kept out of line: the lean build counts bytes.
//
//go:noinline
func (o *object) key(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.put(",")
	}
	o.b = text.Append(o.b, `"`, name, `":`)
}

// put appends s as it is.
//
//go:noinline
func (o *object) put(s string) { o.b = append(o.b, s...) }

//go:noinline
func (o *object) text(name, v string) {
	if v != "" {
		o.must(name, v)
	}
}

//go:noinline
func (o *object) must(name, v string) {
	o.key(name)
	o.b = text.AppendString(o.b, v)
}

func (o *object) number(name string, v int) {
	if v != 0 {
		o.integer(name, v)
	}
}

//go:noinline
func (o *object) integer(name string, v int) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, int64(v), 10)
}

//go:noinline
func (o *object) uint(name string, v uint64) {
	if v != 0 {
		o.key(name)
		o.b = strconv.AppendUint(o.b, v, 10)
	}
}

//go:noinline
func (o *object) bool(name string, v bool) {
	if v {
		o.truth(name, v)
	}
}

//go:noinline
func (o *object) truth(name string, v bool) {
	o.key(name)
	o.b = strconv.AppendBool(o.b, v)
}

//go:noinline
func (o *object) float(name string, v float64) {
	o.key(name)
	o.b = text.AppendFloat(o.b, v)
}

func (o *object) raw(name string, v Raw) {
	if len(v) > 0 {
		o.key(name)
		o.b = append(o.b, v...)
	}
}
