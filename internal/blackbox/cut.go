package blackbox

// Cut returns how many bytes of the block are needed once a heir is through with all but the outbox, which it makes as short as what waits
// there allows, and says so in the head: who opens the block from now on finds that much of it. Nobody uses the other regions any more, and
// who holds the memory may give back what lies behind.
func (b *Block) Cut(o *Outbox) int {
	at := b.sizes.offset(OutboxRegion)
	n := at + o.compact()
	b.Live.Cut.Store(uint64(n))
	b.Stored()
	o.limitTo(n - at)
	return n
}

// compact moves what waits to the front, and returns where the last of it ends. What is on its way stays in its place. Of an entry that a death
// leaves in two places OpenOutbox takes one.
func (o *Outbox) compact() int {
	defer o.hold()()
	for i := len(o.entries) - 1; i >= 0; i-- { // each into a gap that it fits into
		s := &o.entries[i]
		if at, to := o.gap(s.room()); !s.lent && at+s.room() <= s.at {
			o.move(i, at, to)
			i++ // another one is in this place
		}
	}
	end, last := uint64(0), len(o.entries)-1
	for i := range o.entries { // and up to the one before it, where it lies over its own place by way of the room behind all
		s := &o.entries[i]
		if room := s.room(); !s.lent && s.at > end {
			tail := o.entries[last].at + o.entries[last].room()
			switch {
			case end+room <= s.at:
				o.move(i, end, i)
			case tail+room <= uint64(len(o.buf)):
				o.move(i, tail, last)
				o.move(last, end, i)
			}
		}
		end = s.at + s.room()
	}
	return int(end)
}

// move moves an entry to another place, which it does not reach from its own one, and to another one in the list. The caller holds mu.
func (o *Outbox) move(i int, at uint64, to int) {
	old := o.entries[i]
	e, s := old.entry(o.buf), old
	s.at = at
	o.write(&s, &e.Meta, e.Body, nil)
	o.state(&old, entryDone)
	o.entries = append(o.entries[:i], o.entries[i+1:]...)
	o.entries = append(o.entries, s)
	copy(o.entries[to+1:], o.entries[to:])
	o.entries[to] = s
}

func (o *Outbox) limitTo(n int) {
	o.lock()
	o.buf = o.buf[:n:n]
	o.unlock()
}
