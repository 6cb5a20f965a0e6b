package krunk

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/tally"
)

// shares is how Config.Memory is divided, in bytes. TestMemory measures the sum.
type shares struct {
	ring    int // records that nobody has read yet
	outbox  int // encoded envelopes that wait for their answer
	history int // records for breadcrumbs
	scope   int // tags, user and contexts
	changes int // of the scope, that found no room in the ring
	logs    int // log records that wait for their batch
	stacks  int // frames that were resolved before
	item    int // the longest encoded event or batch of log records; making and sending one takes some times as much
	aloft   int // requests under way, beside which no other one begins
	replay  int // rings of the game's own, of a run file or else of the outbox
	kinds   int // how many kinds of events have their repeats counted apart; not bytes, but 40 for each
}

const (
	// otherMemory does not depend on Config.Memory: the client and its counters, the goroutines' own, the indices of outbox and
	// history.
	otherMemory = 40 << 10

	kindSize = 40      // of a kind of events and a quarter of a kind of panics
	pageSize = 8 << 10 // what the runtime rounds large blocks up to
)

// sharesOf divides memory. The outbox gets what the others leave. Where envelopes are compressed, one more of them lies in between; what
// the compressor itself takes is no part of memory.
func sharesOf(memory int, packed bool) shares {
	s := shares{ring: blackbox.MinRing, kinds: 32, replay: memory / 16 &^ 63}
	// A small client gives the ring less, since an event and what it is made with take more of the whole.
	for s.ring*8 <= memory && memory >= defaultMemory/2 || s.ring*16 <= memory {
		s.ring *= 2
	}
	rest := max(memory-s.ring-otherMemory, 0)
	for s.kinds < 256 && s.kinds*4<<10 <= rest {
		s.kinds *= 2
	}
	s.history = rest / 13 &^ 7
	s.scope = min(rest*11/128, recorder.MaxScope)
	s.changes = max(rest/48, 3<<10)
	s.logs = min(rest/10, 128<<10) &^ 63
	if memory < defaultMemory/2 {
		s.logs = rest / 20 &^ 63
	}
	s.stacks = min(rest/28, 100<<10)
	s.item = min(rest/16, 128<<10)
	s.outbox = rest - s.history - s.scope - s.changes - s.logs - s.logs/7 - s.stacks - recorder.Scratch(s.item) - s.item - s.kinds*kindSize
	s.aloft = s.item
	switch {
	case packed:
		s.outbox -= s.item + s.outbox/12 // the index of entries that are short
	case memory >= defaultMemory/2: // three events with a hundred breadcrumbs each
		s.aloft += s.item / 2
		s.outbox -= s.item / 2
	}
	s.outbox += memory / 40 // not all of them are ever full at once
	sizes := s.sizes(true)
	s.outbox += pageSize/2 - (sizes.Total()+pageSize/2)%pageSize
	return s
}

// sizes returns the regions of the block, of which some are needed only where something is sent.
func (s *shares) sizes(sends bool) blackbox.Sizes {
	sizes := blackbox.Sizes{blackbox.TallyRegion: tally.Size, blackbox.HistoryRegion: s.history, blackbox.RingRegion: s.ring}
	if sends {
		sizes[blackbox.OutboxRegion], sizes[blackbox.BatchRegion] = s.outbox, s.logs
	}
	return sizes
}
