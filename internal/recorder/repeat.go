package recorder

import (
	"math/bits"
	"time"

	"github.com/krunk-go/krunk/internal/record"
)

// repeats lets a limited number of events of one kind through in a window and counts the rest. The kind of an event is its
// stack together with the type of its error, or its template. Fixed memory: two kinds that meet in a slot share it, the later
// one takes it over. Panics have a table of their own, so that no error takes over a panic's slot.
type repeats struct {
	limit  int
	window time.Duration
	slots  [256]struct {
		key        uint64
		since      int64 // start of the window
		passed     int
		suppressed uint64
	}
}

// pass reports whether rec may go out and how many of its kind were suppressed since the last one that did.
func (t *repeats) pass(rec *record.Record) (suppressed uint64, ok bool) {
	if t.limit <= 0 {
		return 0, true
	}
	key := kind(rec)
	s := &t.slots[key%uint64(len(t.slots))]
	if s.key != key || s.passed == 0 {
		s.key, s.since, s.passed, s.suppressed = key, rec.Time, 0, 0
	}
	if d := rec.Time - s.since; d >= int64(t.window) || d <= -int64(t.window) { // a bridge brings its own time
		s.since, s.passed = rec.Time, 0
	}
	if s.passed >= t.limit {
		s.suppressed++
		return 0, false
	}
	s.passed++
	suppressed, s.suppressed = s.suppressed, 0
	return suppressed, true
}

// back takes note that an event which has passed, with the number of those before it, does not go out after all.
func (t *repeats) back(rec *record.Record, suppressed uint64) {
	if t.limit <= 0 {
		return
	}
	key := kind(rec)
	if s := &t.slots[key%uint64(len(t.slots))]; s.key == key {
		s.suppressed += suppressed + 1
	}
}

// kind is a hash of what makes two events the same.
func kind(rec *record.Record) uint64 {
	const m = 0x9e3779b97f4a7c15
	var few [record.MaxPCs]uintptr
	h := uint64(rec.Type)
	for _, pc := range rec.PCs(few[:0]) {
		h = bits.RotateLeft64((h^uint64(pc))*m, 29)
	}
	text := rec.Text
	if rec.Flags&record.FlagPlain != 0 {
		text = ""
	}
	var errs [record.MaxErrors]record.Error
	if list := rec.Errors(errs[:0]); len(list) > 0 {
		text = list[0].Type
	}
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * m
	}
	return h ^ h>>32
}
