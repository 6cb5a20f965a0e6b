package blackbox

import (
	"encoding/binary"
	"math/bits"
)

// sum is a checksum against torn and overwritten records, not against malice: a multiply and a rotation for every eight
// bytes, in two lanes, since it runs inside every capture call. hash/crc32 costs a table walk a byte on 32-bit ARM.
func sum(body []byte, pos uint64, k Kind) uint32 {
	const m1, m2 = 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f
	a := pos*m1 ^ uint64(len(body))
	b := uint64(k)*m2 + m1
	for len(body) >= 16 {
		a = bits.RotateLeft64((a^binary.LittleEndian.Uint64(body))*m1, 29)
		b = bits.RotateLeft64((b^binary.LittleEndian.Uint64(body[8:]))*m2, 31)
		body = body[16:]
	}
	if len(body) >= 8 {
		a = bits.RotateLeft64((a^binary.LittleEndian.Uint64(body))*m1, 29)
		body = body[8:]
	}
	var last uint64
	for i, c := range body {
		last |= uint64(c) << (8 * i)
	}
	a = (a ^ last ^ b) * m2
	return uint32(a>>32) ^ uint32(a)
}
