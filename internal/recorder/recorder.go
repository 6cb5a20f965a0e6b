// Package recorder turns records of the black box into envelopes. One goroutine owns it: it reads the ring in order, keeps
// the history, symbolises, scrubs, encodes and puts the result into the outbox. It never waits for the network: when the
// outbox has no room for an event it stops reading, the ring fills, and the newest records are dropped and counted.
package recorder

import (
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/ident"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
)

// Config is the machine that a Recorder works with, whoever's records it reads. It is immutable after New but for what is
// safe for concurrent use.
type Config struct {
	Ring     *blackbox.Ring
	Changes  *Changes // of the scope, that found no room in the ring; nil: none ever
	Scope    int      // bytes that tags, user and contexts may take
	History  *blackbox.HistoryBuffer
	Outbox   *blackbox.Outbox // nil: records become history, nothing is encoded
	Bell     *notify.Bell     // rung by producers and by the sender
	Progress *notify.Signal
	Tally    *tally.Tally
	IDs      *ident.Pool
	Wake     func()      // tells the sender that the outbox has something new
	Away     func() bool // the server does not answer at the moment; nil: it does
	Stacks   stack.Options
	Run      Run

	Repeat      int          // events of one kind that are let through in a minute; not positive: all
	PanicRepeat int          // panics of one kind that are let through in an hour; not positive: all
	Bytes       func() int64 // of encoded items that are let through in an hour; nil or 0: all
}

// Recorder is owned by the goroutine that calls Work. Flush, Freed and Processed may be called by others.
type Recorder struct {
	cfg     Config
	began   time.Time
	reader  *blackbox.Reader
	scope   scope
	events  events
	logs    logs
	repeats repeats
	panics  repeats
	budget  budget
	pending []pending    // in order; at most one batch of log records and one event
	room    *notify.Bell // rung when the outbox got room, which matters only while an envelope waits for it

	flushTo atomic.Uint64 // position up to which somebody waits
	done    atomic.Uint64 // position up to which everything is in the outbox or counted
	freed   atomic.Bool   // the outbox got room since the recorder last looked
	ended   atomic.Bool   // Work has returned
	Counts
}

// Counts is what a Recorder has seen.
type Counts struct {
	Events, Logs, History, Suppressed, Malformed atomic.Uint64
}

// pending is an envelope that waits for room in the outbox. Its body is a buffer of logs or events, which make no other
// envelope before it has gone.
type pending struct {
	meta blackbox.Meta
	body []byte
}

// New returns a recorder; Work makes it run.
func New(cfg Config) *Recorder {
	if cfg.Run.Policy == nil {
		cfg.Run.Policy = func() string { return "" }
	}
	if cfg.Away == nil {
		cfg.Away = func() bool { return false }
	}
	if cfg.Bytes == nil {
		cfg.Bytes = func() int64 { return 0 }
	}
	r := &Recorder{cfg: cfg, room: notify.NewBell(), reader: blackbox.NewReader(cfg.Ring), began: time.Now()}
	s := scrub.New(home())
	r.scope = newScope(cfg.Scope, s)
	if cfg.Outbox != nil {
		r.events.init(&r.cfg, s)
		r.logs.init(&r.cfg, s)
	}
	r.repeats.limit, r.repeats.window = cfg.Repeat, time.Minute
	r.panics.limit, r.panics.window = cfg.PanicRepeat, time.Hour
	return r
}

// Freed says that the outbox has more room than before.
func (r *Recorder) Freed() {
	r.freed.Store(true)
	r.room.Ring()
}

// Processed returns the position up to which everything is in the outbox or counted.
func (r *Recorder) Processed() uint64 { return r.done.Load() }

// Flush waits until everything before pos is in the outbox or counted, also records that wait for their batch. It reports
// false when cancel was closed first or the recorder has stopped.
func (r *Recorder) Flush(cancel <-chan struct{}, pos uint64) bool {
	for {
		old := r.flushTo.Load()
		if old >= pos || r.flushTo.CompareAndSwap(old, pos) {
			break
		}
	}
	for {
		changed := r.cfg.Progress.Changed()
		ended := r.ended.Load()
		if r.done.Load() >= pos {
			return true
		}
		if ended {
			return false
		}
		r.cfg.Bell.Ring()
		select {
		case <-changed:
		case <-cancel:
			return false
		}
	}
}

// Resume makes a recorder whose Work has returned ready for another Work, which goes on where the first one ended. The caller
// sees to it that there is one at a time.
func (r *Recorder) Resume() { r.ended.Store(false) }

func (r *Recorder) end() {
	r.ended.Store(true)
	r.cfg.Progress.Broadcast()
}

// Work runs until stop is closed.
func (r *Recorder) Work(stop <-chan struct{}) {
	defer r.end()
	r.cfg.IDs.Fill()
	r.warm()
	batch := notify.NewAlarm()
	armed := false
	for {
		r.drain()
		if waiting := r.logs.waiting(); waiting != armed {
			armed = waiting
			batch.Stop()
			if armed {
				batch.Set(batchWait)
			}
		}
		if len(r.pending) > 0 {
			if !r.waitForRoom(stop) {
				return
			}
			continue
		}
		r.cfg.Bell.Sleep()
		if !r.work() {
			select {
			case <-r.cfg.Bell.C():
			case <-batch.C():
				armed = false
				r.logs.due = true
			case <-stop:
				return
			}
		}
		r.cfg.Bell.Awake()
	}
}

// waitForRoom sleeps until the sender has freed something; what is captured meanwhile wakes nobody. It reports false when
// stop was closed.
func (r *Recorder) waitForRoom(stop <-chan struct{}) bool {
	r.room.Sleep()
	defer r.room.Awake()
	if r.freed.Load() {
		return true
	}
	select {
	case <-r.room.C():
		return true
	case <-stop:
		return false
	}
}

// work reports whether there is anything to do now; it is asked after the bell was armed, so nothing is missed.
func (r *Recorder) work() bool {
	if r.reader.Ready() || r.logs.due {
		return true
	}
	return r.flushTo.Load() > r.done.Load() && r.reader.Pos() != r.done.Load()
}

// warm encodes once, off the game's goroutines: go-json compiles a type at its first use.
func (r *Recorder) warm() {
	if r.cfg.Outbox == nil {
		return
	}
	defer func() {
		if recover() != nil {
			r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryError, 1)
		}
	}()
	r.events.enc.Warm()
}

// drain reads until the ring is empty or the outbox is full, then answers who waits for a flush.
func (r *Recorder) drain() {
	r.freed.Store(false)
	want := r.flushTo.Load()
	if r.retry() {
		for n := 0; ; n++ {
			rec, ok := r.reader.Next()
			if !ok {
				break
			}
			r.take(rec)
			if len(r.pending) > 0 {
				break // rec is encoded, but stays in the ring until its envelope stands in the outbox
			}
			if n%16 == 15 {
				r.reader.Release(r.reader.Pos())
			}
		}
		if len(r.pending) == 0 {
			r.reader.Release(r.reader.Pos())
			if r.logs.due || want > r.done.Load() {
				r.flushLogs()
			}
			r.finish()
		}
	}
	r.cfg.IDs.Fill()
}

// finish publishes how far everything is done. Log records that wait for their batch hold it back.
func (r *Recorder) finish() {
	if r.logs.waiting() || len(r.pending) > 0 {
		return
	}
	if pos := r.reader.Pos(); pos != r.done.Load() {
		r.done.Store(pos)
		r.cfg.Progress.Broadcast()
	}
}

// retry puts the envelopes that found no room before and reports whether reading may go on.
func (r *Recorder) retry() bool {
	for len(r.pending) > 0 {
		if !r.cfg.Outbox.Put(r.pending[0].meta, r.pending[0].body) {
			return false
		}
		r.pending = append(r.pending[:0], r.pending[1:]...)
		r.cfg.Wake()
	}
	return true
}

// put hands an envelope to the sender, or keeps it until there is room.
func (r *Recorder) put(m blackbox.Meta, body []byte) {
	if len(r.pending) == 0 && r.cfg.Outbox.Put(m, body) {
		r.cfg.Wake()
		return
	}
	r.pending = append(r.pending, pending{meta: m, body: body})
}

// take handles one record. A panic in here costs this record and is counted.
func (r *Recorder) take(in blackbox.Record) {
	defer func() {
		if recover() != nil {
			r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryError, 1)
		}
	}()
	r.change(in.Pos)
	rec, err := record.Read(in.Body)
	if err != nil {
		r.Malformed.Add(1)
		r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryError, 1)
		return
	}
	switch rec.Type {
	case record.SetTag, record.RemoveTag, record.SetUser, record.SetContext:
		r.scope.apply(&rec)
		return
	}
	if rec.Flags&record.FlagSend != 0 && r.cfg.Outbox != nil {
		r.Logs.Add(1)
		if !r.logs.add(&rec, &r.scope) {
			r.flushLogs()
			r.logs.add(&rec, &r.scope)
		}
		if r.logs.len() == batchSize {
			r.flushLogs()
		}
	}
	if rec.Flags&record.FlagID != 0 && r.cfg.Outbox != nil {
		r.event(&rec, in.Kind)
	}
	if rec.Flags&record.FlagTrail != 0 {
		r.History.Add(1)
		r.cfg.History.Add(in.Body)
	}
}

// change applies the changes of the scope that were made before pos and are not in the ring.
func (r *Recorder) change(pos uint64) {
	for _, n := range r.cfg.Changes.take(pos) {
		if rec, err := record.Read(n.body); err == nil {
			r.scope.apply(&rec)
		}
		r.scope.cut = r.scope.cut || r.cfg.Changes.cut.Load()
	}
}
