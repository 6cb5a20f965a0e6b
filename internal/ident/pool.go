// Package ident makes event ids ahead of time, so that a capture call takes one with a single compare-and-swap.
package ident

import (
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"
)

// size is how many ids wait: more than one frame ever takes.
const size = 128

// Pool is a stock of random ids. Take may be called by any goroutine, Fill by one.
type Pool struct {
	_     [0]func()     // no code to compare it
	taken atomic.Uint64 // ids taken so far
	made  atomic.Uint64 // ids made so far, at most taken+size
	slots [size]struct {
		_      [0]func()
		hi, lo atomic.Uint64
	}
}

// Take returns a random id of version 4. When the stock is empty it makes one from the runtime's own ChaCha8 generator. It
// never blocks and does not allocate.
func (p *Pool) Take() [16]byte {
	for {
		n := p.taken.Load()
		if n >= p.made.Load() {
			return fast()
		}
		s := &p.slots[n%size]
		hi, lo := s.hi.Load(), s.lo.Load()
		// Fill writes the slot again only after taken has passed n, so what was read is this id if the swap succeeds.
		if p.taken.CompareAndSwap(n, n+1) {
			return join(hi, lo)
		}
	}
}

// Fill makes as many ids as were taken. It is called by the recorder.
func (p *Pool) Fill() {
	for n := p.made.Load(); n < p.taken.Load()+size; n++ {
		id := New()
		s := &p.slots[n%size]
		s.hi.Store(binary.BigEndian.Uint64(id[:8]))
		s.lo.Store(binary.BigEndian.Uint64(id[8:]))
		p.made.Store(n + 1)
	}
}

func join(hi, lo uint64) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], hi)
	binary.BigEndian.PutUint64(id[8:], lo)
	return id
}

// fast makes an id of version 4, variant 10, without a system call.
func fast() [16]byte {
	return join(rand.Uint64()&^0xf000|0x4000, rand.Uint64()&^(3<<62)|2<<62)
}
