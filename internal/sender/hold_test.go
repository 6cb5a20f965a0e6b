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
					Start: func() int64 { return 0 }, Wait: func() time.Duration { return 0 }, Lose: func() {}, Shorten: func() {}, Leave: func() {},
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

// What the transport keeps open ends with each Halt, once nothing is under way any more, and before anybody is told that nothing is.
func TestHaltHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Uint32
		idle := &keeping{}
		g := newRigWith(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
			return transport.Response{Status: 200}, nil
		}, func(cfg *Config) {
			cfg.Held = &held
			idle.Transport, cfg.Transport = cfg.Transport, idle
		})
		for n := range int32(3) {
			seen := int32(-1)
			held.Store(uint32(n) % 2 * 2)
			g.Halt()
			g.Ask(func() { seen = idle.closed.Load() })
			synctest.Wait()
			if seen != n+1 {
				t.Errorf("halt %d: hung up %d times, want %d", n, seen, n+1)
			}
			g.Ask(func() {})
			synctest.Wait()
		}
		if n := idle.closed.Load(); n != 3 {
			t.Errorf("hung up %d times, want 3", n)
		}
	})
}

// keeping is a transport that keeps something, and panics as it lets go of that.
type keeping struct {
	transport.Transport
	closed atomic.Int32
}

func (k *keeping) CloseIdle() {
	k.closed.Add(1)
	panic("not open")
}
