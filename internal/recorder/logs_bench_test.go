package recorder

import (
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
)

// BenchmarkLogs is what a log record costs the recorder from the ring to the outbox, in batches as a game of ten thousand a second has them:
// five tags, two attributes, envelopes of 45 KiB.
func BenchmarkLogs(b *testing.B) {
	g := newRig(1<<20, func(c *Config) { c.Item = 45 << 10 })
	for _, k := range []string{"gpu", "map", "mode", "platform", "store"} {
		rec := encoded(record.Head{Type: record.SetTag}, "", nil, nil, record.Field{Key: k, Kind: record.String, Str: "value of " + k})
		g.put(b, blackbox.History, rec)
	}
	g.drain()
	h := record.Head{Type: record.LogType, Flags: record.FlagSend | record.FlagTrail, PPM: million, Frame: 1234}
	body := encoded(h, "packet lost", nil, nil, record.Field{Key: "seq", Kind: record.Int64, Num: 17},
		record.Field{Key: "rtt", Kind: record.Duration, Num: uint64(31 * time.Millisecond)})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		g.put(b, blackbox.Log, body)
		if n++; n%100 == 0 {
			g.drain()
			for e, ok := g.outbox.Next(0, nil); ok; e, ok = g.outbox.Next(0, nil) {
				g.outbox.Done(e.Seq)
			}
		}
	}
}
