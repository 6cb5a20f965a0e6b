package recorder

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
)

// gone reports whether the block was taken away and nothing is in its place.
func (r *Recorder) gone() bool {
	return r.cfg.Guard != nil && r.cfg.Guard.State() == blackbox.BlockGone
}

// torn reports whether a panic comes from the block, which is on the heap by now.
func (r *Recorder) torn(v any) bool { return r.cfg.Torn != nil && r.cfg.Torn(r, v) }

// Torn is Legacy.Torn. What lay in a block that was torn is forgotten: nothing there can be trusted. What is known of it is counted.
func Torn(r *Recorder, v any) bool {
	g := r.cfg.Guard
	fault := g.Fault(v)
	if g.State() == blackbox.BlockTorn { // whoever met it
		g.Forgotten()
		r.forget()
	}
	return fault
}

func (r *Recorder) forget() {
	r.fault()
	r.loseLogs()
	r.held.End, r.pending = 0, nil
	r.cfg.History.Clear()
	r.reader.Skip()
	r.checkpoint(r.reader.Pos())
	r.reader.Release(r.reader.Pos())
	r.finish()
	if o := r.cfg.Outbox; o != nil {
		events, logs := o.Clear()
		r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryError, events)
		r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryLogItem, logs)
	}
}
