package protocol

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/text"
)

// lean appends the wire types without reflection. It is the encoder of the lean build, and everywhere else the oracle that
// go-json's output is compared with. It keeps one slice to sort the keys of maps in.
type lean struct{ keys []string }

// maxKeys is how many keys the slice may keep room for after a large map.
const maxKeys = 1024

// release forgets the keys, which are the caller's memory.
func (l *lean) release() {
	clear(l.keys)
	l.keys = l.keys[:0]
	if cap(l.keys) > maxKeys {
		l.keys = nil
	}
}

// event appends all of ev but its breadcrumbs.
func (l *lean) event(dst []byte, ev *Event) []byte {
	o := open(dst)
	o.must("event_id", ev.EventID)
	o.float("timestamp", ev.Timestamp)
	o.must("platform", ev.Platform)
	o.must("level", ev.Level)
	o.text("logger", ev.Logger)
	o.text("release", ev.Release)
	o.text("dist", ev.Dist)
	o.text("environment", ev.Environment)
	if ev.SDK != nil {
		o.key("sdk")
		o.b = ev.SDK.append(o.b)
	}
	if ev.User != nil {
		o.key("user")
		u := open(o.b)
		u.text("id", ev.User.ID)
		u.text("username", ev.User.Username)
		u.text("email", ev.User.Email)
		o.b = u.close()
	}
	l.tags(&o, ev.Tags)
	l.contexts(&o, ev.Contexts)
	if len(ev.Fingerprint) > 0 {
		o.key("fingerprint")
		o.b = list(o.b, ev.Fingerprint, func(b []byte, s *string) []byte { return text.AppendString(b, *s) })
	}
	if ev.LogEntry != nil {
		o.key("logentry")
		e := open(o.b)
		e.must("message", ev.LogEntry.Message)
		o.b = e.close()
	}
	interfaces(&o, ev)
	l.release()
	return o.close()
}

// interfaces appends the lists that Sentry calls interfaces, each in its object form.
func interfaces(o *object, ev *Event) {
	if ev.Exception != nil {
		o.key("exception")
		o.b = values(o.b, ev.Exception.Values, appendException)
	}
	if ev.Threads != nil {
		o.key("threads")
		o.b = values(o.b, ev.Threads.Values, appendThread)
	}
}

func appendCrumbs(dst []byte, b *Breadcrumbs) []byte { return values(dst, b.Values, appendBreadcrumb) }

func (s *SDK) append(dst []byte) []byte {
	o := open(dst)
	o.must("name", s.Name)
	o.must("version", s.Version)
	if s.Settings != nil {
		o.key("settings")
		in := open(o.b)
		in.text("infer_ip", s.Settings.InferIP)
		o.b = in.close()
	}
	return o.close()
}

// sortedKeys appends the keys of m in the order in which go-json writes them.
func sortedKeys[V any](dst []string, m map[string]V) []string {
	for k := range m {
		dst = append(dst, k)
	}
	text.SortKeys(dst)
	return dst
}

func (l *lean) tags(o *object, m map[string]string) {
	if len(m) == 0 {
		return
	}
	l.release()
	l.keys = sortedKeys(l.keys, m)
	o.key("tags")
	o.b = append(o.b, '{')
	for i, k := range l.keys {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = text.AppendString(append(text.AppendString(o.b, k), ':'), m[k])
	}
	o.b = append(o.b, '}')
}

func (l *lean) contexts(o *object, m map[string]Raw) {
	if len(m) == 0 {
		return
	}
	l.release()
	l.keys = sortedKeys(l.keys, m)
	o.key("contexts")
	o.b = append(o.b, '{')
	for i, k := range l.keys {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = append(text.AppendString(o.b, k), ':')
		if v := m[k]; len(v) > 0 {
			o.b = append(o.b, v...)
		} else {
			o.b = append(o.b, "null"...)
		}
	}
	o.b = append(o.b, '}')
}

// values appends a list in the form {"values":[…]}; a bare list is refused by some servers.
func values[T any](dst []byte, items []T, f func([]byte, *T) []byte) []byte {
	return append(list(append(dst, `{"values":`...), items, f), '}')
}

func list[T any](dst []byte, items []T, f func([]byte, *T) []byte) []byte {
	if items == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f(dst, &items[i])
	}
	return append(dst, ']')
}

func appendException(dst []byte, e *Exception) []byte {
	o := open(dst)
	o.text("type", e.Type)
	o.text("value", e.Value)
	o.text("module", e.Module)
	o.uint("thread_id", e.ThreadID)
	if m := e.Mechanism; m != nil {
		o.key("mechanism")
		in := open(o.b)
		in.must("type", m.Type)
		if m.Handled != nil {
			in.key("handled")
			in.b = strconv.AppendBool(in.b, *m.Handled)
		}
		in.text("source", m.Source)
		in.optional("exception_id", m.ExceptionID)
		in.optional("parent_id", m.ParentID)
		in.bool("is_exception_group", m.IsExceptionGroup)
		o.b = in.close()
	}
	if e.Stacktrace != nil {
		o.key("stacktrace")
		o.b = append(list(append(o.b, `{"frames":`...), e.Stacktrace.Frames, appendFrame), '}')
	}
	return o.close()
}

func appendFrame(dst []byte, f *Frame) []byte {
	o := open(dst)
	o.text("function", f.Function)
	o.text("module", f.Module)
	o.text("filename", f.Filename)
	o.text("abs_path", f.AbsPath)
	o.number("lineno", f.Lineno)
	o.key("in_app")
	o.b = strconv.AppendBool(o.b, f.InApp)
	o.text("instruction_addr", f.InstructionAddr)
	return o.close()
}

func appendThread(dst []byte, t *Thread) []byte {
	o := open(dst)
	o.key("id")
	o.b = strconv.AppendUint(o.b, t.ID, 10)
	o.text("name", t.Name)
	o.bool("crashed", t.Crashed)
	o.bool("current", t.Current)
	o.bool("main", t.Main)
	return o.close()
}

func appendBreadcrumb(dst []byte, c *Breadcrumb) []byte {
	o := open(dst)
	o.text("timestamp", c.Timestamp)
	o.text("type", c.Type)
	o.text("category", c.Category)
	o.text("level", c.Level)
	o.text("message", c.Message)
	o.raw("data", c.Data)
	return o.close()
}

func appendLogs(dst []byte, l *Logs) []byte {
	return append(list(append(dst, `{"items":`...), l.Items, appendLog), '}')
}

func appendLog(dst []byte, r *Log) []byte {
	o := open(dst)
	o.float("timestamp", r.Timestamp)
	o.must("trace_id", r.TraceID)
	o.must("level", r.Level)
	o.key("severity_number")
	o.b = strconv.AppendInt(o.b, int64(r.Severity), 10)
	o.must("body", r.Body)
	o.raw("attributes", r.Attributes)
	return o.close()
}
