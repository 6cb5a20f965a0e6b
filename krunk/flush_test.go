package krunk_test

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

// Flush returns when what was captured before it is delivered, though four goroutines capture as fast as they can.
func TestFlushInAStorm(t *testing.T) {
	for _, tt := range []struct {
		name    string
		capture func(ch *krunk.Channel)
	}{
		{"events", func(ch *krunk.Channel) { ch.Report(errors.New("storm")) }},
		{"logs", func(ch *krunk.Channel) { ch.Info("storm", krunk.Int("n", 1)) }},
		{"both", func(ch *krunk.Channel) { ch.Error("storm", krunk.Int("n", 1)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var found atomic.Bool
			mark := []byte("the mark")
			c := quiet(t, krunk.Config{
				DSN: "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1", MaxRepeats: -1,
				Channels: map[string]krunk.Thresholds{"*": {Send: "info"}},
				Transport: transport.Func(func(_ transport.Context, r *transport.Request) (transport.Response, error) {
					if bytes.Contains(r.Body, mark) {
						found.Store(true)
					}
					return transport.Response{Status: 200}, nil
				}),
			})
			var stop atomic.Bool
			var wg sync.WaitGroup
			defer wg.Wait()
			defer stop.Store(true)
			for range 4 {
				ch := c.Channel("net")
				wg.Go(func() {
					for !stop.Load() {
						tt.capture(ch)
					}
				})
			}
			for i := range 3 {
				time.Sleep(50 * time.Millisecond) // the storm is under way
				found.Store(false)
				if c.ReportPanic(string(mark)).IsZero() {
					t.Fatal("the panic found no room")
				}
				if !c.Flush(time.Minute) || !found.Load() {
					t.Fatalf("flush %d: the panic was delivered: %v; want it, and true", i, found.Load())
				}
			}
		})
	}
}
