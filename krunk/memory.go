package krunk

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/recorder"
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
	item    int // the longest encoded event or batch of log records
}

// What does not depend on Config.Memory: the client and its counters, the indices of outbox and history,
// and what the encoder keeps.
const otherMemory = 24 << 10

// pageSize is what the runtime rounds large blocks up to.
const pageSize = 8 << 10

// sharesOf divides memory. The outbox gets what the others leave.
func sharesOf(memory int) shares {
	s := shares{ring: blackbox.MinRing}
	for s.ring*8 <= memory && memory >= 512<<10 || s.ring*16 <= memory {
		s.ring *= 2
	}
	rest := max(memory-s.ring-otherMemory, 0)
	s.history = rest / 15 &^ 7
	s.scope = min(rest*11/128, recorder.MaxScope)
	s.changes = max(rest/48, 4<<10)
	s.logs = min(rest/11, 128<<10)
	s.stacks = min(rest/28, 100<<10)
	s.item = min(rest/16, 128<<10)
	s.outbox = rest - s.history - s.scope - s.changes - s.logs - s.logs/7 - s.stacks - recorder.Scratch(s.item) - s.item
	s.outbox -= (s.ring + s.history + s.outbox) % pageSize // they are one block
	return s
}
