package protocol

import (
	"strconv"
	"unsafe"

	"github.com/krunk-go/krunk/internal/text"
)

// lean appends the wire types by their shapes, without reflection. It is the encoder of the lean build, and everywhere else the
// oracle that go-json's output is compared with. It keeps one slice to sort the keys of maps in.
type lean struct{ keys []string }

// maxKeys is how many keys the slice may keep room for after a large map.
const maxKeys = 1024

// release forgets the keys, which are the caller's memory.
//
//go:noinline
func (l *lean) release() {
	clear(l.keys)
	l.keys = l.keys[:0]
	if cap(l.keys) > maxKeys {
		l.keys = nil
	}
}

// event appends all of ev but its breadcrumbs.
func (l *lean) event(dst []byte, ev *Event) []byte {
	return l.append(dst, unsafe.Pointer(ev), &eventShape)
}

func (l *lean) logs(dst []byte, logs *Logs) []byte {
	return l.append(dst, unsafe.Pointer(logs), &logsShape)
}

// append appends the wire type at p as an object.
func (l *lean) append(dst []byte, p unsafe.Pointer, s *shape) []byte {
	o := open(dst)
	for i := range s.members {
		m := &s.members[i]
		l.member(&o, m, unsafe.Add(p, m.at))
	}
	return o.close()
}

func (l *lean) member(o *object, m *member, at unsafe.Pointer) {
	switch m.kind {
	case texts, lines:
		o.text(m.name, *(*string)(at))
	case mustTexts:
		o.must(m.name, *(*string)(at))
	case raws:
		o.raw(m.name, *(*Raw)(at))
	case floats:
		o.float(m.name, *(*float64)(at))
	case handles:
		if at = *(*unsafe.Pointer)(at); at != nil {
			o.truth(m.name, *(*bool)(at))
		}
	case bools:
		o.bool(m.name, *(*bool)(at))
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
		o.uint(m.name, *(*uint64)(at))
	case mustIDs:
		o.key(m.name)
		o.b = strconv.AppendUint(o.b, *(*uint64)(at), 10)
	case tagged:
		l.keyed(o, m.name, *(*map[string]string)(at), nil)
	case named:
		l.keyed(o, m.name, nil, *(*map[string]Raw)(at))
	case refs:
		if at = *(*unsafe.Pointer)(at); at != nil {
			o.key(m.name)
			o.b = l.append(o.b, at, m.of)
		}
	case lists, many:
		l.list(o, m, at)
	}
}

// list appends the slice at p. A nil one that is always there is null, as go-json has it.
func (l *lean) list(o *object, m *member, at unsafe.Pointer) {
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
			o.b = l.append(o.b, m.of.element(at, i), m.of)
		} else {
			o.b = text.AppendString(o.b, (*(*[]string)(at))[i])
		}
	}
	o.put("]")
}

// keyed appends one of the two maps, in the order in which go-json writes the keys.
func (l *lean) keyed(o *object, name string, tags map[string]string, raws map[string]Raw) {
	l.release()
	for k := range tags {
		l.keys = append(l.keys, k)
	}
	for k := range raws {
		l.keys = append(l.keys, k)
	}
	if len(l.keys) > 0 {
		text.SortKeys(l.keys)
		o.key(name)
		o.put("{")
		for _, k := range l.keys {
			o.b = AppendKey(o.b, k)
			switch v := raws[k]; {
			case raws == nil:
				o.b = text.AppendString(o.b, tags[k])
			case len(v) == 0:
				o.put("null")
			default:
				o.b = append(o.b, v...)
			}
		}
		o.put("}")
	}
	l.release()
}
