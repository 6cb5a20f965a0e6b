package blackbox

import "time"

// Next returns the entry that is to be sent next at that moment of the sender's time, of those that skip does not refuse: the
// most important one that is in its place, of these the oldest; without any, the first of those that were put behind. What is
// on its way is passed over, and what rests, unless now is negative. skip may be nil.
func (o *Outbox) Next(now time.Duration, skip func(*Entry) bool) (Entry, bool) {
	defer o.hold()()
	var best *stored
	var found Entry
	for i := range o.entries {
		s := &o.entries[i]
		if s.lent || s.rests > now && now >= 0 || best != nil && !s.before(best) {
			continue
		}
		o.seen = s.entry(o.buf)
		if skip == nil || !skip(&o.seen) {
			best, found = s, o.seen
		}
	}
	return found, best != nil
}

// before reports whether s is sent before b.
func (s *stored) before(b *stored) bool {
	switch {
	case s.behind != b.behind && (s.behind == 0 || b.behind == 0):
		return s.behind == 0
	case s.behind != 0:
		return s.behind < b.behind
	case s.kind != b.kind:
		return s.kind > b.kind
	}
	return s.seq < b.seq
}

// Newest returns the newest entry of a kind that is not on its way, if those of that kind take more than so many bytes.
func (o *Outbox) Newest(k Kind, bytes int) (Entry, bool) {
	defer o.hold()()
	var newest *stored
	total := uint64(0)
	for i := range o.entries {
		s := &o.entries[i]
		if s.kind != k || s.lent {
			continue
		}
		if total += s.room(); newest == nil || s.seq > newest.seq {
			newest = s
		}
	}
	var e Entry
	more := total > uint64(max(bytes, 0))
	if more {
		e = newest.entry(o.buf)
	}
	return e, more
}

// Latest returns the newest entry of a category that is not on its way, if there is one.
func (o *Outbox) Latest(category uint8) (e Entry, ok bool) {
	defer o.hold()()
	for i := range o.entries {
		s := &o.entries[i]
		if s.lent || ok && s.seq < e.Seq {
			continue
		}
		if o.seen = s.entry(o.buf); o.seen.Category == category {
			e, ok = o.seen, true
		}
	}
	return e, ok
}

// Lend says whether an entry is on its way.
func (o *Outbox) Lend(seq uint64, lent bool) {
	o.lock()
	if s := o.find(seq); s != nil {
		s.lent = lent
	}
	o.unlock()
}

// Refused puts an entry behind all others. The refusal counts against it if another one was accepted since it was refused last.
// Refused returns how many count, and how many came in a row.
func (o *Outbox) Refused(seq uint64) (refusals, row int) {
	defer o.hold()()
	if s := o.find(seq); s != nil {
		if s.passed {
			s.passed, s.row = false, 0
			s.refusals++
			o.seal(s)
		}
		s.row++
		o.turn++
		s.behind = o.turn
		refusals, row = int(s.refusals), int(s.row)
	}
	return refusals, row
}

// Rest keeps an entry from being sent before that moment of the sender's time.
func (o *Outbox) Rest(seq uint64, until time.Duration) {
	o.lock()
	if s := o.find(seq); s != nil {
		s.rests = until
	}
	o.unlock()
}

// Wakes returns the first moment after now at which an entry stops to rest, 0 if none rests.
func (o *Outbox) Wakes(now time.Duration) (at time.Duration) {
	o.lock()
	for i := range o.entries {
		if s := &o.entries[i]; !s.lent && s.rests > now && (at == 0 || s.rests < at) {
			at = s.rests
		}
	}
	o.unlock()
	return at
}

// Accepted says that the server accepted an envelope. Those that it refused before then had a fault of their own, or met a bad
// moment: the first refusal of each is forgiven, and it goes back to its place.
func (o *Outbox) Accepted() {
	o.lock()
	for i := range o.entries {
		s := &o.entries[i]
		if s.behind == 0 {
			continue
		}
		s.passed = true
		if s.refusals == 0 {
			s.behind, s.rests = 0, 0
		}
	}
	o.unlock()
}
