package runfile

import (
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
)

// What is kept of a file of any size is no more than this run's own rings could take.
func TestLastTakesFewBytesOfRings(t *testing.T) {
	s := blackbox.Sizes{blackbox.FactsRegion: blackbox.FactsSize, blackbox.RingRegion: blackbox.MinRing, blackbox.ReplayRegion: 8 << 20}
	b := blackbox.NewBlock(blackbox.Words(s.Total()), s, 7)
	b.Publish(&blackbox.Facts{})
	tapes := b.Tapes()
	for _, name := range []string{"a", "b", "c"} {
		tapes.Add(name, 2<<20).Write(make([]byte, 1<<20))
	}
	last := examine(b.Bytes(), 1, func(int) string { return "" }, 1<<20+4096)
	for name, want := range map[string]int{"a": 1 << 20, "b": 4096, "c": 0} {
		if data, from := last.Ring(name); len(data) != want || from != uint64(1<<20-want) && want > 0 {
			t.Errorf("%s: %d bytes from %d, want %d", name, len(data), from, want)
		}
	}
}
