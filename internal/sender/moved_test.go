package sender

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

// What was captured before the device learned the time tells it as it is known when it is sent; a clock that runs a little
// wrong changes nothing.
func TestTimesAreThoseKnownWhenSent(t *testing.T) {
	for _, tt := range []struct {
		told, known int64
		want        string
	}{
		{1e9, 1_790_000_000e9, `"timestamp":1790000004}`},
		{1_790_000_000e9, 1_790_000_000e9 + int64(30*time.Second), `"timestamp":5}`},
		{0, 1_790_000_000e9, `"timestamp":5}`},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newRigWith(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
				return transport.Response{Status: 200}, nil
			}, func(c *Config) { c.Start = func() int64 { return tt.known } })
			item := protocol.AppendItem(nil, "event", []byte(`{"timestamp":5}`))
			g.outbox.Put(blackbox.Meta{ID: [16]byte{1}, Kind: blackbox.Event, Category: uint8(protocol.CategoryError), Count: 1, Start: tt.told}, item)
			g.Wake()
			synctest.Wait()
			if calls := g.attempts(); len(calls) != 1 || !bytes.Contains(calls[0].body, []byte(tt.want)) {
				t.Errorf("told by %d, known %d: sent %s, want %s", tt.told, tt.known, calls[0].body, tt.want)
			}
		})
	}
}
