// Package tally counts what was dropped, by reason and category, for client reports and for Stats.
package tally

import (
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/protocol"
)

// Tally counts discarded things. Add is safe for concurrent use, never blocks and does not allocate.
type Tally struct {
	_ [0]func() // no code to compare it
	n [protocol.Reasons][protocol.Categories]struct {
		_           [0]func()
		total, told atomic.Uint64
	}
}

// Size is what a Tally takes in bytes.
const Size = protocol.Reasons * protocol.Categories * 16

// At returns the Tally whose counters are mem, which is Size long and aligned to 8 bytes: zero, or what a run has left behind.
func At(mem []byte) *Tally { return (*Tally)(unsafe.Pointer(unsafe.SliceData(mem[:Size]))) }

// Add counts n things of a category that were dropped for a reason.
//
//go:noinline
func (t *Tally) Add(r protocol.Reason, c protocol.Category, n uint64) { t.n[r][c].total.Add(n) }

// Wipe forgets all counts.
func (t *Tally) Wipe() {
	for r := range t.n {
		for c := range t.n[r] {
			t.n[r][c].total.Store(0)
			t.n[r][c].told.Store(0)
		}
	}
}

// Untold appends what no client report has told yet. It is called by the sender; Told says that the report arrived.
func (t *Tally) Untold(dst []protocol.Discard) []protocol.Discard {
	return t.collect(dst, func(total, told uint64) uint64 { return total - told })
}

// Told takes note that these discards were reported.
func (t *Tally) Told(list []protocol.Discard) {
	for _, d := range list {
		t.n[d.Reason][d.Category].told.Add(d.Quantity)
	}
}

// Inherit adds what a dead run has not told, whose counters are input from outside: what cannot be is passed over. It counts as told
// there from then on; a death in between tells it twice.
func (t *Tally) Inherit(dead *Tally) {
	for _, d := range dead.Untold(nil) {
		if d.Quantity < 1<<48 {
			t.Add(d.Reason, d.Category, d.Quantity)
			dead.Told([]protocol.Discard{d})
		}
	}
}

// Total appends everything that was ever counted.
func (t *Tally) Total(dst []protocol.Discard) []protocol.Discard {
	return t.collect(dst, func(total, _ uint64) uint64 { return total })
}

func (t *Tally) collect(dst []protocol.Discard, pick func(total, told uint64) uint64) []protocol.Discard {
	for r := range t.n {
		for c := range t.n[r] {
			cell := &t.n[r][c]
			if n := pick(cell.total.Load(), cell.told.Load()); n > 0 {
				dst = append(dst, protocol.Discard{Reason: protocol.Reason(r), Category: protocol.Category(c), Quantity: n})
			}
		}
	}
	return dst
}
