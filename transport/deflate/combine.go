package deflate

import "hash/crc32"

// combine returns the CRC of two texts, one behind the other, from the CRC of each and the length of the second one, 0 or more.
//
// A CRC is a polynomial over the field of two elements, modulo the CRC's own; the lowest power stands in the highest bit. What n more
// bytes behind a text do to it is a multiplication by x^8n.
func combine(first, second uint32, n int) uint32 {
	for power := uint32(1 << (31 - 8)); n > 0; n >>= 1 { // x^8, and then its squares
		if n&1 != 0 {
			first = multiply(first, power)
		}
		power = multiply(power, power)
	}
	return first ^ second
}

// multiply returns a*b modulo the polynomial of the CRC.
func multiply(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		if a>>31 != 0 {
			product ^= b
		}
		b = b>>1 ^ crc32.IEEE&-(b&1)
	}
	return product
}
