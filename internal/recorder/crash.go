package recorder

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/text"
)

// Crash is a death as the runtime told it.
type Crash struct {
	Report *crashtext.Report
	ID     [16]byte // of its event: the same one however often it is made
	At     int64    // Unix nanoseconds: when the text was written, or was told
	Told   bool     // by the program, of a run that left no block: what stands in the recorder's is another run's
}

// SameDeath reports whether a text tells of the panic that the run itself had captured and raised again as it died: then the event that
// is in the ring or the outbox is the report of it, or there is none since the policy wanted none.
func SameDeath(e *blackbox.Ending, report *crashtext.Report) bool {
	g, gid := report.AtFault(), e.PanicGid.Load()
	decided := e.PanicHi.Load()|e.PanicLo.Load() != 0 || e.State.Load()&blackbox.StateRefused != 0
	return decided && gid != 0 && g != nil && g.ID == gid && report.Repanicked()
}

// Crash makes the event of a death, which no record tells of, and puts it into the outbox. It reports false when there is no room: then it
// is to be called again, and goes on. It may be called for a recorder of Continue, once Replay has reported true.
func (r *Recorder) Crash(c *Crash) (done bool) {
	if !r.retry() {
		return false
	}
	if r.past.crashed || r.cfg.Outbox.Has(c.ID) { // who went on before us may have died behind Put
		return true
	}
	head := record.Head{PPM: million}
	if r.cfg.Panics != nil {
		share, doubt, wanted := r.cfg.Panics()
		if head.PPM = share; doubt {
			head.Flags = record.FlagDoubt
		} else if !wanted {
			return true
		}
	}
	r.past.crashed, done = true, true
	defer func() {
		if recover() != nil {
			r.fault()
		}
	}()
	r.Events.Add(1)
	if use := r.cfg.Attachments.using(); use != nil {
		use.hold(r, c.ID, nil, true)
	}
	item, cut, err := r.events.crash(c, head, &r.scope, r.cfg.Block, r.cfg.History)
	r.putCrash(c, item, cut, 0, err)
	return r.pending == nil
}

// putCrash puts the event of a death into the outbox.
func (r *Recorder) putCrash(c *Crash, item []byte, cut int, upto uint64, err error) {
	if err != nil || len(item) > r.cfg.Outbox.Size()/4 {
		if err != errMissed {
			r.cfg.Tally.Add(because(err), protocol.CategoryError, 1)
		} else {
			r.Events.Add(^uint64(0)) // one less
		}
		return
	}
	r.budget.charge(r.elapsed(), len(item))
	r.put(blackbox.Meta{
		ID: c.ID, Kind: blackbox.Fatal, Category: uint8(protocol.CategoryError), Count: 1, Cut: uint32(cut), Start: r.events.clock.start, Upto: upto,
	}, item)
}

// crash returns the item of a death, as item does that of a record. The head tells for how many it stands, and whether it is in doubt.
func (e *events) crash(c *Crash, head record.Head, s *scope, b *blackbox.Block, history *blackbox.HistoryBuffer) (item []byte, cut int, err error) {
	defer e.forget()
	rec := record.Record{Head: head}
	rec.Time, rec.Level, rec.Type, rec.ID = c.At-e.clock.set(), levelFatal, record.PanicType, c.ID
	if !c.Told {
		rec.Frame, rec.Since = b.Frame.Load(), uint32(max(min((rec.Time-b.BeatAt.Load())/1000, 1<<32-1), 0))
	}
	g := c.Report.AtFault()
	if g != nil {
		rec.Gid = g.ID
		if g.Elided > 0 {
			rec.Flags |= record.FlagStack
		}
	}
	start := e.begin(&rec, s)
	e.event.Logger = e.run.Channel(0)
	e.fields = e.fields[:0]
	e.contexts(s)
	e.errs = appendPanics(e.errs[:0], c.Report)
	for i := range e.errs { // the type is what the text says, which may be what the game wrote
		e.errs[i].Type = e.scrub.Text(e.errs[i].Type)
	}
	e.crashed(g, c.kind())
	e.exception(&rec)
	for i := range e.errs {
		if m := &e.mechanisms[i]; i == 0 {
			m.Type = "auto.go.crash"
		} else {
			m.Source = "panic"
		}
	}
	e.others(c.Report.Goroutines, g)
	e.grouping(&rec)
	if err := e.settle(&rec, s); err != nil {
		return nil, 0, err
	}
	if !c.Told {
		e.breadcrumbs(history, start)
	}
	e.about(&rec, s)
	e.aboutCrash(c)
	return e.finish(&rec)
}

// appendPanics appends what killed the program, and the panics that it followed on.
func appendPanics(dst []record.Error, r *crashtext.Report) []record.Error {
	switch r.Kind {
	case crashtext.Panic:
	case crashtext.Signal: // "SIGABRT: abort"
		name, what := r.Message, r.Message
		if i := ascii.Index(name, ": "); i > 0 {
			name, what = name[:i], name[i+len(": "):]
		}
		return append(dst, record.Error{Type: name, Text: what})
	default:
		message := r.Message
		if message == "" {
			message = crashtext.NotRecorded
		}
		dst = append(dst, record.Error{Type: "fatal error", Text: message})
	}
	for i := len(r.Panics) - 1; i >= 0; i-- {
		v := r.Panics[i].Text
		if n := len(dst); n > 0 && dst[n-1].Text == v { // Go 1.24 and before: the same value again
			continue
		}
		dst = append(dst, record.Error{Type: panicType(v), Text: v, Parent: uint8(max(len(dst)-1, 0))})
	}
	if len(dst) == 0 {
		dst = append(dst, record.Error{Type: "panic", Text: r.Message})
	}
	return dst
}

// panicType returns the type that an event of the same panic has which the program captured itself, as far as the text tells it.
func panicType(v string) string {
	rest, known := strings.CutPrefix(v, "runtime error: ")
	for _, t := range [...]struct{ begins, name string }{
		{"index out of range", "runtime.boundsError"},
		{"slice bounds out of range", "runtime.boundsError"},
		{"assignment to entry in nil map", "runtime.plainError"},
		{"send on closed channel", "runtime.plainError"},
		{"close of closed channel", "runtime.plainError"},
		{"close of nil channel", "runtime.plainError"},
		{"makechan: size out of range", "runtime.plainError"},
		{"interface conversion: ", "*runtime.TypeAssertionError"},
		{"panic called with nil argument", "*runtime.PanicNilError"},
	} {
		if strings.HasPrefix(rest, t.begins) && (known || t.name != "runtime.boundsError") {
			return t.name
		}
	}
	if known {
		return "runtime.errorString"
	}
	if t := namedType(v); t != "" {
		return t
	}
	return "panic"
}

// namedType returns the type of a value that the runtime prints with it: main.myString("..."), main.myInt(7) and (main.T).
func namedType(v string) string {
	open := strings.IndexByte(v, '(')
	if n := len(v); open < 0 || n > protocol.MaxName || v[n-1] != ')' {
		return ""
	}
	name := v[:open]
	if open == 0 {
		name = v[1 : len(v)-1]
	}
	dot := false
	for i := range len(name) {
		switch c := name[i]; {
		case c == '.':
			dot = i > 0
		case c <= ' ' || c == '"' || c == '(' || c == ':':
			return ""
		}
	}
	if !dot {
		return ""
	}
	return name
}

// kind says how the stack is cut.
func (c *Crash) kind() stack.Kind {
	if c.Report.Repanicked() { // where the value came from says more than where it was raised again
		return stack.Panic
	}
	return stack.Text
}

// crashed makes the stack of the goroutine at fault that of the event.
func (e *events) crashed(g *crashtext.Goroutine, kind stack.Kind) {
	e.frames, e.stacktrace.Frames = e.frames[:0], e.stacktrace.Frames[:0]
	if g == nil {
		return
	}
	e.frames = texts(e.stacks, e.frames, g.Frames, kind)
	e.stacktrace.Frames = e.wire(e.stacktrace.Frames, e.frames)
}

// aboutCrash adds what the text of a death tells beside its reason.
func (e *events) aboutCrash(c *Crash) {
	r := c.Report
	b := append(e.raw, '{')
	for _, is := range [...]struct {
		name string
		set  bool
	}{{"inferred", r.Inferred || r.Kind == crashtext.Unknown}, {"in_c", r.InC}, {"text_truncated", r.Truncated}, {"unverified", c.Told}} {
		if is.set {
			b = append(protocol.AppendKey(b, is.name), "true"...)
		}
	}
	if r.Fault != "" {
		b = text.AppendString(protocol.AppendKey(b, "signal"), e.scrub.Text(r.Fault))
	}
	more := e.keep(append(b, '}'))
	own := &e.event.Contexts[len(e.event.Contexts)-1] // that of about
	own.Fields = e.keep(protocol.AppendMerged(e.raw, own.Fields, more))
}
