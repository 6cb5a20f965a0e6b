package ident

import "encoding/binary"

// shortDigits has no 0 and O, no 1, I and L: a code is read off a television and typed.
const shortDigits = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// AppendShort appends the code of 8 characters that a player reads to support. It does not allocate where dst has room.
func AppendShort(dst []byte, id [16]byte) []byte {
	n := binary.BigEndian.Uint64(id[8:]) // the low half: 62 random bits
	for range 8 {
		dst = append(dst, shortDigits[n%uint64(len(shortDigits))])
		n /= uint64(len(shortDigits))
	}
	return dst
}
