package recorder

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

// event encodes an event and puts it into the outbox. There a panic alone is fatal: it waits for the end of a rate limit and
// passes the kill switch, which a log record of that level must not.
func (r *Recorder) event(rec *record.Record, in *blackbox.Record) {
	panicked, kind := rec.Type == record.PanicType, in.Kind
	if !panicked {
		kind = min(kind, blackbox.Event)
	}
	r.Events.Add(1)
	if rec.Flags&record.FlagFeedback != 0 && panicked {
		r.death(rec, in)
		return
	}
	if use := r.cfg.Feedback; rec.Flags&record.FlagFeedback != 0 && use != nil {
		if use := (*wording)(atomic.LoadPointer(&use.used)); use != nil {
			use.put(r, in.Body, in.End)
			return
		}
	}
	r.logs.waits.body = nil // it lies where the event is made now
	known := r.events.stacks.Resolved()
	use := r.cfg.Attachments.using()
	if use != nil {
		use.hold(r, rec.ID, in.Body, panicked || rec.Level >= levelFatal || rec.Flags&record.FlagHang != 0)
	}
	item, cut, err := r.events.item(rec, &r.scope, r.cfg.History)
	r.worked += eventWork + len(item) + (r.events.stacks.Resolved()-known)*frameWork
	if err == errMissed {
		r.miss(rec)
		return
	}
	if err != nil || len(item) > r.cfg.Outbox.Size()/4 { // MaxBody may be less by now
		if r.giveUp(rec, because(err)); err == errMuted && r.cfg.Hook == nil { // it stays a breadcrumb like what was never raised
			rec.Flags = rec.Flags&^record.FlagID | record.FlagTrail
		}
		return
	}
	if len(item) > r.left() && !panicked {
		r.giveUp(rec, protocol.ReasonSampleRate)
		return
	}
	size := len(item)
	if use != nil {
		size = use.within(r, size, panicked)
	}
	r.budget.charge(r.elapsed(), size)
	r.put(blackbox.Meta{
		ID: rec.ID, Kind: kind, Category: uint8(protocol.CategoryError), Count: 1, Cut: uint32(cut), Start: r.events.clock.start, Upto: in.End,
		Open: r.cfg.Hold && rec.Flags&record.FlagHang != 0,
	}, item)
}

// because says for which reason an event could not be made.
func because(err error) protocol.Reason {
	switch err {
	case errDropped:
		return protocol.ReasonBeforeSend
	case errMuted:
		return protocol.ReasonIgnored
	}
	return protocol.ReasonInternalSDKError
}

// miss makes a record that was in doubt what it had been if its kind had been known when it was captured: history, if that. What it was to tell
// of, the next one of its kind tells.
func (r *Recorder) miss(rec *record.Record) {
	if rec.Suppressed > 0 {
		r.cfg.Untell(rec.Type, rec.Place, rec.Suppressed-1)
	}
	rec.Flags &^= record.FlagID
	r.Events.Add(^uint64(0)) // one less
}

// giveUp counts an event that does not go out. The next one of its kind tells of it.
func (r *Recorder) giveUp(rec *record.Record, why protocol.Reason) {
	r.cfg.Untell(rec.Type, rec.Place, rec.Suppressed)
	r.cfg.Tally.Add(why, protocol.CategoryError, 1)
}

// flushLogs puts the batch of log records into the outbox and reports whether all of it stands there or was counted. If not,
// reading has to wait until there is room.
func (r *Recorder) flushLogs() bool {
	r.logs.due = false
	for r.logs.put < r.logs.len() {
		if r.logs.stuck = !r.putLogs(); r.logs.stuck {
			return false
		}
	}
	r.logs.reset()
	return true
}

// putLogs puts the next records of the batch into the outbox. It reports false when there is no room, which there will be as long
// as the server answers. While it does not, log records must not stop events: they are counted as dropped.
func (r *Recorder) putLogs() bool {
	w := &r.logs.waits
	if w.body == nil && !r.makeLogs() {
		return true
	}
	switch {
	case r.cfg.Outbox.Put(w.meta, w.body):
		r.budget.charge(r.elapsed(), w.size)
		r.cfg.Wake()
	case !r.cfg.Away():
		return false
	default:
		r.dropLogs(protocol.ReasonBufferOverflow, int(w.meta.Count), w.size)
	}
	w.body = nil
	r.logs.put += int(w.meta.Count)
	r.putTo(w.meta.Upto)
	return true
}

// makeLogs makes an item of the next records of the batch: as many as an envelope may hold, or a half of a half where they are longer after
// all, or than what is left of the hour's budget. It reports false when they had to be counted as dropped.
func (r *Recorder) makeLogs() bool {
	longest, left := min(r.cfg.Outbox.MaxBody(), r.cfg.Item), r.left()
	from, n := r.logs.put, r.logs.len()-r.logs.put
	n = r.logs.fit(from, n, longest)
	item := r.logs.item(from, from+n)
	for n > 1 && (len(item) > longest || len(item) > left && left >= len(item)/n) {
		n /= 2
		item = r.logs.item(from, from+n)
	}
	r.worked += len(item) / 8 // copied rather than encoded
	switch {
	case len(item) > longest:
		r.dropLogs(protocol.ReasonBufferOverflow, n, len(item))
	case len(item) > left:
		r.dropLogs(protocol.ReasonSampleRate, n, len(item))
	default:
		w := &r.logs.waits
		w.size, w.meta = len(item), blackbox.Meta{
			Kind: blackbox.Log, Category: uint8(protocol.CategoryLogItem), Count: uint32(n), Start: r.logs.clock.start, Upto: r.logs.ends[from+n-1],
		}
		w.body = r.pack(&w.meta, item)
		return true
	}
	r.logs.put += n
	r.putTo(r.logs.ends[from+n-1])
	return false
}

// putTo says in the block that log records before that position stand in the outbox or were counted.
func (r *Recorder) putTo(upto uint64) {
	last := &r.logs.last
	r.cfg.Block.Last.Store(uint64(last.us)<<10 | uint64(last.sequence))
	r.cfg.Block.Stored()
	r.cfg.Block.Logs.Store(upto)
	r.cfg.Block.Stored()
}

// loseLogs gives the batch up after a panic that it may have caused.
func (r *Recorder) loseLogs() {
	if n := r.logs.len() - r.logs.put; n > 0 {
		r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryLogItem, uint64(n))
		r.putTo(r.logs.ends[len(r.logs.ends)-1])
	}
	r.logs.reset()
}

//go:noinline
func (r *Recorder) dropLogs(why protocol.Reason, n, size int) {
	r.cfg.Tally.Add(why, protocol.CategoryLogItem, uint64(n))
	r.cfg.Tally.Add(why, protocol.CategoryLogByte, uint64(size))
}

//go:noinline
func (r *Recorder) elapsed() time.Duration { return time.Since(r.began) }

// left returns how many bytes may still go out in this hour.
func (r *Recorder) left() int {
	return int(min(r.budget.left(r.elapsed(), r.cfg.Bytes()), math.MaxInt32))
}

// stalled reports whether something waits for room in the outbox, and reading with it.
func (r *Recorder) stalled() bool { return r.pending != nil || r.logs.stuck }

// retry puts what found no room before and reports whether reading may go on.
func (r *Recorder) retry() bool {
	if r.pending != nil {
		if !r.cfg.Outbox.PutWith(r.meta, r.pending, r.beside) {
			return false
		}
		r.pending = nil
		r.cfg.Wake()
	}
	if r.logs.stuck && !r.flushLogs() {
		return false
	}
	r.release()
	return true
}

// packWork is what compressing a byte of JSON and an item amount to, as parts of encoding a byte of it.
const packWork, packItem = 5, 1 << 10

// pack returns an item as it is to wait, compressed where that makes it shorter, and says so in m. It is valid until the next call.
func (r *Recorder) pack(m *blackbox.Meta, item []byte) []byte {
	c := r.cfg.Compress
	if c == nil {
		return item
	}
	packed, at, ok := c.Pack(r.packed[:0], item, int(m.Cut))
	r.packed = packed
	r.worked += len(item)/packWork + packItem
	if !ok {
		return item
	}
	m.Cut = uint32(at)
	m.Encoding, _, _ = c.Form()
	return packed
}

// put hands an event to the sender, or keeps it until there is room. The item is a buffer of events or of pack, which make no other one
// before this one has gone.
func (r *Recorder) put(m blackbox.Meta, item []byte) {
	item = r.pack(&m, item)
	more := &r.events.attached
	m.Pieces = uint8(more.pieces)
	if r.cfg.Outbox.PutWith(m, item, more.items) {
		r.cfg.Wake()
		return
	}
	r.meta, r.pending, r.beside = m, item, more.items
}
