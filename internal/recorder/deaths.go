package recorder

import (
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

// Deaths makes events of texts that the program kept of an earlier run's death, for one that tells such a text: any other one does not link
// what it takes. The zero Deaths has none.
type Deaths struct {
	_    [0]func()      // no code to compare it
	told unsafe.Pointer // *dying, atomic
}

// dying is one that was told, until the recorder has made its event.
type dying struct {
	put func(r *Recorder, share uint32, flags uint16, upto uint64) // a field of a Crash would link the types of a report
}

// Tell takes a death, of which a record of record.PanicType with record.FlagFeedback stands for the event. It reports false while another
// one waits.
func (d *Deaths) Tell(c *Crash) bool {
	return atomic.CompareAndSwapPointer(&d.told, nil, unsafe.Pointer(&dying{func(r *Recorder, share uint32, flags uint16, upto uint64) {
		r.tell(c, record.Head{PPM: share, Flags: flags & record.FlagDoubt}, upto)
	}}))
}

// Forget lets go of the one that waits, whose record could not be written.
func (d *Deaths) Forget() { atomic.StorePointer(&d.told, nil) }

// death makes the event that such a record stands for. One of a dead run has lost its text.
func (r *Recorder) death(rec *record.Record, in *blackbox.Record) {
	if d := r.cfg.Deaths; d != nil {
		if t := (*dying)(atomic.SwapPointer(&d.told, nil)); t != nil {
			t.put(r, rec.PPM, rec.Flags, in.End)
			return
		}
	}
	r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryError, 1)
}

// tell encodes the event of a death of which the program told, and puts it into the outbox.
func (r *Recorder) tell(c *Crash, head record.Head, upto uint64) {
	r.logs.waits.body = nil
	r.events.attached.none() // what this run attaches, and its rings, are no part of another one's death
	r.events.distrust(c.Report)
	item, cut, err := r.events.crash(c, head, &r.scope, nil, nil)
	r.worked += eventWork + len(item)
	r.putCrash(c, item, cut, upto, err)
}

// distrust cuts what is private out of what the runtime would have named by the program's own tables: anybody may have written the text.
func (e *events) distrust(r *crashtext.Report) {
	frame := func(f *crashtext.Frame) { f.Func, f.File = e.scrub.Text(f.Func), e.scrub.Text(f.File) }
	for i := range r.Goroutines {
		g := &r.Goroutines[i]
		g.State = e.scrub.Text(g.State)
		frame(&g.CreatedBy)
		for j := range g.Frames {
			frame(&g.Frames[j])
		}
	}
}
