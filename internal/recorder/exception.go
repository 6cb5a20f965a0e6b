package recorder

import (
	"runtime"
	"strconv"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/stack"
)

// exception fills the list of exceptions: root cause first, the outermost one last, which carries the stack.
func (e *events) exception(rec *record.Record) {
	e.exceptions.Values = e.exceptions.Values[:0]
	e.errs = rec.Errors(e.errs[:0])
	if rec.Type == record.LogType {
		e.logEntry(rec)
	}
	for i := len(e.errs) - 1; i >= 0; i-- {
		err := &e.errs[i]
		e.exceptions.Values = append(e.exceptions.Values, protocol.Exception{
			Type: err.Type, Value: e.scrub.Text(err.Text), Mechanism: e.mechanism(rec, i),
		})
	}
	top := &e.exceptions.Values[len(e.exceptions.Values)-1]
	if len(e.stacktrace.Frames) > 0 {
		top.Stacktrace = &e.stacktrace
	}
	if rec.Gid != 0 {
		top.ThreadID = rec.Gid
		e.threads.Values = append(e.threads.Values[:0], protocol.Thread{ID: rec.Gid, Crashed: true, Current: true})
		if t := &e.threads.Values[0]; t.ID == 1 {
			t.Name, t.Main = "main", true
		}
		e.event.Threads = &e.threads
	}
}

// mechanism says how entry i was caught and where it hangs in the tree.
func (e *events) mechanism(rec *record.Record, i int) *protocol.Mechanism {
	m := &e.mechanisms[i]
	*m = protocol.Mechanism{Type: "chained"}
	if len(e.errs) > 1 {
		m.ExceptionID = &e.numbers[i]
	}
	err := &e.errs[i]
	switch {
	case i > 0:
		m.ParentID = &e.numbers[min(int(err.Parent), i-1)]
		m.Source = "unwrap"
		if err.Index >= record.Joined {
			m.Source = "errors[" + strconv.Itoa(int(err.Index)-1) + "]"
		}
	case rec.Type == record.PanicType:
		m.Type, m.Handled = "auto.go.panic", &e.handled[0]
	case rec.Type == record.LogType:
		m.Type, m.Handled = "auto.log.krunk", &e.handled[1]
	default:
		m.Type, m.Handled = "generic", &e.handled[1]
	}
	for j := i + 1; j < len(e.errs); j++ {
		if int(e.errs[j].Parent) == i && e.errs[j].Index >= record.Joined {
			m.IsExceptionGroup = true
		}
	}
	return m
}

// logEntry makes an event of a log record: its text, one exception named after the channel that carries the stack, and the
// grouping by channel, template and call site, never by the text of a value.
func (e *events) logEntry(rec *record.Record) {
	text := e.scrub.Text(rec.Text)
	if rec.Flags&record.FlagText != 0 {
		text = ending(text)
	}
	template := ""
	if rec.Flags&record.FlagPlain == 0 {
		template = text
	}
	if text == "" {
		text = "(no message)"
	}
	e.entry = protocol.LogEntry{Message: text}
	e.event.LogEntry = &e.entry
	e.errs = append(e.errs[:0], record.Error{Type: e.event.Logger, Text: text})
	e.event.Fingerprint = append(e.event.Fingerprint[:0], e.event.Logger, template, e.site())
}

// site names the place of the innermost frame: function, and the line counted from the function's first one, so that a
// change elsewhere in the file does not make a new issue.
func (e *events) site() string {
	if len(e.frames) == 0 {
		return "unknown"
	}
	f := &e.frames[len(e.frames)-1]
	line := f.Line
	if fn := runtime.FuncForPC(f.PC); fn != nil && fn.Name() == f.Func {
		if _, first := fn.FileLine(fn.Entry()); first > 0 && first <= line {
			line -= first
		}
	}
	return f.Module + "." + stack.CutClosure(f.Function) + "+" + strconv.Itoa(line)
}
