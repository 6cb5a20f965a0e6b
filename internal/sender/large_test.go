package sender

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

// atMost takes bodies of up to n bytes.
func atMost(n int) func(transport.Context, int, *transport.Request) (transport.Response, error) {
	return func(_ transport.Context, _ int, r *transport.Request) (transport.Response, error) {
		if len(r.Body) > n {
			return transport.Response{Status: 413}, nil
		}
		return transport.Response{Status: 200}, nil
	}
}

// crumbed puts an event of that kind with breadcrumbs of n bytes.
func (g *rig) crumbed(t *testing.T, k blackbox.Kind, name string, n int) {
	t.Helper()
	front := fmt.Sprintf(`{"event_id":"x","message":%q`, name)
	payload := front + `,"breadcrumbs":{"values":[{"message":"` + strings.Repeat("c", n) + `"}]}}`
	item := protocol.AppendItem(nil, "event", []byte(payload))
	cut := bytes.Index(item, []byte(`,"breadcrumbs"`))
	if !g.outbox.Put(blackbox.Meta{ID: [16]byte{1}, Kind: k, Category: uint8(protocol.CategoryError), Count: 1, Cut: uint32(cut)}, item) {
		t.Fatal("no room in the outbox")
	}
	g.Wake()
}

// An event that is too large goes again without its breadcrumbs, and says so; nothing is lost.
func TestTooLargeGoesWithoutBreadcrumbs(t *testing.T) {
	for _, kind := range []blackbox.Kind{blackbox.Event, blackbox.Fatal} {
		synctest.Test(t, func(t *testing.T) {
			g := newRig(t, atMost(2000))
			g.crumbed(t, kind, "first", 5000)
			g.crumbed(t, kind, "second", 6000)
			g.crumbed(t, kind, "small", 100)
			if !g.Flush(nil) || g.Sent.Load() != 3 || g.untold() != nil {
				t.Fatalf("%d sent, lost %v; want 3 and none", g.Sent.Load(), g.untold())
			}
			if d := time.Since(g.begin); d != 0 {
				t.Errorf("it took %v, want no pause", d)
			}
			calls := g.attempts()
			if len(calls) != 5 {
				t.Fatalf("%d attempts, want 5", len(calls))
			}
			lines := strings.Split(string(calls[1].body), "\n")
			var item struct{ Length int }
			var event struct {
				Message     string
				Breadcrumbs struct{ Values []struct{ Message string } }
			}
			if err := json.Unmarshal([]byte(lines[1]), &item); err != nil || item.Length != len(lines[2]) {
				t.Errorf("item header %s for %d bytes (%v)", lines[1], len(lines[2]), err)
			}
			if err := json.Unmarshal([]byte(lines[2]), &event); err != nil {
				t.Fatalf("%s: %v", lines[2], err)
			}
			if event.Message != "first" || len(event.Breadcrumbs.Values) != 1 || !strings.HasPrefix(event.Breadcrumbs.Values[0].Message, "left out") {
				t.Errorf("got %+v, want the event with a mark", event)
			}
		})
	}
}

// What has nothing to leave out is given up, and what follows is to be built smaller.
func TestTooLargeIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRigWith(t, atMost(10), func(c *Config) {
			c.Outbox = blackbox.NewOutbox(blackbox.Words(512<<10), 7)
		})
		g.outbox = g.cfg.Outbox
		g.event(t, strings.Repeat("x", 100<<10))
		g.Flush(nil)
		if got := fmt.Sprint(g.untold()); !strings.Contains(got, "send_error error 1") {
			t.Errorf("counted %s", got)
		}
		if got := g.outbox.MaxBody(); got < 49<<10 || got > 51<<10 {
			t.Errorf("what follows may have %d bytes, want half of what was refused", got)
		}
		// Without its breadcrumbs it is too large as well.
		g.crumbed(t, blackbox.Fatal, "crash", 5000)
		g.Flush(nil)
		if got := fmt.Sprint(g.untold()); !strings.Contains(got, "send_error error 2") || g.waiting() != 0 {
			t.Errorf("counted %s, %d wait", got, g.waiting())
		}
		if !strings.HasPrefix(g.LastError(), "status 413") {
			t.Errorf("last error %q", g.LastError())
		}
	})
}
