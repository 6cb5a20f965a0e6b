package gate

import (
	"math"
	"sync/atomic"
)

// A share says in 32 bits for how many records one that was kept stands. Up to Million it is the probability with which such a
// record is kept, in parts per million, and 0 stands for nobody else; above that it holds the bits of a float32: the number of
// records, at least 1, below zero where its client was picked by name.

// Weight returns how many records one with this share stands for, itself included, and whether its client was picked by name.
// What makes no sense stands for itself.
func Weight(share uint32) (n float64, forced bool) {
	switch {
	case share == 0:
		return 1, true
	case share <= Million:
		return Million / float64(share), false
	}
	n = float64(math.Float32frombits(share))
	if forced = n < 0; forced {
		n = -n
	}
	if !(n >= 1 && n <= 1e15) {
		return 1, false
	}
	return n, forced
}

// shareOf returns the share of a record that stands for so many of its client's, of a client that stands for so many; below zero: it
// was picked by name.
func shareOf(records, clients float32) uint32 {
	if w := records * clients; w != 1 {
		return math.Float32bits(w)
	}
	return Million
}

// held are records of one kind that rates kept back, by level, until one is let through that stands for them too.
type held struct {
	_ [0]func() // no code to compare it
	n [heldLevels]atomic.Uint32
}

const (
	heldLevels = 6
	unit       = 1 << 8  // of a record: one that was drawn stands for a number that is not whole
	mostUnits  = 1 << 20 // of one record, so that 4,096 of them fit: below a share of 0.025 % no rate is exceeded
)

// full is how many records fit into one counter.
const full = 1 << 32 / unit

// units returns how many a record has that stands for n.
//
//go:noinline
func units(n float32) uint32 {
	if n = n*unit + 0.5; n > mostUnits {
		return mostUnits
	}
	return uint32(n)
}

// at is the place of a level among trace, debug, info, warn, error and fatal; one between two counts as the lower.
func (h *held) at(l Level) *atomic.Uint32 {
	return &h.n[min(max((int(l)-int(LevelTrace))>>2, 0), heldLevels-1)]
}

// take returns for how many records of a level there are, and forgets them. It does not write where there are none.
//
//go:noinline
func (h *held) take(l Level) float32 {
	p := h.at(l)
	if p.Load() == 0 {
		return 0
	}
	return float32(p.Swap(0)) / unit
}

// empty returns how many records there are, and forgets them.
func (h *held) empty() uint64 {
	n := uint32(0)
	for i := range h.n {
		n += (h.n[i].Swap(0) + unit/2) / unit
	}
	return uint64(n)
}

// sum returns how many units there are.
func (h *held) sum() (n uint32) {
	for i := range h.n {
		n += h.n[i].Load()
	}
	return n
}
