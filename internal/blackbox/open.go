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
	defer o.hold()()
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

// Settle says how it ended of all entries that do not know it: Endless of the one with the event hung, if that is not zero, and Lost of the others.
func (o *Outbox) Settle(hung [16]byte) {
	defer o.hold()()
	for i := range o.entries {
		s := &o.entries[i]
		e := s.entry(o.buf)
		if !e.Open || e.Length != 0 {
			continue
		}
		if s.length = Lost; e.ID == hung && hung != [16]byte{} {
			s.length, s.kind = Endless, Fatal
		}
		o.seal(s)
	}
}
