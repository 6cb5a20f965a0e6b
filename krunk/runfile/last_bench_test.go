//go:build unix

package runfile

import (
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/runfile"
)

// BenchmarkLast is what Start takes longer for LastRun, beside thirty dead runs.
func BenchmarkLast(b *testing.B) {
	d := &dir{Dir: b.TempDir()}
	sizes := blackbox.Sizes{
		blackbox.FactsRegion: blackbox.FactsSize, blackbox.OutboxRegion: 1 << 20, blackbox.HistoryRegion: 64 << 10, blackbox.RingRegion: 256 << 10,
	}
	for i := range 30 {
		f, err := runfile.Create(d.Dir+"/runs", sizes.Total(), textRoom, uint64(i), 7)
		if err != nil {
			b.Skip(err)
		}
		blackbox.NewBlock(f.Mem, sizes, 7).Publish(&blackbox.Facts{Start: int64(i)})
		f.Close()
	}
	for b.Loop() {
		if last, _ := d.last(64 << 10); last == nil {
			b.Fatal("there is no last run")
		}
	}
}
