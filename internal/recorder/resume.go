package recorder

import (
	"encoding/binary"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/internal/text"
)

// past is what a dead run has done with its records, as its block tells. It is zero for a run that lives.
type past struct {
	records []blackbox.Record                 // that are still to be read, oldest first
	logs    uint64                            // log records that end at this position or before stand in outbox or batch, or were counted
	events  uint64                            // the same of events
	knows   func(pos uint64, time int64) bool // HistoryBuffer.Knows
	scope   uint64                            // changes of the scope before this position are in it
	crashed bool                              // Crash has made its event
}

// Continue returns a recorder that goes on where the one of a dead run stopped, with that run's block, which nobody else uses from now
// on. Of cfg, what is the run's own is replaced: Block, Ring, Changes, History, Outbox, Module and Run. ended is when the run wrote last,
// in Unix nanoseconds; here is Fingerprint's. It has no Work: Replay does it. What the run did not tell of what it dropped
// is counted in cfg.Tally.
//
// The block is input from outside: what stands there and makes no sense is passed over.
func Continue(b *blackbox.Block, f *blackbox.Facts, ended int64, here stack.Build, cfg Config) *Recorder {
	start := b.Wall.Load()
	if start == 0 {
		start = f.Start
	}
	names := b.Names().List()
	run := Run{
		Start: func() int64 { return start }, SDKName: cfg.Run.SDKName, SDKVersion: f.Texts[blackbox.SDK], GoVersion: f.Texts[blackbox.GoVersion],
		Channel: func(i uint16) string {
			if int(i) < len(names) {
				return names[i]
			}
			return ""
		},
		Release: f.Texts[blackbox.Release], Dist: f.Texts[blackbox.Dist], Environment: f.Texts[blackbox.Environment], Install: f.Texts[blackbox.Install], TraceID: f.Trace, SpanID: f.Span,
		Moved:      uintptr(here.Base - b.Base.Load()),
		OtherBuild: !here.Same(b.Print.Load()),
	}
	outbox, found := b.OpenOutbox()
	hook, lines, settle := cfg.Hook, cfg.Lines, cfg.Settle
	cfg.Guard, cfg.Torn, cfg.Untell, cfg.Hold = nil, nil, nil, true // the first three are of the run that lives
	cfg.Block, cfg.Ring, cfg.Uses, cfg.Outbox, cfg.Run = b, nil, NewUses(0), outbox, run
	cfg.Hook, cfg.Lines, cfg.Settle = hook, lines, settle
	cfg.Changes.Inherit()
	cfg.Nested.Use()
	cfg.Attachments.Lose(b)
	cfg.Feedback.Use()
	cfg.History = b.OpenHistory(validCrumb)
	cfg.Stacks.MainModule, cfg.Module = f.Texts[blackbox.Module], nil
	if mem := b.At(blackbox.TallyRegion); len(mem) >= tally.Size {
		cfg.Tally.Inherit(tally.At(mem))
	}
	copies, state, upto := b.OpenSnapshots()
	cfg.Scope, cfg.Copy = max(cfg.Scope, len(state)), copies.Put
	r := New(cfg)
	r.began = time.Now().Add(-time.Duration(max(ended-start, 0)))
	r.past.knows, r.past.scope, r.past.events = r.cfg.History.Knows, upto, found.Events
	r.restore(state)
	r.prepare()
	r.events.clock.set()
	r.resumeLogs(max(b.Logs.Load(), found.Logs))
	done := b.Done.Load()
	for _, rec := range blackbox.Scan(b.At(blackbox.RingRegion), b.Key()) {
		if rec.End > done {
			r.past.records = append(r.past.records, rec)
		}
	}
	r.worked = r.turn // to open it took as long as a turn
	return r
}

// CopiesSize returns what blackbox.ScopeRegion takes for scopes of n bytes.
func CopiesSize(n int) int { return blackbox.SnapshotSize(n + 2 + maxPolicy) }

// restore takes over the scope of a dead run.
func (r *Recorder) restore(state []byte) {
	s := &r.scope
	if len(state) < 2 || len(state)-2 < int(state[1]) {
		return
	}
	policy := string(state[2 : 2+state[1]])
	r.cfg.Run.Policy = func() string { return policy }
	s.cut, s.policy = state[0] != 0, policy
	for b := state[2+state[1]:]; len(b) >= entryHead; {
		name := entryHead + int(b[1])
		end := name + int(binary.LittleEndian.Uint16(b[2:]))
		if end > len(b) {
			break
		}
		if sound(part(b[0]), b[entryHead:name], b[name:end]) {
			s.mem = append(s.mem, b[:end]...)
		}
		b = b[end:]
	}
	s.read()
}

// sound reports whether an entry of a scope can go out: another build, or nobody, may have written it.
func sound(p part, name, value []byte) bool {
	switch p {
	case tagPart:
		tag, ok := protocol.CleanTag(view(name), view(value))
		return ok && tag.Key == view(name) && tag.Value == view(value)
	case contextPart:
		return protocol.Valid(value)
	case tracePart:
		return len(value) == traceSize && text.IsHex(view(value))
	}
	return true
}

// resumeLogs takes over the batch of a dead run, whose records before that position stand in the outbox.
func (r *Recorder) resumeLogs(upto uint64) {
	batch, live, last := r.cfg.Block.OpenBatch(upto)
	l := &r.logs
	l.kept, l.last = *batch, moment{last.Us, int64(last.Sequence)}
	w := r.cfg.Block.Last.Load() // the newest items may be half overwritten
	if m := (moment{int64(w >> 10), int64(w & 1023)}); last.Upto <= upto && (m.us > l.last.us || m.us == l.last.us && m.sequence > l.last.sequence) {
		l.last = m
	}
	r.past.logs = upto
	for i := range live {
		r.past.logs = live[i].Upto
		if attributes, trace := l.traced(live[i].Attributes); l.len() < l.most && protocol.Valid(attributes) && text.IsHex(trace) {
			l.take(&live[i])
		}
	}
}

// Replay goes on as far as the outbox has room, and reports whether everything that the dead run has left stands there or was counted.
func (r *Recorder) Replay() bool {
	for r.retry() {
		r.yield()
		if len(r.past.records) == 0 {
			return r.flushLogs()
		}
		if !r.take(r.past.records[0]) {
			return false
		}
		r.past.records = r.past.records[1:]
	}
	return false
}

// Outbox returns where the envelopes wait.
func (r *Recorder) Outbox() *blackbox.Outbox { return r.cfg.Outbox }
