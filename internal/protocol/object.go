package protocol

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/text"
)

// Object appends the members of an object. Names need no escaping. It does not allocate where there is room.
type Object struct{ b []byte }

// Open begins an object behind b.
//
//go:noinline
func Open(b []byte) Object { return Object{text.Append(b, "{")} }

// Close ends it and returns all.
//
//go:noinline
func (o *Object) Close() []byte { return text.Append(o.b, "}") }

// key appends a name that needs no escaping. It and its neighbours are kept out of line: the lean build counts bytes.
//
//go:noinline
func (o *Object) key(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.put(",")
	}
	o.b = text.Append(o.b, `"`, name, `":`)
}

// put appends s as it is.
//
//go:noinline
func (o *Object) put(s string) { o.b = text.Append(o.b, s) }

//go:noinline
func (o *Object) text(name, v string) {
	if v != "" {
		o.Text(name, v)
	}
}

// Text appends a text.
//
//go:noinline
func (o *Object) Text(name, v string) {
	o.key(name)
	o.b = text.AppendString(o.b, v)
}

//go:noinline
func (o *Object) number(name string, v int) {
	if v != 0 {
		o.integer(name, v)
	}
}

//go:noinline
func (o *Object) integer(name string, v int) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, int64(v), 10)
}

// Raw appends a value as it is.
//
//go:noinline
func (o *Object) Raw(name string, v []byte) {
	o.key(name)
	o.put(string(v))
}

// Uint appends a number unless it is 0.
//
//go:noinline
func (o *Object) Uint(name string, v uint64) {
	if v != 0 {
		o.key(name)
		o.b = strconv.AppendUint(o.b, v, 10)
	}
}

// Flag appends true, or nothing for false.
//
//go:noinline
func (o *Object) Flag(name string, v bool) {
	if v {
		o.truth(name, v)
	}
}

// Texts appends a list of texts unless it is empty.
func (o *Object) Texts(name string, list []string) {
	for i, s := range list {
		if i == 0 {
			o.key(name)
			o.put("[")
		} else {
			o.put(",")
		}
		o.b = text.AppendString(o.b, s)
	}
	if len(list) > 0 {
		o.put("]")
	}
}

//go:noinline
func (o *Object) truth(name string, v bool) {
	o.key(name)
	if v {
		o.put("true")
	} else {
		o.put("false")
	}
}

// Float appends a number; NaN and infinities become 0.
//
//go:noinline
func (o *Object) Float(name string, v float64) {
	o.key(name)
	o.b = text.AppendFloat(o.b, v)
}

func (o *Object) raw(name string, v Raw) {
	if len(v) > 0 {
		o.key(name)
		o.put(view(v))
	}
}
