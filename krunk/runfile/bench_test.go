//go:build unix

package runfile_test

import (
	"testing"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/runfile"
)

// BenchmarkCapture is a breadcrumb with two attributes and a beat, on the heap and in a mapped file with its guard.
func BenchmarkCapture(b *testing.B) {
	for _, memory := range []struct {
		name string
		file krunk.RunFile
	}{{"heap", nil}, {"file", runfile.In(b.TempDir())}} {
		c := start(b, krunk.Config{RunFile: memory.file})
		ch := c.Channel("net")
		b.Run("crumb/"+memory.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ch.Debug("packet lost", krunk.Int("seq", 1), krunk.String("peer", "b"))
			}
		})
		b.Run("beat/"+memory.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Beat()
			}
		})
		ring, err := c.Ring("inputs", 32<<10)
		if err != nil {
			b.Fatal(err)
		}
		input := make([]byte, 64)
		b.Run("ring/"+memory.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ring.Write(input)
			}
		})
		c.Close(0)
	}
}
