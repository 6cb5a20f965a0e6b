package recorder

import (
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
)

// Ask has the recorder's goroutine do something, between two records; what waits is forgotten. It must not panic, and tells itself when it is done.
func (r *Recorder) Ask(do func()) {
	atomic.StorePointer(&r.errand, unsafe.Pointer(&do))
	r.Call()
}

// Call wakes the recorder, whatever it waits for.
func (r *Recorder) Call() {
	r.cfg.Bell.Call()
	r.Freed()
}

// Wipe forgets all that was captured, and what is captured until Keep is called, and fills the memory with zeros in which it was. It reports false
// where somebody is still writing what others wrote behind: that goes as soon as it can be read. It is called by Ask.
func (r *Recorder) Wipe() (all bool) {
	r.shred = r.blank
	upto := r.cfg.Ring.Head()
	r.held.End, r.pending, r.packed, r.beside, r.line = 0, nil, nil, nil, nil
	atomic.StorePointer(&r.later, nil)
	r.logs.reset()
	r.logs.due = false
	r.logs.kept.Wipe()
	r.cfg.Changes.Wipe()
	r.scope.wipe()
	clear(r.cfg.Block.At(blackbox.ScopeRegion))
	r.cfg.History.Wipe()
	r.events.wipe()
	r.items.buf = nil
	r.pass()
	r.cfg.Ring.Wipe()
	r.pass()
	r.cfg.Block.Logs.Store(r.reader.Pos())
	r.checkpoint(r.reader.Pos())
	r.finish()
	return r.reader.Pos() >= upto
}

func (r *Recorder) blank(in blackbox.Record) bool {
	r.reader.Blank(in)
	return true
}

// pass wipes what there is to be read.
func (r *Recorder) pass() {
	for {
		rec, ok := r.reader.Next()
		if !ok {
			break
		}
		r.reader.Blank(rec)
	}
	r.reader.Release(r.reader.Pos())
}

// Keep ends what Wipe began; install is the id of the installation from now on. It is called by Ask.
func (r *Recorder) Keep(install string) {
	if upto := r.cfg.Ring.Head(); r.reader.Pos() < upto { // written by who had begun to before
		r.shred = func(in blackbox.Record) bool {
			if in.Pos < upto {
				return r.blank(in)
			}
			r.shred = nil
			return false
		}
	} else {
		r.shred = nil
	}
	r.cfg.Changes.Wipe()
	r.cfg.Run.Install, r.scope.install, r.scope.user.ID = install, install, install
}

func (s *scope) wipe() {
	clear(s.mem[:cap(s.mem)])
	clear(s.state)
	s.mem, s.cut, s.changed, s.install, s.trace = s.mem[:0], false, false, "", ""
	s.tags, s.user, s.contexts = nil, protocol.User{}, nil
}

func (e *events) wipe() {
	atomic.StorePointer(&e.beside, nil)
	atomic.StorePointer(&e.pulled, nil)
	e.raw, e.crumbs, e.frames, e.stacktrace.Frames, e.exceptions.Values = nil, nil, nil, nil, nil
	e.left, e.slow, e.attached = "", 0, attached{}
}
