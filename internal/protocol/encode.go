package protocol

import (
	"errors"
	"math"
)

var errNil = errors.New("protocol: nothing to encode: the pointer is nil")

// notJSON stands in the place of a Raw that servers would refuse. Contexts and breadcrumb data must be objects: a bare
// string there is removed by the server, and the note with it.
const notJSON = `{"krunk":"value is not JSON"}`

// notAttributes is the same in the form of log attributes.
const notAttributes = `{"krunk.attributes":{"value":"value is not JSON","type":"string"}}`

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
	if err != nil || len(ev.Breadcrumbs) == 0 {
		return out, err
	}
	end := len(out) - len("}")
	e.Cut = end - len(dst)
	return appendBreadcrumbs(out[:end], ev.Breadcrumbs), nil
}

// Logs appends l as JSON, with the same repairs.
func (e *Encoder) Logs(dst []byte, l *Logs) ([]byte, error) {
	if l == nil {
		return dst, errNil
	}
	l.tidy()
	return e.encodeLogs(dst, l)
}

func (ev *Event) tidy() {
	ev.Timestamp = finite(ev.Timestamp)
	for k, v := range ev.Contexts {
		switch fixed, changed := v.tidy(notJSON); {
		case len(fixed) == 0:
			delete(ev.Contexts, k)
		case changed:
			ev.Contexts[k] = fixed
		}
	}
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

func (l *Logs) tidy() {
	if l.Items == nil {
		l.Items = []Log{}
	}
	for i := range l.Items {
		r := &l.Items[i]
		r.Timestamp = finite(r.Timestamp)
		r.Attributes, _ = r.Attributes.tidy(notAttributes)
	}
}

// tidy returns r without white space, or note if it is no JSON; an empty Raw stays empty. It does not allocate for a Raw that
// is fine as it is.
func (r Raw) tidy(note string) (fixed Raw, changed bool) {
	if len(r) == 0 {
		return nil, false
	}
	switch valid, spaced := inspect(r); {
	case !valid:
		return Raw(note), true
	case spaced:
		return compact(r), true
	}
	return r, false
}

func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}
