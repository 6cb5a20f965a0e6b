package recorder

import (
	"math"
	"runtime"
	"sync/atomic"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

// Work runs until Stop. A panic outside of a record costs the log records that wait for their batch.
func (r *Recorder) Work() {
	r.readers.mu.Lock()
	defer r.end()
	notify.Keep(r.live, func(v any) {
		if !r.torn(v) {
			r.fault()
			r.loseLogs()
		}
	})
}

// live runs until Stop and then reports true.
func (r *Recorder) live() bool {
	r.prepare()
	r.warm()
	for !r.gone() {
		r.Errand()
		r.tick()
		r.drain()
		if r.stalled() {
			if !r.waitForRoom() {
				return true
			}
			continue
		}
		if !r.rest() {
			return true
		}
	}
	return true
}

// rest waits until there is something to do. It reports false when Stop was called. Who waits for a flush must not wait for a step
// as well: then it sleeps, and every record wakes it.
func (r *Recorder) rest() bool {
	step := r.linger.next()
	if step > 0 && r.flushTo.Load() <= r.done.Load() {
		r.cfg.Bell.Linger()
	} else {
		step = 0
		r.cfg.Bell.Sleep()
	}
	defer r.cfg.Bell.Awake()
	if r.work() {
		return true
	}
	r.events.rest()
	r.items.rest()
	if cap(r.packed) > calm {
		r.packed = nil
	}
	if r.quit.Load() {
		return false
	}
	if step > 0 {
		r.poll.Set(step)
		defer r.poll.Stop()
	}
	<-r.cfg.Bell.C()
	return true
}

// waitForRoom sleeps until the sender has freed something or somebody asks for something; what is captured meanwhile wakes nobody. It reports
// false when Stop was called.
func (r *Recorder) waitForRoom() bool {
	r.room.Sleep()
	going := true
	if !r.freed.Load() && atomic.LoadPointer(&r.errand) == nil { // who asked before the last drain began rings no more
		if going = !r.quit.Load(); going {
			<-r.room.C()
			going = !r.quit.Load()
		}
	}
	r.room.Awake()
	return going
}

// work reports whether there is anything to do now; it is asked after the bell was armed, so nothing is missed.
func (r *Recorder) work() bool {
	r.tick()
	return r.reader.Ready() || r.logs.due || r.reached() || atomic.LoadPointer(&r.later) != nil || atomic.LoadPointer(&r.errand) != nil
}

// Errand does what somebody has asked for. It is called by who owns the recorder.
//
//go:noinline
func (r *Recorder) Errand() {
	if f := (*func())(atomic.SwapPointer(&r.errand, nil)); f != nil {
		(*f)()
	}
}

// warm encodes once, off the game's goroutines: go-json compiles a type at its first use.
func (r *Recorder) warm() {
	if r.cfg.Outbox != nil {
		r.items.enc.Warm()
	}
}

// drain reads until the ring is empty or the outbox is full. A record stays in the ring until its envelope stands in the outbox.
func (r *Recorder) drain() {
	r.freed.Store(false)
	r.torn(nil)
	r.wall()
	for n := 0; r.retry(); n++ {
		if n%16 == 0 {
			r.checkpoint(r.reader.Pos())
			r.reader.Release(r.reader.Pos())
			r.tick()
		}
		r.yield()
		if r.logs.due || r.reached() {
			if !r.flushLogs() {
				break
			}
			r.checkpoint(r.reader.Pos())
			r.reader.Release(r.reader.Pos()) // who waits for a flush finds room behind it
			r.finish()
			continue
		}
		rec, ok := r.reader.Next()
		if !ok {
			r.changes(r.reader.Pos())
			r.checkpoint(r.reader.Pos())
			r.reader.Release(r.reader.Pos())
			r.finish()
			r.short()
			if f := (*func())(atomic.SwapPointer(&r.later, nil)); f != nil {
				(*f)()
			}
			break
		}
		if !r.take(rec) {
			r.reader.Back(rec)
		}
	}
}

// yield lets the game's goroutines have the only processor after a quarter of a millisecond's work, which is counted and not
// measured: in bytes of JSON, at some 8 ns each. Without it a burst would hold it for 10 ms, until the runtime interferes. Who waits
// for a flush wants the opposite, and where there are more processors the game has another one, while in a storm each yield would
// cost the recorder 10 ms. A game that never sleeps has the processor for 10 ms after each yield: while more comes in meanwhile than was
// worked off, each turn is twice as long as the one before.
func (r *Recorder) yield() {
	if r.worked < r.turn {
		return
	}
	r.worked = 0
	if r.flushTo.Load() > r.done.Load() || runtime.GOMAXPROCS(0) > 1 {
		return
	}
	if r.cfg.Ring != nil { // of a run that lives
		waits := r.cfg.Ring.Head() - r.reader.Pos()
		if waits > r.waits {
			r.turn = min(2*r.turn, longTurn)
		}
		r.waits = waits
	}
	r.yields()
}

// short makes the next turn one as it is where nothing waits.
func (p *pace) short() { p.turn, p.waits = turn, math.MaxUint64 }

const (
	turn       = 32 << 10 // bytes of JSON between two yields
	longTurn   = 8 * turn
	recordWork = 256     // what reading a record amounts to
	eventWork  = 2 << 10 // of an event beside its bytes
	frameWork  = 512     // of resolving a frame that was not resolved before
)

// tick sees whether the batch is due, since the ring may never be empty.
func (r *Recorder) tick() {
	if r.batch.Rang() {
		r.logs.due = true
	}
}

// reached reports whether everything was read that a flush waits for. One position after the other is waited for, as the newest
// one moves on while others flush as well.
func (r *Recorder) reached() bool {
	if r.target <= r.done.Load() {
		r.target = r.flushTo.Load()
	}
	return r.target > r.done.Load() && r.reader.Pos() >= r.target
}

// finish publishes how far everything is done. Log records that wait for their batch hold it back.
func (r *Recorder) finish() {
	if r.logs.waiting() {
		return
	}
	if pos := r.reader.Pos(); pos != r.done.Load() {
		r.done.Store(pos)
		r.cfg.Progress.Broadcast()
	}
}

// take handles one record, or reports false when it has to wait until the log records before it found room. A panic in here
// costs this record and is counted.
func (r *Recorder) take(in blackbox.Record) (taken bool) {
	taken = true
	defer func() {
		if v := recover(); v != nil && !r.torn(v) {
			r.fault()
			r.checkpoint(in.End)
		}
	}()
	if r.shred != nil && r.shred(in) {
		return true
	}
	r.worked += recordWork
	use := r.changes(in.Pos)
	if record.IsLine(in.Body) {
		in.Body = r.opened(in.Body)
	}
	rec, err := record.Read(in.Body)
	if err != nil {
		r.Malformed.Add(1)
		r.fault()
		r.checkpoint(in.End)
		return true
	}
	if rec.Type >= record.SetTag {
		if use != nil && in.Pos >= r.past.scope { // many come in a row: the next checkpoint is that of another record
			use.apply(&r.scope, in.Body)
		}
		return true
	}
	if rec.Flags&(record.FlagSend|record.FlagID) != 0 {
		r.linger.heard = true
	}
	if rec.Flags&record.FlagSlow != 0 {
		r.events.slow++
	}
	if rec.Flags&record.FlagSend != 0 && r.cfg.Outbox != nil && in.End > r.past.logs {
		if !r.log(&rec, in.End) {
			return false
		}
	}
	if rec.Flags&record.FlagID != 0 && r.cfg.Outbox != nil && in.End > r.past.events {
		r.event(&rec, &in)
	}
	if r.stalled() {
		r.held, r.flags = in, rec.Flags
		return true
	}
	r.keep(&rec, &in)
	return true
}

// keep makes a record, which stands in the outbox or the batch as far as it belongs there, history, and is done with it.
func (r *Recorder) keep(rec *record.Record, in *blackbox.Record) {
	switch {
	case r.past.knows != nil && r.past.knows(in.Pos, rec.Time):
	case rec.Flags&record.FlagFeedback != 0: // no breadcrumb
	case rec.Flags&record.FlagID != 0:
		r.issue(rec, in.Pos)
	case rec.Flags&record.FlagTrail != 0:
		r.History.Add(1)
		r.crumb(rec, in)
	}
	r.checkpoint(in.End)
}

// release keeps the record that was held.
func (r *Recorder) release() {
	if in := r.held; in.End > 0 {
		r.held.End = 0
		if rec, err := record.Read(in.Body); err == nil {
			rec.Flags = r.flags
			r.keep(&rec, &in)
		}
	}
}

// checkpoint says in the block that everything before pos stands where whoever goes on after a crash finds it, or was counted. What
// the scope has become stands there first.
func (r *Recorder) checkpoint(pos uint64) {
	if r.scope.changed && r.cfg.Copy != nil {
		r.scope.changed = false
		r.cfg.Copy(pos, r.scope.head(r.cfg.Run.Policy()), r.scope.mem)
	}
	r.cfg.Block.Done.Store(pos)
	r.cfg.Block.Stored()
}

// wall says in the block what the clock tells of the run's start, and sees whether another policy is in force: events will say so.
func (r *Recorder) wall() {
	if r.cfg.Outbox == nil {
		return
	}
	r.cfg.Block.Wall.Store(r.events.clock.set())
	r.cfg.Block.Stored()
	if p := r.cfg.Run.Policy(); r.cfg.Copy != nil && p != r.scope.policy {
		r.scope.policy, r.scope.changed = p, true
	}
}

// log takes a record, which ends at that position, into the batch, or reports false when there is no room for it before the batch has gone.
func (r *Recorder) log(rec *record.Record, end uint64) bool {
	if !r.logs.add(rec, end, &r.scope) {
		if !r.flushLogs() {
			return false
		}
		r.logs.add(rec, end, &r.scope)
	}
	r.Logs.Add(1)
	if n := r.logs.len(); n == r.logs.most || r.logs.full {
		r.flushLogs()
	} else if n == 1 {
		r.batch.Set(batchWait)
	}
	return true
}

// fault counts a panic of Krunk's own.
func (r *Recorder) fault() {
	r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryError, 1)
}

// changes applies the changes of the scope that were made before pos and are not in the ring, and returns what applies the others.
func (r *Recorder) changes(pos uint64) *applying {
	use := r.cfg.Changes.using()
	if use == nil || r.shred != nil {
		return nil
	}
	use.change(r, pos)
	return use
}

func (r *Recorder) change(pos uint64) {
	for _, n := range r.cfg.Changes.take(pos) {
		r.scope.apply(n.body)
		r.scope.cut = r.scope.cut || r.cfg.Changes.cut.Load()
	}
}
