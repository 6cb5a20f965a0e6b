package ident

import (
	"encoding/binary"
	"math/rand/v2"
)

// random makes an id of version 4, variant 10, from the runtime's generator, ChaCha8 with a key of the system's.
func random(id *[16]byte) {
	binary.BigEndian.PutUint64(id[:8], rand.Uint64()&^0xf000|0x4000)
	binary.BigEndian.PutUint64(id[8:], rand.Uint64()&^(3<<62)|2<<62)
}
