package sender

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/transport"
)

// While nobody has answered dead runs are looked at, so that they do not take too much room. Behind a no they are not: who removes their files
// would find one of them held.
func TestDeadRunsAreLeftAloneBehindANo(t *testing.T) {
	for answer, want := range map[uint32]bool{1: true, 2: false} {
		synctest.Test(t, func(t *testing.T) {
			var held atomic.Uint32
			held.Store(answer)
			listed, done := false, false
			g := newRigWith(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
				return transport.Response{Status: 200}, nil
			}, func(cfg *Config) {
				cfg.Held = &held
				cfg.Heirs = Inherit(Heirs{
					Next: func(rest, all bool) *blackbox.Outbox { return nil }, List: func() { listed = true },
					Start: func() int64 { return 0 }, Wait: func() time.Duration { return 0 }, Lose: func() {}, Leave: func() {},
				})
			})
			g.Ask(func() { done = true })
			synctest.Wait()
			if !done || listed != want {
				t.Errorf("answer %d: dead runs were looked at: %v, want %v", answer, listed, want)
			}
		})
	}
}
