package sender

import (
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
)

// An attempt is one allocation, its lifetime, compressed or not.
func TestAttemptAllocatesItsLifetime(t *testing.T) {
	for _, pack := range []bool{false, true} {
		s := New(Config{
			Outbox: blackbox.NewOutbox(blackbox.Words(64<<10), 7), Compress: deflate.Items(), Progress: new(notify.Signal), Tally: new(tally.Tally), Freed: func() {},
			Transport: transport.Func(func(transport.Context, *transport.Request) (transport.Response, error) {
				return transport.Response{Status: 200}, nil
			}),
		})
		item := protocol.AppendItem(nil, "event", make([]byte, 3000))
		m := blackbox.Meta{Kind: blackbox.Event, Category: uint8(protocol.CategoryError), Count: 1, ID: [16]byte{1}}
		if pack {
			item, _, _ = s.cfg.Compress.Pack(nil, item, 0)
			m.Encoding = 1
		}
		if got := testing.AllocsPerRun(100, func() {
			s.cfg.Outbox.Put(m, item)
			if _, over := s.step(); over || s.Sent.Load() == 0 {
				t.Fatal("nothing was sent")
			}
		}); got != 1 {
			t.Errorf("compressed %v: %v allocations, want 1", pack, got)
		}
	}
}
