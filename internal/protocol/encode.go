package protocol

import (
	"errors"
	"math"

	"github.com/krunk-go/krunk/internal/text"
)

var errNil = errors.New("protocol: nothing to encode: the pointer is nil")

// Event appends ev as JSON. What servers refuse is repaired in ev first: a number that is none becomes 0, an empty list
// is left out. On an error dst is returned as it was. The breadcrumbs are the
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
	o := Object{out[:len(out)-len("}")]}
	if len(ev.Tags) > 0 {
		o.key("tags")
		b := text.Append(o.b, "{")
		for i := range ev.Tags {
			b = text.AppendString(AppendKey(b, ev.Tags[i].Key), ev.Tags[i].Value)
		}
		o.b = text.Append(b, "}")
	}
	if len(ev.Contexts) > 0 {
		o.key("contexts")
		b := text.Append(o.b, "{")
		for i := range ev.Contexts {
			b = text.Append(AppendKey(b, ev.Contexts[i].Name), view(ev.Contexts[i].Fields))
		}
		o.b = text.Append(b, "}")
	}
	if len(ev.Breadcrumbs) == 0 {
		return o.Close(), 0
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
		l, o := &records[i], Open(dst)
		o.Float("timestamp", l.Timestamp)
		o.Text("trace_id", l.TraceID)
		o.Text("level", l.Level)
		o.integer("severity_number", l.Severity)
		o.Text("body", l.Body)
		o.raw("attributes", l.Attributes)
		dst = o.Close()
	}
	return append(dst, `]}`...)
}

// tidy repairs a number that is none and leaves empty lists out, which would be null otherwise, and types every mechanism: without a type servers lose
// the unhandled flag.
func (ev *Event) tidy() {
	ev.Timestamp = finite(ev.Timestamp)
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

func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}
