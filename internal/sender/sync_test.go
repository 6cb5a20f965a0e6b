package sender

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

// The disk is waited for by the sender alone: once for each time that somebody asks, and when a crash could not be sent.
func TestSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		syncs := 0
		g := newRigWith(t, func(_ transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			if n < 2 {
				return transport.Response{}, errNetwork
			}
			return transport.Response{Status: 200}, nil
		}, func(c *Config) { c.Sync = func() { syncs++ } })
		want := func(what string, n int) {
			t.Helper()
			synctest.Wait()
			if syncs != n {
				t.Errorf("%s: %d syncs, want %d", what, syncs, n)
			}
		}
		want("nothing happened", 0)
		g.Keep()
		want("somebody asked", 1)
		g.event(t, "boom")
		time.Sleep(time.Minute)
		want("an error was sent after two attempts", 1)
		g.Keep()
		g.Keep()
		time.Sleep(time.Minute)
		want("asked twice at once", 2)
	})
	synctest.Test(t, func(t *testing.T) {
		syncs := 0
		g := newRigWith(t, func(_ transport.Context, n int, _ *transport.Request) (transport.Response, error) {
			return transport.Response{}, errNetwork
		}, func(c *Config) { c.Sync = func() { syncs++ } })
		g.put(t, blackbox.Fatal, protocol.CategoryError, "a crash")
		synctest.Wait()
		if syncs != 1 {
			t.Errorf("%d syncs for a crash that could not be sent, want 1", syncs)
		}
	})
}
