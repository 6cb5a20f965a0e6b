package krunk

import (
	"testing"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
)

// The least memory still holds an event that was cut to the bone, with its envelope's head.
func TestLeastMemoryHoldsAnEvent(t *testing.T) {
	out := blackbox.NewOutbox(blackbox.Words(minMemory / 8 * 3))
	if got := out.MaxBody() - 256; got < protocol.MinFit {
		t.Errorf("an event may have %d bytes, want at least %d", got, protocol.MinFit)
	}
}
