package recorder

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/text"
)

// exception fills the list of exceptions: root cause first, the outermost one last. That one carries the event's stack, another
// one the stack of the place where it was made, if it keeps one.
func (e *events) exception(rec *record.Record) {
	e.exceptions.Values = e.exceptions.Values[:0]
	if rec.Type == record.LogType {
		e.logEntry(rec)
	} else if len(e.errs) == 0 { // no call of the game's makes such a record
		e.errs = append(e.errs, record.Error{})
	}
	for i := len(e.errs) - 1; i >= 0; i-- {
		x := protocol.Exception{Type: title(e.errs, i), Value: e.scrub.Text(e.errs[i].Text), Mechanism: e.mechanism(rec, i)}
		if i == 0 && rec.Flags&record.FlagHang != 0 {
			x.Type = "AppHang"
		}
		if pcs := e.errs[i].PCs; i > 0 && len(pcs) > 0 {
			x.Stacktrace = &protocol.Stacktrace{Frames: e.wire(nil, e.stacks.Frames(nil, pcs, stack.Call))}
		}
		e.exceptions.Values = append(e.exceptions.Values, x)
	}
	top := &e.exceptions.Values[len(e.exceptions.Values)-1]
	if len(e.stacktrace.Frames) > 0 {
		top.Stacktrace = &e.stacktrace
	}
	if rec.Gid != 0 {
		top.ThreadID = rec.Gid
		e.threads.Values = append(e.threads.Values[:0], protocol.Thread{ID: rec.Gid, Crashed: rec.Type == record.PanicType, Current: true})
		if t := &e.threads.Values[0]; t.ID == 1 {
			t.Name, t.Main = "main", true
		}
		e.event.Threads = &e.threads
	}
}

// title returns the type of error i as a reader needs it: the types by which Go wraps, joins and makes errors of a text say
// nothing, so the innermost one of its chain that has a name of its own stands for them.
func title(errs []record.Error, i int) string {
	if says(errs[i].Type) {
		return errs[i].Type
	}
	if t := innermost(errs, i); t != "" {
		return t
	}
	return "error"
}

func innermost(errs []record.Error, i int) string {
	for j := i + 1; j < len(errs); j++ {
		if int(errs[j].Parent) == i {
			if t := innermost(errs, j); t != "" {
				return t
			}
		}
	}
	if says(errs[i].Type) {
		return errs[i].Type
	}
	return ""
}

// says reports whether the name of an error's type means something. Package errors may be github.com/pkg/errors as well.
//
//go:noinline
func says(typ string) bool {
	switch typ {
	case "", "*fmt.wrapError", "*fmt.wrapErrors", "*errors.errorString", "*errors.joinError",
		"*errors.fundamental", "*errors.withStack", "*errors.withMessage":
		return false
	}
	return true
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
		if rec.Type == record.LogType && i == 1 {
			m.Source = "error" // the attribute
		} else if err.Index >= record.Joined {
			m.Source = "errors[" + strconv.Itoa(int(err.Index)-1) + "]"
		}
	case rec.Type == record.PanicType:
		m.Type, m.Handled = "auto.go.panic", &e.handled[0]
	case rec.Type == record.LogType:
		m.Type, m.Handled = "auto.log.krunk", &e.handled[1]
	case rec.Flags&record.FlagHang != 0:
		m.Type, m.Handled, m.Synthetic = "AppHang", &e.handled[1], true
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

// logEntry makes an event of a log record: its text, and one exception named after the channel that carries the stack, above
// the chain of the error among its attributes.
func (e *events) logEntry(rec *record.Record) {
	text := e.message(rec)
	if blank(text) {
		text = "(no message)"
	}
	e.entry = protocol.LogEntry{Message: text}
	e.event.LogEntry = &e.entry
	e.errs = append(e.errs, record.Error{}) // slices.Insert is 2 KiB
	copy(e.errs[1:], e.errs)
	e.errs[0] = record.Error{Type: e.event.Logger, Text: text}
	for i := range e.errs[1:] {
		if e.errs[1+i].Parent++; i == 0 {
			e.errs[1].Parent = 0
		}
	}
}

// blank reports whether a reader sees nothing of s.
func blank(s string) bool { return text.TrimSpace(s) == "" }

// message returns the text of a log record.
func (e *events) message(rec *record.Record) string {
	text := e.scrub.Text(rec.Text)
	if rec.Flags&record.FlagText != 0 {
		text = ending(text)
	}
	return text
}

// grouping says which events are one issue, where that is not the server's own rule alone: what the game said; for a log record
// its channel, template and call site, never the text of a value; for an error or a panic the game's function beside the
// server's rule, which on some servers looks at type and text only.
func (e *events) grouping(rec *record.Record) {
	group := e.event.Fingerprint[:0]
	switch top := stack.Top(e.frames); {
	case groupOf(rec) != "":
		group = append(group, e.scrub.Text(groupOf(rec)))
	case rec.Type == record.LogType:
		template := ""
		if rec.Flags&record.FlagPlain == 0 {
			template = e.message(rec)
		}
		group = append(group, e.event.Logger, template, e.site(rec))
	case top != nil && top.InApp:
		group = append(group, "{{ default }}", top.Module+"."+stack.CutClosure(top.Function))
	}
	e.event.Fingerprint = group
}

// groupOf returns what the game said an event is grouped by.
func groupOf(rec *record.Record) (group string) {
	fields := rec.Fields()
	for f, ok := fields.Next(); ok; f, ok = fields.Next() {
		if f.Kind&^record.Cut == record.Group {
			group = f.Str
		}
	}
	return group
}

// site names the place of the innermost frame: function, and the line counted from the function's first one, so that a change
// elsewhere in the file does not make a new issue. Closures keep their numbers: two of one function are two places. A text
// without a template that comes from no place of its own, such as a line that a child process wrote, is named after itself.
func (e *events) site(rec *record.Record) string {
	var f *stack.Frame
	if len(e.frames) > 0 {
		f = &e.frames[len(e.frames)-1]
	}
	plain := rec.Flags&record.FlagPlain != 0
	if plain && (f == nil || !f.Place()) {
		return text.Shape(e.message(rec), protocol.MaxTag)
	}
	if f == nil {
		return "unknown"
	}
	line := f.Line - f.First
	if f.First == 0 && !plain { // of a function that was inlined only the line in the file is known
		line = 0
	}
	return f.Module + "." + f.Function + "+" + strconv.Itoa(line)
}
