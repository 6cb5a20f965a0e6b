package krunk

import (
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/legacy"
	"github.com/krunk-go/krunk/internal/protocol"
)

// The least memory still holds an event that was cut to the bone, with its envelope's head.
func TestLeastMemoryHoldsAnEvent(t *testing.T) {
	for _, pack := range []int{0, 292 << 10} {
		s := sharesOf(leastMemory(pack)-pack, pack > 0)
		out := blackbox.NewOutbox(blackbox.Words(s.outbox), 7)
		if got := min(out.MaxBody()-256, s.item-64); got < protocol.MinFit {
			t.Errorf("with %d bytes for a compressor an event may have %d, want at least %d", pack, got, protocol.MinFit)
		}
	}
}

func TestChannelName(t *testing.T) {
	long := strings.Repeat("n", 64)
	for _, tt := range []struct{ in, want string }{
		{"net.http", "net.http"}, {"Net/läng", "net_l_ng"}, {"名前", "__"}, {"a\xffb", "a_b"}, {"", "default"}, {".net..a.", "_net._a_"},
		{long + "x", long}, {strings.Repeat("ä", 65), strings.Repeat("_", 64)}, {strings.Repeat("n", 63) + ".x", strings.Repeat("n", 63) + "_"},
	} {
		if got := channelName(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// The most that a run file takes (krunk/runfile) can be read again, with rings: internal/runfile maps 256 MiB. The outbox is longer then than
// Options.Outbox may be.
func TestMostMemoryFitsIntoARunFile(t *testing.T) {
	s := sharesOf(224<<20, false)
	w := legacy.Wish{Sizes: s.sizes(true), Scope: s.scope}
	w.Complete()
	w.Sizes[blackbox.ReplayRegion] = s.replay
	if n := w.Sizes.Total(); n > 256<<20 || s.outbox < 64<<20 {
		t.Errorf("a run takes %d bytes, of these %d for the outbox; want at most 256 MiB, and at least 64", n, s.outbox)
	}
}
