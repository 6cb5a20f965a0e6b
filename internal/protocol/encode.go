package protocol

import (
	"errors"
	"math"

	"github.com/krunk-go/krunk/internal/text"
)

var errNil = errors.New("protocol: nothing to encode: the pointer is nil")

// notJSON stands in the place of a Raw that servers would refuse. Contexts and breadcrumb data must be objects: a bare
// string there is removed by the server, and the note with it.
const notJSON = `{"krunk":"value is not JSON"}`

// Event appends ev as JSON. What servers refuse is repaired in ev first: a number that is none becomes 0, a Raw that is no
// JSON becomes a note, an empty list or context is left out. On an error dst is returned as it was. The breadcrumbs are the
// last member; Cut then tells where they begin.
func (e *Encoder) Event(dst []byte, ev *Event) ([]byte, error) {
	e.Cut = 0
	if ev == nil {
		return dst, errNil
	}
	ev.tidy()
	out, err := e.encode(dst, ev)
	if err != nil {
		return out, err
	}
	out, cut := ev.end(out)
	if cut > 0 {
		e.Cut = cut - len(dst)
	}
	return out, nil
}

// end appends the members that are no wire types to an event that is encoded without them, and returns where in that the breadcrumbs
// begin, 0 if there are none.
func (ev *Event) end(out []byte) (whole []byte, cut int) {
	o := object{out[:len(out)-len("}")]}
	for i := range ev.Tags {
		if i == 0 {
			o.key("tags")
			o.put("{")
		}
		o.b = text.AppendString(AppendKey(o.b, ev.Tags[i].Key), ev.Tags[i].Value)
		if i == len(ev.Tags)-1 {
			o.put("}")
		}
	}
	for i := range ev.Contexts {
		if i == 0 {
			o.key("contexts")
			o.put("{")
		}
		o.b = append(AppendKey(o.b, ev.Contexts[i].Name), ev.Contexts[i].Fields...)
		if i == len(ev.Contexts)-1 {
			o.put("}")
		}
	}
	if len(ev.Breadcrumbs) == 0 {
		return o.close(), 0
	}
	return appendBreadcrumbs(o.b, ev.Breadcrumbs), len(o.b)
}

// AppendLogs appends the payload of a container of log records. Their attributes are not looked at again, as they were encoded before.
// It does not allocate where dst has room.
func AppendLogs(dst []byte, records []Log) []byte {
	dst = append(dst, `{"items":[`...)
	for i := range records {
		if i > 0 {
			dst = append(dst, ',')
		}
		l, o := &records[i], open(dst)
		o.float("timestamp", l.Timestamp)
		o.must("trace_id", l.TraceID)
		o.must("level", l.Level)
		o.integer("severity_number", l.Severity)
		o.must("body", l.Body)
		o.raw("attributes", l.Attributes)
		dst = o.close()
	}
	return append(dst, `]}`...)
}

func (ev *Event) tidy() {
	ev.Timestamp = finite(ev.Timestamp)
	kept := ev.Contexts[:0]
	for i := range ev.Contexts {
		c := &ev.Contexts[i]
		if c.Fields = c.Fields.tidy(notJSON); len(c.Fields) > 0 {
			kept = append(kept, *c)
		}
	}
	ev.Contexts = kept
	ev.tidyLists()
}

// tidyLists leaves empty lists out, which would be null otherwise, and types every mechanism: without a type servers lose
// the unhandled flag.
func (ev *Event) tidyLists() {
	if t := ev.Threads; t != nil {
		if len(t.Values) == 0 {
			ev.Threads = nil
		}
		for i := range t.Values {
			t.Values[i].Stacktrace = t.Values[i].Stacktrace.tidy()
		}
	}
	x := ev.Exception
	if x == nil {
		return
	}
	if len(x.Values) == 0 {
		ev.Exception = nil
	}
	for i := range x.Values {
		v := &x.Values[i]
		v.Stacktrace = v.Stacktrace.tidy()
		if v.Mechanism != nil && v.Mechanism.Type == "" {
			v.Mechanism.Type = "generic"
		}
	}
}

// tidy returns s, or nil where it has no frames.
func (s *Stacktrace) tidy() *Stacktrace {
	if s != nil && len(s.Frames) == 0 {
		return nil
	}
	return s
}

// tidy returns r without white space, or note if it is no JSON; an empty Raw stays empty. It does not allocate for a Raw that
// is fine as it is.
func (r Raw) tidy(note string) Raw {
	if len(r) == 0 {
		return nil
	}
	switch valid, spaced := inspect(r); {
	case !valid:
		return Raw(note)
	case spaced:
		return compact(r)
	}
	return r
}

func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}
