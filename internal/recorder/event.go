package recorder

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/text"
)

// events builds the payload of events out of memory that it uses again for the next one.
type events struct {
	run     *Run
	items   *items
	stacks  *stack.Resolver
	scrub   *cleaner
	clock   *clock
	hook    *Hook               // nil: nobody looks at them
	looked  [16]byte            // id of the event that the hook has looked at last
	left    string              // text that it has left of it, "" if that is what it was
	dropped bool                // it has dropped it
	static  [5]protocol.Context // contexts that stay the same, but for the first one, the start of the run as the clock tells it, and the last, the trace
	started int64               // in seconds, as static has it
	limit   func() int          // bytes of an encoded event

	event      protocol.Event
	exceptions protocol.Exceptions
	stacktrace protocol.Stacktrace
	threads    protocol.Threads
	pulled     unsafe.Pointer // *pulled, atomic; the flight log that comes next
	most       int            // bytes of the event in hand, 0 for no limit of its own
	beside     unsafe.Pointer // *beside, atomic; of the next hang, nil if there is nothing
	attached   attached
	crumbs     []protocol.Raw
	seconds    stamp
	paths      [32]knownPath // of frames, by where the raw one lies
	entry      protocol.LogEntry
	sdk        protocol.SDK
	settings   protocol.SDKSettings
	mechanisms [record.MaxErrors + 1]protocol.Mechanism // one more for a log record's own
	numbers    [record.MaxErrors + 1]int
	handled    [2]bool // false and true, for pointers
	fields     []record.Field
	errs       []record.Error
	pcs        []uintptr
	frames     []stack.Frame
	raw        []byte   // contexts and breadcrumb data of this event
	shortened  []string // contexts of this event in which something is
	slow       uint32   // frames that were slow since the last event
	code       [8]byte
	kind       [8]byte
	judge      func(e *gate.Event, channel string) gate.Fate // Config.Settle
	asked      gate.Event                                    // about which it is asked
	id         [32]byte
}

func (e *events) init(cfg *Config, t *tools) {
	e.scrub, e.stacks, e.items, e.clock = t.scrub, t.stacks, t.items, t.clock
	e.run, e.hook, e.judge = &cfg.Run, cfg.Hook, cfg.Settle
	e.limit = func() int {
		limit := min(cfg.Outbox.MaxBody()-256-len(e.attached.items), cfg.Item-64, protocol.MaxEvent)
		if e.most > 0 {
			limit = min(limit, e.most)
		}
		return limit
	}
	e.sdk = protocol.SDK{Name: cfg.Run.SDKName, Version: cfg.Run.SDKVersion, Settings: &e.settings}
	e.settings.InferIP = "never"
	e.handled[1] = true
	for i := range e.numbers {
		e.numbers[i] = i
	}
	e.static = contextsOf(&cfg.Run)
}

// GoVersion returns the version of Go that this program was built with.
func GoVersion() string { return runtime.Version() }

// contextsOf returns the contexts that stay the same for a run, behind a place for the app.
func contextsOf(run *Run) [5]protocol.Context {
	// A model that no phone table renames; what the device is really called, the game says with SetContext.
	goVersion := run.GoVersion
	if goVersion == "" {
		goVersion = runtime.Version()
	}
	return [...]protocol.Context{
		{Name: "app"},
		{Name: "device", Fields: pairs(runtime.NumCPU(), "name", runtime.GOOS+" "+runtime.GOARCH, "arch", runtime.GOARCH)},
		{Name: "os", Fields: pairs(0, "name", runtime.GOOS)},
		{Name: "runtime", Fields: pairs(0, "name", "go", "version", goVersion)},
		{Name: "trace", Fields: pairs(0, "trace_id", text.Hex(run.TraceID[:]), "span_id", text.Hex(run.SpanID[:]))},
	}
}

// pairs returns an object of names and their texts, and of how many processors there are, where any are.
//
//go:noinline
func pairs(processors int, list ...string) []byte {
	o := protocol.Open(nil)
	for i := 0; i < len(list); i += 2 {
		o.Text(list[i], list[i+1])
	}
	if processors > 0 {
		o.Uint("processor_count", uint64(processors))
	}
	return o.Close()
}

// item returns the envelope item of an event and where in it the breadcrumbs begin, 0 if there are none. The bytes are valid
// until the next call.
func (e *events) item(rec *record.Record, s *scope, history *blackbox.HistoryBuffer) (item []byte, cut int, err error) {
	defer e.forget()
	pulled := e.pull(rec.ID)
	start := e.begin(rec, s)
	ev := &e.event
	ev.Logger = e.run.Channel(rec.Channel)
	e.fields = appendFields(e.fields[:0], rec, e.scrub, takenInContext)
	e.errs = rec.Errors(e.errs[:0])
	e.pcs = rec.PCs(e.pcs[:0])
	if rec.Type == record.ErrorType && len(e.errs) > 0 && len(e.errs[0].PCs) > 0 { // where it was made says more than where it was reported
		e.pcs = append(e.pcs[:0], e.errs[0].PCs...)
	}
	e.rebase()
	if len(e.pcs) > framesOf(e.limit()) {
		e.pcs = withoutMiddle(e.pcs, framesOf(e.limit()))
		rec.Flags |= record.FlagStack
	}
	e.contexts(s)
	e.stack(rec)
	more := e.besides(rec)
	if pulled != nil {
		more = pulled
	}
	e.exception(rec)
	if more != nil {
		more.threads(e)
	}
	e.grouping(rec)
	if err := e.settle(rec, s); err != nil {
		return nil, 0, err
	}
	e.breadcrumbs(history, start)
	e.about(rec, s)
	return e.finish(rec)
}

// finish encodes the event, unless the game's hook drops it.
func (e *events) finish(rec *record.Record) (item []byte, cut int, err error) {
	if e.hook != nil && !e.hook.look(e, rec.ID, rec.Level, rec.Type) {
		return nil, 0, errDropped
	}
	e.event.Trim()
	return e.items.event(&e.event, e.limit())
}

// besides takes what the event of a hang tells beside its record, nil if there is nothing.
func (e *events) besides(rec *record.Record) *beside {
	if rec.Flags&record.FlagHang == 0 {
		return nil
	}
	more := (*beside)(atomic.SwapPointer(&e.beside, nil))
	if more == nil {
		return nil
	}
	if goroutine, cut, ok := more.stack(e); ok {
		rec.Gid = goroutine
		if rec.Flags &^= record.FlagStack; cut {
			rec.Flags |= record.FlagStack
		}
	}
	return more
}

// begin starts an event with what every one has, and returns the Unix nanoseconds of the run's start.
func (e *events) begin(rec *record.Record, s *scope) (start int64) {
	e.reset()
	e.asked.Suppressed = rec.Suppressed
	start = e.clock.set()
	ev := &e.event
	ev.EventID = view(text.AppendHex(e.id[:0], rec.ID[:]))
	ev.Timestamp = seconds(e.clock.of(rec, start))
	ev.Level = protocol.EventLevel(int(rec.Level))
	e.tag("support_code", e.short(rec.ID))
	if s.user.ID+s.user.Username+s.user.Email != "" {
		ev.User = &s.user
	}
	if app := &e.static[0]; app.Fields == nil || start/1e9 != e.started {
		e.started = start / 1e9
		app.Fields = pairs(0, "app_start_time", string(text.AppendTime(nil, max(start, 0), 0)))
	}
	return start
}

// rebase makes the addresses of another run those of this program.
func (e *events) rebase() {
	e.pcs = e.run.rebase(e.pcs)
	for i := range e.errs {
		e.errs[i].PCs = e.run.rebase(e.errs[i].PCs)
	}
}

// forget lets go of the texts of an event that was encoded.
func (e *events) forget() {
	e.reset()
	e.most, e.attached.use, e.attached.body = 0, nil, nil
	e.entry = protocol.LogEntry{}
	clear(e.crumbs)
	clear(e.exceptions.Values)
	clear(e.fields)
	clear(e.errs)
}

// rest gives back what a large event has left behind.
func (e *events) rest() {
	if cap(e.raw) > calm {
		e.raw = nil
	}
	if cap(e.frames) > calmFrames {
		e.frames, e.stacktrace.Frames = nil, nil
	}
	if cap(e.attached.items) > calm {
		e.attached.items = nil
	}
}

// calmFrames is the length of a stack whose memory is kept while the recorder sleeps.
const calmFrames = 64

// reset empties the event.
func (e *events) reset() {
	e.raw, e.shortened = e.raw[:0], e.shortened[:0]
	tags, contexts := e.event.Tags, e.event.Contexts
	clear(tags)
	clear(contexts)
	run := e.run
	e.event = protocol.Event{
		Platform: "go", SDK: &e.sdk, Tags: tags[:0], Contexts: contexts[:0], Exception: &e.exceptions,
		Release: run.Release, Dist: run.Dist, Environment: run.Environment,
	}
}

// sampled says with which probability an event like this one is sent, so that totals can be told from what arrived: the sum
// of 1/p. One that was picked by name stands for nobody else.
func (e *events) sampled(rec *record.Record) {
	if v := e.run.Policy(); v != "" {
		e.tag("krunk.policy", v)
	}
	weight, forced := gate.Weight(rec.PPM)
	if forced {
		e.tag("krunk.sampled", "forced")
	}
	if weight > 1 {
		p := strconv.FormatFloat(1/weight, 'g', 6, 64)
		e.tag("krunk.p", p)
		e.event.AddContext("error_sampling", e.keep(text.Append(e.raw, `{"client_sample_rate":`, p, "}")))
	}
}

// tag adds a tag.
//
//go:noinline
func (e *events) tag(key, value string) {
	e.event.Tags = append(e.event.Tags, protocol.Tag{Key: key, Value: value})
}

const million = 1_000_000

// contexts adds the fixed ones, those of the game and the attributes. A game can add to the device or the app context, and what
// it says there wins.
func (e *events) contexts(s *scope) {
	first := len(e.event.Contexts)
	e.event.Contexts = append(e.event.Contexts, e.static[:]...)
	if s.merge != nil {
		s.merge(e, first, s)
	}
	if len(e.fields) > 0 {
		all := e.keep(object(e.raw, e.fields, contextDepth))
		e.event.AddContext("attributes", e.fitted("attributes", all, protocol.MaxContext-64))
	}
}

// merge adds the contexts of the game. The fixed ones begin at first.
func (e *events) merge(first int, s *scope) {
	if s.trace != "" {
		own := &e.event.Contexts[first+len(e.static)-1]
		own.Fields = e.keep(protocol.AppendMerged(e.raw, own.Fields, pairs(0, "trace_id", s.trace)))
	}
	for i := range s.contexts {
		name, fields := s.contexts[i].Name, s.contexts[i].Fields
		name = protocol.ContextName(name, fields)
		at := protocol.ContextNamed(e.event.Contexts, name)
		if at >= first && at < first+len(e.static) {
			fields = e.keep(protocol.AppendMerged(e.raw, e.static[at-first].Fields, fields))
		} else {
			for ; at >= 0; at = protocol.ContextNamed(e.event.Contexts, name) { // "trace" goes out as "trace_", which may be there as well
				name += "_"
			}
			at = len(e.event.Contexts)
			e.event.AddContext(name, nil)
		}
		e.event.Contexts[at].Fields = e.fitted(name, fields, protocol.MaxContext-len(name)-32) // servers add a member "type"
	}
}

// fitted returns the object o in at most max bytes and takes note if that needed cuts.
func (e *events) fitted(name string, o protocol.Raw, max int) protocol.Raw {
	if len(o) <= max {
		return o
	}
	e.shorten(name)
	return e.keep(protocol.AppendShrunk(e.raw, o, max))
}

// shorten takes note that something of a context was cut.
//
//go:noinline
func (e *events) shorten(name string) {
	if n := len(e.shortened); n == 0 || e.shortened[n-1] != name {
		e.shortened = append(e.shortened, name)
	}
}

// about adds the context with what Krunk has to say about the event itself.
func (e *events) about(rec *record.Record, s *scope) {
	o := protocol.Open(e.raw)
	o.Text("channel", e.event.Logger)
	if rec.Frame > 0 {
		o.Uint("frame", uint64(rec.Frame))
		o.Float("frame_ms", float64(rec.Since)/1e3)
	}
	o.Uint("suppressed", uint64(e.asked.Suppressed))
	o.Uint("slow_frames", uint64(e.slow))
	e.slow = 0
	o.Flag("scope_cut", s.cut)
	if e.run.OtherBuild && len(e.frames) == 0 {
		o.Text("stack", "other build")
	}
	o.Uint("attributes_left_out", uint64(rec.LeftOut))
	o.Texts("attachments_left_out", e.attached.failed)
	o.Texts("rings", e.attached.rings)
	o.Texts("shortened", e.shortened)
	for _, cut := range [...]struct {
		flag uint16
		what string
	}{{record.FlagText, "text_cut"}, {record.FlagStack, "stack_cut"}, {record.FlagErrors, "errors_cut"}, {record.FlagTime, "time_cut"}} {
		o.Flag(cut.what, rec.Flags&cut.flag != 0)
	}
	e.event.AddContext("krunk", e.keep(o.Close()))
}

// keep takes what was appended to e.raw and returns it. Growing moves later values only, so earlier views stay valid.
//
//go:noinline
func (e *events) keep(b []byte) protocol.Raw {
	v := b[len(e.raw):len(b):len(b)]
	e.raw = b
	return v
}

// stack symbolises. The frames hold strings of the program's tables, so they stay valid.
func (e *events) stack(rec *record.Record) {
	kind := stack.Call
	switch {
	case rec.Type == record.PanicType:
		kind = stack.Panic
	case rec.Flags&record.FlagForeign != 0:
		kind = stack.Bridge
	}
	if n := len(e.pcs)*5/4 + 4; cap(e.frames) < n {
		e.frames, e.stacktrace.Frames = make([]stack.Frame, 0, n), make([]protocol.Frame, 0, n)
	}
	e.frames = e.stacks.Frames(e.frames[:0], e.pcs, kind)
	e.stacktrace.Frames = e.wire(e.stacktrace.Frames[:0], e.frames)
}

// wire appends frames as they travel.
func (e *events) wire(dst []protocol.Frame, frames []stack.Frame) []protocol.Frame {
	for i := range frames {
		f := &frames[i]
		dst = append(dst, protocol.Frame{
			Function: f.Function, Module: f.Module, Filename: f.Filename, AbsPath: e.path(f.AbsPath), Lineno: f.Line, InApp: f.InApp,
		})
	}
	return dst
}

// knownPath is a path that was looked at.
type knownPath struct {
	_          [0]func() // no code to compare it
	raw, clean string
}

// path returns a path without what is private. The paths of frames are texts of the program's tables, and few: the same ones come with
// each event.
func (e *events) path(raw string) string {
	known := &e.paths[(uintptr(unsafe.Pointer(unsafe.StringData(raw)))>>3^uintptr(len(raw)))%uintptr(len(e.paths))]
	if unsafe.StringData(known.raw) != unsafe.StringData(raw) || len(known.raw) != len(raw) {
		known.raw, known.clean = raw, e.scrub.Path(raw)
	}
	return known.clean
}

// withoutMiddle shortens a stack. A fifth of what stays is from the outer end.
func withoutMiddle(pcs []uintptr, most int) []uintptr {
	outer := pcs[len(pcs)-most/5:]
	return append(pcs[:most-len(outer)], outer...)
}

// short returns the code that EventID.Short shows to the player.
func (e *events) short(id [16]byte) string {
	code := ident.AppendShort(e.code[:0], id)
	return unsafe.String(&code[0], len(code))
}

// seconds returns Unix seconds with a resolution of a microsecond.
func seconds(ns int64) float64 { return float64(ns/1000) / 1e6 }
