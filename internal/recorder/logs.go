package recorder

import (
	"strings"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/text"
)

const (
	batchSize = 100             // log records in an envelope, the most that Sentry's documents allow
	batchWait = 5 * time.Second // after the first record of a batch
	leastLog  = 160             // bytes that a log record takes of the block, at the least
	logSize   = 160             // of an encoded log record beside its text and attributes
)

// logs collects log records until their batch is full. Their texts and attributes lie in the block, so views of it stay valid; a
// record that finds no room there ends the batch.
type logs struct {
	run     *Run
	items   *items
	batch   []protocol.Log
	ends    []uint64 // positions behind the records of the batch
	kept    blackbox.Batch
	common  []byte // attributes that every record has, without braces; immutable after init
	traceID string // of the run
	fields  []record.Field
	pcs     []uintptr
	frames  []stack.Frame
	stacks  *stack.Resolver
	scrub   *cleaner
	clock   *clock
	last    moment
	put     int  // records of the batch that are in the outbox or were counted
	stuck   bool // the others wait for room in the outbox
	waits   madeLogs
	due     bool // the batch has waited long enough
	most    int  // records of a batch, immutable after init
	full    bool // no further record has room in the batch
}

// madeLogs are the next records of a batch as an item.
type madeLogs struct {
	meta blackbox.Meta
	body []byte // nil: not made yet, or memory that was used for something else since
	size int    // of the item when it is not compressed
}

func (l *logs) init(cfg *Config, t *tools) {
	l.scrub, l.stacks, l.items, l.clock = t.scrub, t.stacks, t.items, t.clock
	l.run = &cfg.Run
	l.traceID = text.Hex(cfg.Run.TraceID[:])
	l.most = min(batchSize, max(l.kept.Size()/leastLog, 1))
	l.batch, l.ends = make([]protocol.Log, 0, l.most), make([]uint64, 0, l.most)
	var a protocol.LogAttrs
	a.Some("sentry.release", cfg.Run.Release)
	a.Some("sentry.environment", cfg.Run.Environment)
	a.Some("sentry.sdk.name", cfg.Run.SDKName)
	a.Some("sentry.sdk.version", cfg.Run.SDKVersion)
	l.common = a.B
}

func (l *logs) len() int      { return len(l.batch) }
func (l *logs) waiting() bool { return len(l.batch) > 0 }

// moment is the time of a log record: Unix microseconds, and how many records before it have the same ones.
type moment struct{ us, sequence int64 }

// after returns the moment of a record that comes next and was taken at ns.
func (m moment) after(ns int64) moment {
	us := behind(m.us*1000, ns) / 1000
	if us == m.us {
		return moment{us, min(m.sequence+1, 999)} // servers add it as nanoseconds
	}
	return moment{us, 0}
}

// add takes a record that ends at that position into the batch, or reports false if the batch has to go first. A record that is too
// long for the block has memory of its own and is the last one of its batch.
func (l *logs) add(rec *record.Record, end uint64, s *scope) bool {
	text := l.scrub.Text(rec.Text)
	if rec.Flags&record.FlagText != 0 {
		text = ending(text)
	}
	if !l.waiting() {
		l.clock.set() // once for a batch
	}
	at := l.last.after(l.clock.of(rec, l.clock.start))
	room := l.kept.Room()
	b := append(l.attributes(append(room, text...), rec, s, at), s.trace...)
	it := blackbox.Item{
		Upto: end, Us: at.us, Sequence: uint16(at.sequence), Level: rec.Level, Text: b[:len(text):len(text)], Attributes: b[len(text):len(b):len(b)],
	}
	if l.full = len(b) > cap(room); !l.full {
		l.kept.Add(&it, b, len(text))
	} else if l.waiting() {
		return false
	}
	l.take(&it)
	return true
}

// traced returns an item's attributes, and the trace that stands behind them where it is not the run's.
func (l *logs) traced(b []byte) (attributes []byte, trace string) {
	if n := len(b) - traceSize; n > 0 && b[len(b)-1] != '}' {
		return b[:n:n], view(b[n:])
	}
	return b, l.traceID
}

// take takes an item into the batch.
func (l *logs) take(it *blackbox.Item) {
	attributes, trace := l.traced(it.Attributes)
	level, severity := protocol.LogLevel(int(it.Level))
	l.last, l.ends = moment{it.Us, int64(it.Sequence)}, append(l.ends, it.Upto)
	l.batch = append(l.batch, protocol.Log{
		Timestamp: float64(it.Us) / 1e6, TraceID: trace, Level: level, Severity: severity, Body: view(it.Text), Attributes: attributes,
	})
}

// attributes appends those of the game first, as readers show the first ones, then its tags, then what Krunk has to say.
func (l *logs) attributes(b []byte, rec *record.Record, s *scope, at moment) []byte {
	l.pcs = l.run.rebase(rec.PCs(l.pcs[:0]))
	taken := func(key string) bool {
		switch {
		case strings.HasPrefix(key, "sentry."), strings.HasPrefix(key, "krunk."):
			return true
		case strings.HasPrefix(key, "code."):
			return len(l.pcs) > 0
		}
		return key == "user.id" && s.user.ID != ""
	}
	l.fields = appendFields(l.fields[:0], rec, l.scrub, taken)
	template := len(l.fields) > 0 && rec.Flags&record.FlagPlain == 0
	for _, t := range s.tags {
		name := t.Key
		if taken(name) {
			name += "_"
		}
		if fieldNamed(l.fields, name) < 0 { // what the record says itself wins
			l.fields = appendField(l.fields, &record.Field{Key: name, Kind: record.String, Str: t.Value})
		}
	}
	a := protocol.LogAttrs{B: text.Append(b, "{")}
	for i := range l.fields {
		attribute(&a, &l.fields[i])
	}
	a.Text("krunk.channel", l.run.Channel(rec.Channel))
	a.Some("user.id", s.user.ID)
	a.Count("krunk.frame", int64(rec.Frame))
	if rec.Flags&record.FlagID != 0 {
		a.Text("krunk.event_id", text.Hex(rec.ID[:]))
	}
	a.Count("krunk.attributes_left_out", int64(rec.LeftOut))
	if rec.Flags&record.FlagTime != 0 {
		a.Bool("krunk.time_cut", true)
	}
	if template {
		a.Text("sentry.message.template", l.scrub.Text(rec.Text))
	}
	a.Count("sentry.timestamp.sequence", at.sequence)
	l.sampled(&a, rec)
	l.source(&a, rec)
	if len(l.common) > 0 {
		a.B = text.Append(a.B, ",", view(l.common))
	}
	return text.Append(a.B, "}")
}

// sampled says which policy let the record through and how many records it stands for, so that the sum of krunk.weight is the
// number of all, and where a policy is in force no record may lack it. One that was picked by name stands for itself.
func (l *logs) sampled(a *protocol.LogAttrs, rec *record.Record) {
	policy := l.run.Policy()
	a.Some("krunk.policy", policy)
	weight, forced := gate.Weight(rec.PPM)
	if forced {
		a.Text("krunk.sampled", "forced")
	}
	if weight != 1 || policy != "" {
		a.Float("krunk.weight", weight)
	}
}

// source adds the call site where a bridge knew it.
func (l *logs) source(a *protocol.LogAttrs, rec *record.Record) {
	if len(l.pcs) == 0 {
		return
	}
	kind := stack.Call
	if rec.Flags&record.FlagForeign != 0 {
		kind = stack.Bridge
	}
	l.frames = l.stacks.Frames(l.frames[:0], l.pcs, kind)
	if len(l.frames) == 0 {
		return
	}
	f := &l.frames[len(l.frames)-1]
	a.Text("code.file.path", f.Filename)
	a.Int("code.line.number", int64(f.Line))
	a.Text("code.function.name", f.Func)
}

// item returns the envelope item of the records from..to. The bytes are valid until the next call.
func (l *logs) item(from, to int) []byte { return l.items.logs(l.batch[from:to]) }

// fit returns how many of the n records from there on an item of that length may hold, one at the least, as far as that can be told without
// making it.
func (l *logs) fit(from, n, longest int) int {
	size := itemHead
	for i := range n {
		r := &l.batch[from+i]
		if size += logSize + len(r.Body) + len(r.Attributes); size > longest {
			return max(i, 1)
		}
	}
	return n
}

// reset empties the batch.
func (l *logs) reset() {
	clear(l.batch)
	l.batch, l.ends = l.batch[:0], l.ends[:0]
	l.put, l.stuck, l.waits.body = 0, false, nil
	l.kept.Reset()
}

//go:noinline
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
