// Package ident makes ids: from the system's generator where there is time, from a key of its inside of capture calls.
package ident

import (
	"encoding/binary"
	"sync/atomic"
)

// Source makes ids out of a random key and a count: a step and a mixing of bits that loses none, so that no id comes twice in a run, and
// none of another run's but by chance, as with random ones. One atomic addition beside the key is all the memory that it touches. A
// stock of ids made ahead took five times as long, and the runtime's own generator three times, on cold caches most of all. Who
// knows an id of a run may work out its others: ids are names and no secrets. The zero Source is not ready; see Init.
type Source struct {
	_      [0]func() // no code to compare it
	hi, lo uint64    // immutable after Init
	made   atomic.Uint64
}

// Init gives s a key.
func (s *Source) Init() {
	key := New()
	s.hi, s.lo = binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:])
}

// Take makes an id of version 4, variant 10, and returns its number. It never blocks and does not allocate.
func (s *Source) Take(id *[16]byte) (n uint64) {
	n = s.made.Add(1)
	s.At(id, n)
	return n
}

// At makes the id again that has that number, which is not 0.
func (s *Source) At(id *[16]byte, n uint64) {
	binary.BigEndian.PutUint64(id[:8], mix(s.hi+n*0x9e3779b97f4a7c15)&^0xf000|0x4000)
	binary.BigEndian.PutUint64(id[8:], mix(s.lo^n*0xd1342543de82ef95)&^(3<<62)|2<<62)
}

// mix is one to one; each bit of x changes about half of the result's (the finalizer of SplitMix64).
//
//go:noinline
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
