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

// Flush ends when what was there at the call is delivered, though each attempt brings another event that is more important, and
// though others flush as well. A panic goes first all the same.
func TestFlushIsOwedWhatWasThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g *rig
		order := make(map[string]int)
		g = newRig(t, func(_ transport.Context, n int, r *transport.Request) (transport.Response, error) {
			for _, text := range []string{"a log record", "a panic", "the first event"} {
				if bytes.Contains(r.Body, []byte(text)) {
					order[text] = n
				}
			}
			if n == 1 {
				g.put(t, blackbox.Fatal, protocol.CategoryError, "a panic")
			}
			if n < 200 {
				g.event(t, "another event")
				go g.Flush(nil)
			}
			time.Sleep(10 * time.Millisecond) // fake
			return transport.Response{Status: 200}, nil
		})
		g.event(t, "the first event")
		g.put(t, blackbox.Log, protocol.CategoryLogItem, "a log record")
		g.put(t, blackbox.Log, protocol.CategoryLogItem, "another log record")
		limit := g.cfg.Progress.Limit(time.Second)
		if !g.Flush(limit) {
			t.Error("not flushed")
		}
		if order["the first event"] != 0 || order["a panic"] != 2 || order["a log record"] > 3 {
			t.Errorf("attempts %v, want the event, then the panic, then the log record", order)
		}
		for g.waiting() > 0 {
			time.Sleep(time.Second)
		}
	})
}
