package gate

import (
	"math/bits"

	"github.com/krunk-go/krunk/internal/ascii"
)

// Million is the share of everything, in parts per million.
const Million = 1_000_000

// Bucket returns the place of id in the population, 0 to 999,999: MurmurHash3 x86_32, seed 0, over salt, a colon and id,
// projected by multiply and shift. An id is inside a cohort of p ppm if its bucket is below p, so raising p only adds. The
// formula is called "m3/1" in a policy and never changes under that name. It does not allocate up to 255 bytes.
func Bucket(salt, id string) uint32 {
	var few [256]byte
	b := append(few[:0], salt...)
	b = append(b, ':')
	b = append(b, id...)
	return project(murmur3(b, 0))
}

// Inside reports whether a client is in a cohort of ppm, by its bucket if its id is known: nobody else is in but those whom
// everybody is among.
//
//go:noinline
func Inside(bucket, ppm uint32, known bool) bool { return ppm >= Million || known && bucket < ppm }

func project(h uint32) uint32 { return uint32(uint64(h) * Million >> 32) }

// murmur3 is MurmurHash3 x86_32.
func murmur3(b []byte, seed uint32) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	h, n := seed, uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		k := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		h ^= bits.RotateLeft32(k*c1, 15) * c2
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	var k uint32
	for i := len(b) - 1; i >= 0; i-- {
		k = k<<8 | uint32(b[i])
	}
	h ^= bits.RotateLeft32(k*c1, 15) * c2
	h ^= n
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// Product multiplies two probabilities in ppm; what is not zero stays at least 1.
func Product(a, b uint32) uint32 {
	p := uint32((uint64(a)*uint64(b) + Million/2) / Million)
	if p == 0 && a > 0 && b > 0 {
		return 1
	}
	return p
}

// Sum64 is FNV-1a; it tells two documents apart that claim the same version.
func Sum64(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// Fold brings a channel's name to lower case, as the reader does with those of a policy; it is ASCII, since others are replaced.
func Fold(name string) string { return ascii.Lower(name) }
