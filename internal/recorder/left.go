package recorder

import (
	"sync"

	"github.com/krunk-go/krunk/internal/record"
)

// readers are those who read the ring, one at a time: Work, and Left.
type readers struct {
	_  [0]func() // no code to compare it
	mu sync.Mutex
}

// Left returns how many events and log records stand neither in the outbox nor in the tally. It never waits: while Work runs that is in
// motion, and it returns nothing.
func (r *Recorder) Left() (events, logs uint64) {
	if !r.readers.mu.TryLock() {
		return 0, 0
	}
	if r.pending != nil {
		events++
	}
	logs = uint64(r.logs.len() - r.logs.put)
	ahead := r.reader
	for rec, ok := ahead.Next(); ok; rec, ok = ahead.Next() {
		h, err := record.Read(rec.Body)
		if err != nil {
			continue
		}
		if h.Flags&record.FlagID != 0 {
			events++
		}
		if h.Flags&record.FlagSend != 0 {
			logs++
		}
	}
	r.readers.mu.Unlock()
	return events, logs
}
