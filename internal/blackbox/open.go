package blackbox

// What Entry.Length says beside milliseconds.
const (
	Lost    = 1<<24 - 2 // it was over, and nobody knows when
	Endless = 1<<24 - 1 // it was not over when the program died, which makes the entry a Fatal one

	Longest = Lost - 1
)

// Tell says of the entry with that event, which was put with Meta.Open, how long that was of which it tells, and reports whether there is
// one that did not know. It is one atomic store.
func (o *Outbox) Tell(id [16]byte, length uint32) bool {
	o.lock()
	defer o.unlock()
	for i := range o.entries {
		s := &o.entries[i]
		if e := s.entry(o.buf); !e.Open || e.Length != 0 || e.ID != id {
			continue
		}
		if s.length = length; length == Endless {
			s.kind = Fatal
		}
		o.seal(s)
		return true
	}
	return false
}

// Untold returns the event of the newest entry that does not know how long that was of which it tells, if there is one.
func (o *Outbox) Untold() (id [16]byte, ok bool) {
	o.lock()
	defer o.unlock()
	last := uint64(0)
	for i := range o.entries {
		s := &o.entries[i]
		if e := s.entry(o.buf); e.Open && e.Length == 0 && e.Seq >= last {
			id, last, ok = e.ID, e.Seq, true
		}
	}
	return id, ok
}
