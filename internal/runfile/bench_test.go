//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows

package runfile

import (
	"testing"

	"github.com/krunk-go/krunk/internal/folder"
)

// guarded stores a record of 64 bytes as a capture call does, with what makes memory that was taken away a lost record.
func guarded(mem []byte, at int, b *[64]byte) (lost bool) {
	before := PanicOnFault(true)
	defer func() {
		PanicOnFault(before)
		if recover() != nil {
			lost = true
		}
	}()
	copy(mem[at&(len(mem)-1):], b[:])
	return false
}

//go:noinline
func plain(mem []byte, at int, b *[64]byte) { copy(mem[at&(len(mem)-1):], b[:]) }

// BenchmarkGuard shows what a mapped ring and its guard add to a store.
func BenchmarkGuard(b *testing.B) {
	const size = 256 << 10
	f, err := Create(folder.New(b), size, 0, 1, 2)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var record [64]byte
	for name, mem := range map[string][]byte{"heap": make([]byte, size), "mapped": f.Mem} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				plain(mem, i*64, &record)
			}
		})
		b.Run(name+" guarded", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if guarded(mem, i*64, &record) {
					b.Fatal("a fault")
				}
			}
		})
	}
}
