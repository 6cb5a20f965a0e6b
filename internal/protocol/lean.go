package protocol

import (
	"strconv"
	"unsafe"

	"github.com/krunk-go/krunk/internal/text"
)

// What follows appends the wire types by their shapes, without reflection. It is the encoder of the lean build, and everywhere else
// the oracle that go-json's output is compared with.

// leanEvent appends ev without its tags, contexts and breadcrumbs.
func leanEvent(dst []byte, ev *Event) []byte { return appendWire(dst, unsafe.Pointer(ev), &eventShape) }

// appendWire appends the wire type at p as an object.
func appendWire(dst []byte, p unsafe.Pointer, s *shape) []byte {
	o := Open(dst)
	for i := range s.members {
		m := &s.members[i]
		o.member(m, unsafe.Add(p, m.at))
	}
	return o.Close()
}

func (o *Object) member(m *member, at unsafe.Pointer) {
	switch m.kind {
	case texts, lines:
		o.text(m.name, *(*string)(at))
	case mustTexts:
		o.Text(m.name, *(*string)(at))
	case raws:
		o.raw(m.name, *(*Raw)(at))
	case floats:
		o.Float(m.name, *(*float64)(at))
	case handles:
		if at = *(*unsafe.Pointer)(at); at != nil {
			o.truth(m.name, *(*bool)(at))
		}
	case bools:
		o.Flag(m.name, *(*bool)(at))
	case mustBools:
		o.truth(m.name, *(*bool)(at))
	case places:
		if at = *(*unsafe.Pointer)(at); at != nil {
			o.integer(m.name, *(*int)(at))
		}
	case numbers:
		o.number(m.name, *(*int)(at))
	case mustNumbers:
		o.integer(m.name, *(*int)(at))
	case ids:
		o.Uint(m.name, *(*uint64)(at))
	case mustIDs:
		o.key(m.name)
		o.b = strconv.AppendUint(o.b, *(*uint64)(at), 10)
	case refs:
		if at = *(*unsafe.Pointer)(at); at != nil {
			o.key(m.name)
			o.b = appendWire(o.b, at, m.of)
		}
	case lists, many:
		o.list(m, at)
	}
}

// list appends the slice at p. A nil one that is always there is null, as go-json has it.
func (o *Object) list(m *member, at unsafe.Pointer) {
	n := length(at)
	if n == 0 && m.kind == lists {
		return
	}
	o.key(m.name)
	if *(*unsafe.Pointer)(at) == nil {
		o.put("null")
		return
	}
	o.put("[")
	for i := range n {
		if i > 0 {
			o.put(",")
		}
		if m.kind == many {
			o.b = appendWire(o.b, m.of.element(at, i), m.of)
		} else {
			o.b = text.AppendString(o.b, (*(*[]string)(at))[i])
		}
	}
	o.put("]")
}
