// Package repeat limits how many events of one kind are raised in a window of time, on the goroutine that captures them and
// before anything is made of them. What a kind is, the caller says with a hash.
package repeat

import (
	"sync/atomic"
	"time"
)

// ways is how many kinds a set holds. A kind looks for its place in one set alone.
const ways = 4

const (
	passedBits = 24
	maxPassed  = 1<<passedBits - 1
)

// taken is set in the kind of a place whose window does not begin yet, so that no other kind takes the place away before it does.
const taken = 1 << 63

// Table counts events by kind in fixed memory and without a lock. A kind that finds no place of its own shares the count of
// another one, so that any number of kinds passes no more than the places allow. All methods may be called by any goroutine;
// they never block and do not allocate. The zero Table has no limit.
type Table struct {
	limit  uint64 // immutable after New
	window int64  // in milliseconds, immutable after New
	places []place
	total  atomic.Uint64 // suppressed since New
	told   atomic.Uint64 // of these, what Untold has returned
}

// place is where a kind is counted.
type place struct {
	_          [0]func()     // no code to compare it
	kind       atomic.Uint64 // 0: none yet
	count      atomic.Uint64 // 1 + the millisecond at which the window began, and how many passed in it (passedBits)
	last       atomic.Uint64 // the last event that was raised: its number, and a hash of its kind (ofBits); 0: none yet
	suppressed atomic.Uint32 // since the last one that passed
}

// ofBits tell whose number a place holds, where kinds share it.
const ofBits = 24

func of(kind uint64) uint64 { return max(kind, 1) * 0x9e3779b97f4a7c15 >> (64 - ofBits) }

// Pass is the leave to raise one event. Either Raised or Back is to be called with it.
type Pass struct {
	Place      uint16
	Suppressed uint32 // how many of the kind did not pass since the last one that did
}

// New returns a table that lets limit events of a kind pass in a window, for so many kinds, a power of two from 4 to 65536. A
// limit that is not positive means that there is none.
func New(limit int, window time.Duration, kinds int) *Table {
	if limit <= 0 {
		return new(Table)
	}
	return &Table{limit: uint64(min(limit, maxPassed)), window: window.Milliseconds(), places: make([]place, kinds)}
}

// Pass asks for an event of a kind at now, nanoseconds on a clock that never goes back far.
func (t *Table) Pass(kind uint64, now int64) (p Pass, ok bool) {
	if t.limit == 0 {
		return Pass{}, true
	}
	kind = max(kind&^taken, 1)
	at := now/int64(time.Millisecond) + 1
	p.Place = t.find(kind, at)
	s := &t.places[p.Place]
	for {
		old := s.count.Load()
		next := old + 1
		if t.over(old, at) {
			next = uint64(at)<<passedBits | 1
		} else if old&maxPassed >= t.limit {
			s.suppressed.Add(1)
			t.total.Add(1)
			return p, false
		}
		if s.count.CompareAndSwap(old, next) {
			break
		}
	}
	if s.suppressed.Load() > 0 {
		p.Suppressed = s.suppressed.Swap(0)
	}
	return p, true
}

// over reports whether the window that count tells of is over.
//
//go:noinline
func (t *Table) over(count uint64, at int64) bool {
	began := int64(count >> passedBits)
	return began == 0 || at-began >= t.window
}

// find returns the place of a kind: its own, else one that nobody uses any more, else one that it shares.
func (t *Table) find(kind uint64, at int64) uint16 {
	first := int(kind) & (len(t.places) - 1) &^ (ways - 1)
	set := t.places[first : first+ways]
	for range ways {
		free, seen, clean := -1, uint64(0), false
		for i := range set {
			s := &set[i]
			k := s.kind.Load()
			if k&^taken == kind {
				return uint16(first + i)
			}
			// A place whose kind has still something to tell is taken last: the new kind will tell it.
			if !clean && (k == 0 || k&taken == 0 && t.over(s.count.Load(), at)) {
				free, seen, clean = i, k, k == 0 || s.suppressed.Load() == 0
			}
		}
		if free < 0 {
			break
		}
		s := &set[free]
		if old := s.count.Load(); (seen == 0 || t.over(old, at)) && s.kind.CompareAndSwap(seen, kind|taken) {
			s.count.CompareAndSwap(old, uint64(at)<<passedBits) // or another goroutine has begun it
			s.kind.CompareAndSwap(kind|taken, kind)             // or all kinds were wiped
			return uint16(first + free)
		}
	}
	return uint16(first + int(kind>>32)&(ways-1))
}

// Raised takes note of the event that passed, by its number, from 1 to 1<<40.
func (t *Table) Raised(kind uint64, p Pass, n uint64) {
	if t.limit > 0 {
		t.places[p.Place].last.Store(n<<ofBits | of(kind))
	}
}

// Back says that the event did not come about: what it was to tell is told by the next one, which may pass in its stead.
func (t *Table) Back(p Pass) {
	if t.limit == 0 {
		return
	}
	s := &t.places[p.Place]
	if p.Suppressed > 0 {
		s.suppressed.Add(p.Suppressed)
	}
	if old := s.count.Load(); old&maxPassed > 0 {
		s.count.CompareAndSwap(old, old-1) // where others are at it, one less passes
	}
}

// Untell says that an event which was raised and counted n others is not sent: the next one tells of it and of these.
func (t *Table) Untell(place uint16, n uint32) {
	if int(place) < len(t.places) {
		t.places[place].suppressed.Add(n + 1)
	}
}

// Last returns the number of the last event of that kind that was raised, or 0 where it is not known. It belongs to the Pass that was
// refused.
func (t *Table) Last(kind uint64, p Pass) uint64 {
	if t.limit == 0 {
		return 0
	}
	last := t.places[p.Place].last.Load()
	if last&(1<<ofBits-1) != of(kind) {
		return 0
	}
	return last >> ofBits
}

// Wipe forgets all kinds. The totals stay.
func (t *Table) Wipe() {
	for i := range t.places {
		s := &t.places[i]
		s.kind.Store(0)
		s.count.Store(0)
		s.last.Store(0)
		s.suppressed.Store(0)
	}
}

// Suppressed returns how many events did not pass since New.
func (t *Table) Suppressed() uint64 { return t.total.Load() }

// Untold returns how many events did not pass since it was called last. One goroutine at a time may call it.
func (t *Table) Untold() uint64 {
	n, told := t.total.Load(), t.told.Load()
	if n <= told { // one that was told is not counted after all: the next one is it
		return 0
	}
	t.told.Store(n)
	return n - told
}

// Quiet takes one that did not pass out of what Suppressed and Untold return: nobody is to be told but the next event of its kind.
func (t *Table) Quiet() { t.total.Add(^uint64(0)) } // one less
