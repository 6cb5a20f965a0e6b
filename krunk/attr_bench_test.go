package krunk_test

import (
	"testing"

	"github.com/krunk-go/krunk/krunk"
)

// What an attribute costs below the threshold, where a game makes most of its calls, and in a record that is kept.
func BenchmarkAttrs(b *testing.B) {
	c := quiet(b, krunk.Config{Channels: map[string]krunk.Thresholds{"kept": {Trail: "info", Issue: "off"}}})
	below, kept := c.Channel("below"), c.Channel("kept")
	b.Run("below/0", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			below.Trace("packet lost")
		}
	})
	b.Run("below/1", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			below.Trace("packet lost", krunk.Int("seq", i))
		}
	})
	b.Run("below/2", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			below.Trace("packet lost", krunk.Int("seq", i), krunk.String("peer", "10.0"))
		}
	})
	b.Run("kept/2", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			kept.Info("packet lost", krunk.Int("seq", i), krunk.String("peer", "10.0"))
		}
	})
	b.Run("kept/8", func(b *testing.B) {
		for i := 0; i < b.N; i++ {
			kept.Info("packet lost", krunk.Int("a", i), krunk.Int("b", i), krunk.Int("c", i), krunk.Int("d", i), krunk.Bool("e", true),
				krunk.String("f", "x"), krunk.String("g", "y"), krunk.Float64("h", 0.5))
		}
	})
}
