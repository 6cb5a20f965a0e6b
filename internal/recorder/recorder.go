// Package recorder turns records of the black box into envelopes. One goroutine owns it: it reads the ring in order, keeps
// the history, symbolises, scrubs, encodes and puts the result into the outbox. It never waits for the network: when the
// outbox has no room for an event it stops reading, the ring fills, and the newest records are dropped and counted.
package recorder

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/scrub"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/transport"
)

// Config is the machine that a Recorder works with, whoever's records it reads. It is immutable after New but for what is
// safe for concurrent use.
type Config struct {
	Block *blackbox.Block // its words, log records that wait for their batch, and scope
	Ring  *blackbox.Ring
	Uses
	History  *blackbox.HistoryBuffer
	Outbox   *blackbox.Outbox     // nil: records become history, nothing is encoded
	Compress transport.Compressor // of items before they wait; nil: they stay as they are
	Bell     *notify.Bell         // rung by producers and by the sender
	Progress *notify.Signal
	Tally    *tally.Tally
	Wake     func()      // tells the sender that the outbox has something new; nil: it looks by itself
	Away     func() bool // the server does not answer at the moment; nil: it does
	Stacks   stack.Options
	Module   func() string // returns Stacks.MainModule; nil: that stands there
	Run      Run
	Room
	Legacy

	// Untell takes note that an event does not go out after all, with the place where its kind is counted and how many it was to
	// tell of; nil: nobody counts.
	Untell func(t record.Type, place uint16, suppressed uint32)
	Bytes  func() int64 // of encoded items that are let through in an hour; nil or 0: all
}

// Uses are what programs do that need not do it: each links what it takes when it is used first. Nil ones are never used.
type Uses struct {
	Changes     *Changes // of the scope, that found no room in the ring, and what applies all
	Nested      *Nested  // values that are JSON
	Attachments *Attachments
	Hook        *Hook // looks at events before they are encoded
	Feedback    *Feedback
	Deaths      *Deaths
	Lines       *Lines
	Settle      func(e *gate.Event, channel string) gate.Fate // what becomes of an event, whose share it may change
}

// Legacy is what a run does for whoever goes on with it after its death. It is zero where nobody will.
type Legacy struct {
	Copy   func(upto uint64, head, scope []byte) bool // Block.Kept
	Guard  blackbox.Guard                             // of the block
	Torn   func(r *Recorder, v any) bool              // Torn
	Panics func() (share uint32, doubt, wanted bool)  // whether the policy wants events of panics, which the crash texts of dead runs are; nil: all
	Hold   bool                                       // the event of a hang waits until it is over (WhenRead), or until a heir says that it never was
}

// Room is how many bytes the parts of a Recorder may take.
type Room struct {
	Scope int // tags, user and contexts
	Item  int // the longest encoded event or batch; see Scratch
}

// tools are what events and log records are made with.
type tools struct {
	items  *items
	stacks *stack.Resolver
	scrub  *cleaner
	clock  *clock
}

// Recorder is owned by the goroutine that calls Work. Flush, Freed and Processed may be called by others.
type Recorder struct {
	cfg    Config
	began  time.Time
	reader blackbox.Reader
	items  items
	budget budget
	state
	linger linger
	poll   notify.Alarm // of a step of linger
	batch  notify.Alarm // of the first log record of a batch
	outgoing
	room notify.Bell // rung when the outbox got room, which matters only while an envelope waits for it

	pace
	seam
	target uint64 // the flushTo that is to be reached next
	readers
	marks
	Counts
}

// pace is how long the recorder keeps the only processor.
type pace struct {
	worked int    // since the last yield, in bytes of JSON
	turn   int    // that much of it ends a turn
	waits  uint64 // bytes that waited in the ring at the last yield
	yields func() // runtime.Gosched, but in tests
}

// state is what the records of the run have said so far, and what is made of it.
type state struct {
	scope  scope
	past   past
	events events
	logs   logs
	line   []byte // body of the record in hand, if that was opened
}

// seam is where others come in.
type seam struct {
	_      [0]func()                  // no code to compare it
	errand unsafe.Pointer             // *func(), atomic; to be done between two records, nil if nothing is
	shred  func(blackbox.Record) bool // whether a record is nothing to be read; nil: none is; owned by the recorder
}

// outgoing is what waits for room in the outbox.
type outgoing struct {
	_       [0]func()       // no code to compare it
	packed  []byte          // the memory of an item that was compressed
	pending []byte          // an event that waits for room in the outbox, nil if none does
	beside  []byte          // its attachments
	meta    blackbox.Meta   // of pending
	held    blackbox.Record // the newest record, while something of it waits for room in the outbox; its End is 0 if nothing does
	flags   uint16          // of held, as they are by now
}

// marks are how far things are, for others than the owner.
type marks struct {
	_       [0]func()      // no code to compare it
	flushTo atomic.Uint64  // position up to which somebody waits
	done    atomic.Uint64  // position up to which everything is in the outbox or counted
	freed   atomic.Bool    // the outbox got room since the recorder last looked
	quit    atomic.Bool    // Work shall return
	ended   atomic.Bool    // Work has returned
	later   unsafe.Pointer // *func(), atomic
}

// Counts is what a Recorder has seen.
type Counts struct {
	_                                [0]func() // no code to compare it
	Events, Logs, History, Malformed atomic.Uint64
}

// New returns a recorder; Work makes it run.
func New(cfg Config) *Recorder {
	if cfg.Run.Policy == nil {
		cfg.Run.Policy = func() string { return "" }
	}
	if cfg.Wake == nil {
		cfg.Wake = func() {}
	}
	if cfg.Away == nil {
		cfg.Away = func() bool { return false }
	}
	if cfg.Untell == nil {
		cfg.Untell = func(record.Type, uint16, uint32) {}
	}
	if cfg.Bytes == nil {
		cfg.Bytes = func() int64 { return 0 }
	}
	r := &Recorder{
		cfg: cfg, reader: *blackbox.NewReader(cfg.Ring), began: time.Now(),
	}
	r.short()
	r.yields = runtime.Gosched
	r.room.Init()
	r.batch.Init(cfg.Bell)
	r.poll.Init(cfg.Bell)
	r.logs.kept = *cfg.Block.Batch()
	s := &cleaner{scrub.New(home()), cfg.Nested}
	r.scope = newScope(cfg.Scope, cfg.Item/3, s)
	r.scope.install, r.scope.user.ID = cfg.Run.Install, cfg.Run.Install
	if cfg.Outbox != nil {
		r.items.calm = min(cfg.Item+2*itemHead, calm)
	}
	return r
}

// prepare makes what events and log records are made with, once. Work does it, so that whoever starts the recorder does not wait for
// that.
func (r *Recorder) prepare() {
	if r.cfg.Outbox == nil || r.events.run != nil {
		return
	}
	o := r.cfg.Stacks
	if r.cfg.Module != nil {
		o.MainModule = r.cfg.Module()
	}
	t := &tools{items: &r.items, stacks: stack.NewResolver(o), scrub: r.scope.scrub, clock: &clock{read: r.cfg.Run.Start, began: r.began}}
	r.events.init(&r.cfg, t)
	r.logs.init(&r.cfg, t)
}

// Freed says that an entry of the outbox is done, so that what waits for room may be put.
func (r *Recorder) Freed() {
	r.freed.Store(true)
	r.room.Ring()
}

// Processed returns the position up to which everything is in the outbox or counted.
func (r *Recorder) Processed() uint64 { return r.done.Load() }

// Flush waits until everything before pos is in the outbox or counted, also records that wait for their batch. It reports
// false when the limit, one of Config.Progress, was over first or the recorder has stopped.
func (r *Recorder) Flush(limit *notify.Limit, pos uint64) bool {
	for {
		old := r.flushTo.Load()
		if old >= pos || r.flushTo.CompareAndSwap(old, pos) {
			break
		}
	}
	r.cfg.Progress.Wait(limit, func() bool {
		if r.ended.Load() || r.done.Load() >= pos {
			return true
		}
		r.cfg.Bell.Call()
		return false
	})
	return r.done.Load() >= pos
}

// Stop makes Work return once it has read everything that it can.
func (r *Recorder) Stop() {
	r.quit.Store(true)
	r.cfg.Bell.Call()
	r.room.Call()
}

// Resume makes a recorder whose Work has returned ready for another Work, which goes on where the first one ended. The caller
// sees to it that there is one at a time.
func (r *Recorder) Resume() {
	r.quit.Store(false)
	r.ended.Store(false)
}

func (r *Recorder) end() {
	r.batch.Stop() // it would keep a client that is closed in memory
	r.readers.mu.Unlock()
	r.ended.Store(true)
	r.cfg.Progress.Broadcast()
}
