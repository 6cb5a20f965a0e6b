package recorder

import (
	"bytes"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

// event encodes an event and puts it into the outbox. There a panic alone is fatal: it waits for the end of a rate limit and
// passes the kill switch, which a log record of that level must not.
func (r *Recorder) event(rec *record.Record, kind blackbox.Kind) {
	panicked, kinds := rec.Type == record.PanicType, &r.repeats
	if panicked {
		kinds = &r.panics
	} else {
		kind = min(kind, blackbox.Event)
	}
	suppressed, ok := kinds.pass(rec)
	if !ok {
		r.Suppressed.Add(1)
		r.cfg.Tally.Add(protocol.ReasonRateLimitBackoff, protocol.CategoryError, 1)
		return
	}
	r.Events.Add(1)
	item, cut, err := r.events.item(rec, &r.scope, r.cfg.History, suppressed)
	if err != nil || len(item) > r.cfg.Outbox.MaxBody() {
		r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryError, 1)
		return
	}
	if left := r.budget.left(r.elapsed(), r.cfg.Bytes()); left < int64(len(item)) && !panicked {
		kinds.back(rec, suppressed)
		r.cfg.Tally.Add(protocol.ReasonRateLimitBackoff, protocol.CategoryError, 1)
		return
	}
	r.budget.charge(r.elapsed(), len(item))
	r.put(blackbox.Meta{ID: rec.ID, Kind: kind, Category: uint8(protocol.CategoryError), Count: 1, Cut: uint32(cut)}, item)
}

// flushLogs puts the batch of log records into the outbox, in halves where the encoder made it longer than an envelope may be.
func (r *Recorder) flushLogs() {
	r.logs.due = false
	if n := r.logs.len(); n > 0 {
		r.putLogs(0, n)
		r.logs.reset()
	}
}

// putLogs puts the records from..to. Where there is no room they wait for it like an event, as long as the server answers;
// while it is away they are counted as dropped: logs must not stop events. Of a batch that is over the hour's budget goes out
// what fits, in halves of halves.
func (r *Recorder) putLogs(from, to int) {
	n := to - from
	item, err := r.logs.item(from, to)
	m := blackbox.Meta{Kind: blackbox.Log, Category: uint8(protocol.CategoryLogItem), Count: uint32(n)}
	long, size := len(item) > r.cfg.Outbox.MaxBody(), int64(len(item))
	left := r.budget.left(r.elapsed(), r.cfg.Bytes())
	switch {
	case err != nil:
		r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryLogItem, uint64(n))
	case n > 1 && (long || left < size && left >= size/int64(n)):
		r.putLogs(from, from+n/2)
		r.putLogs(from+n/2, to)
	case !long && left < size:
		r.dropLogs(protocol.ReasonRateLimitBackoff, n, item)
	case !long && len(r.pending) == 0 && r.cfg.Outbox.Put(m, item):
		r.budget.charge(r.elapsed(), len(item))
		r.cfg.Wake()
	case !long && !r.cfg.Away():
		// The other half of a long batch is encoded into the same buffer while this one waits.
		r.budget.charge(r.elapsed(), len(item))
		r.put(m, bytes.Clone(item))
	default:
		r.dropLogs(protocol.ReasonBufferOverflow, n, item)
	}
}

//go:noinline
func (r *Recorder) dropLogs(why protocol.Reason, n int, item []byte) {
	r.cfg.Tally.Add(why, protocol.CategoryLogItem, uint64(n))
	r.cfg.Tally.Add(why, protocol.CategoryLogByte, uint64(len(item)))
}

//go:noinline
func (r *Recorder) elapsed() time.Duration { return time.Since(r.began) }
