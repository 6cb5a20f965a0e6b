package blackbox

import (
	"encoding/binary"
	"math/bits"
)

// sum is a checksum against torn and overwritten records, not against malice: a multiply and a rotation for every eight
// bytes, in four lanes, since it runs inside every capture call. hash/crc32 costs a table walk a byte on 32-bit ARM. Who has no room for
// all of it takes the upper bits: the last byte of a body changes no others.
func sum(body []byte, pos uint64, k Kind) uint32 {
	const m1, m2 = 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f
	a := pos*m1 ^ uint64(len(body))
	b, c, d := uint64(k)*m2+m1, uint64(m2), uint64(m1)
	for len(body) >= 32 {
		a = bits.RotateLeft64((a^binary.LittleEndian.Uint64(body))*m1, 29)
		b = bits.RotateLeft64((b^binary.LittleEndian.Uint64(body[8:]))*m2, 31)
		c = bits.RotateLeft64((c^binary.LittleEndian.Uint64(body[16:]))*m1, 27)
		d = bits.RotateLeft64((d^binary.LittleEndian.Uint64(body[24:]))*m2, 33)
		body = body[32:]
	}
	a, b = a^c*m2, b^d*m1
	for len(body) >= 8 {
		a = bits.RotateLeft64((a^binary.LittleEndian.Uint64(body))*m1, 29)
		body = body[8:]
	}
	var last uint64
	switch n := len(body); { // every byte is in it, some of them twice
	case n >= 4:
		last = uint64(binary.LittleEndian.Uint32(body)) | uint64(binary.LittleEndian.Uint32(body[n-4:]))<<32
	case n > 0:
		last = uint64(body[0]) | uint64(body[n/2])<<8 | uint64(body[n-1])<<16
	}
	a = (a ^ last ^ b) * m2
	return uint32(a>>32) ^ uint32(a)
}

// sums are the checksums of all regions. Memory that ends with the program has none of them: nobody would read them, and a program
// without a run file does not link them.
type sums struct {
	record  func(body []byte, pos uint64, k Kind) uint32
	entry   func(mem []byte, at, seq uint64, size, refusals uint32) uint32
	item    func(mem []byte, at, n int, upto uint64) uint32
	history func(body []byte, pos uint64, share uint8) uint32
}

// summed is immutable. NewHeap does not reach it.
var summed = sums{sum, entrySum, itemSum, historySum}
