package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/sampling/policyserver"
)

// first is the policy at the start: one client in ten reports. Within that share net ships from info on.
const first = `{
  "krunk": 1, "epoch": 1, "version": 1,
  "enabled": true,
  "note": "gameserver starts",
  "salt": "gameserver",
  "clients": 10,
  "channels": {
    "net": { "send": "info" },
    "render": { "send": "warn" },
    "ai": { "send": "warn", "rate": "120/m" }
  }
}
`

// newPolicies is all that a game server needs: a store, who may publish, and what the page may show.
func newPolicies(t *tally, players int, audit func(string)) (*policyserver.Server, error) {
	s, err := policyserver.New(&policyserver.Memory{}, policyserver.Options{
		Authorize: local,
		Page:      true,
		Window:    10 * time.Second, // who was not heard of for that long has left the game
		Channels:  slices.Clone(channels[:]),
		Counters:  t.counters,
		Player:    func(name string) (policyserver.Player, error) { return known(name, players) },
		Audit:     audit,
	})
	if err != nil {
		return nil, err
	}
	_, err = s.Publish(context.Background(), []byte(first), "gameserver")
	return s, err
}

// known is what the game knows about a player, such as player-17: who they are, and which heartbeats are theirs.
func known(name string, players int) (policyserver.Player, error) {
	number, _ := strings.CutPrefix(name, "player-")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= players {
		return policyserver.Player{}, fmt.Errorf("nobody is called %.60q here; the players are player-0 to player-%d", name, players-1)
	}
	return policyserver.Player{Identity: identity(n), Here: true, Beat: uint64(n)}, nil
}

// local lets in who sits at this machine and speaks to it by a name of its own; a foreign name that was made to point here
// is refused. A real game asks its own sessions instead.
func local(r *http.Request) (string, error) {
	if loopback(r.RemoteAddr) != nil {
		return "", errors.New("this demo takes policies from its own machine only")
	}
	if host := r.Host; loopback(host) != nil && loopback(net.JoinHostPort(host, "80")) != nil {
		return "", fmt.Errorf("this demo is not called %.60q; open it by the address that it printed", host)
	}
	return "operator", nil
}

// serve answers on l until ctx ends, and then waits a moment for the answers that are under way.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }() //krunk:allow go net/http recovers what handlers panic with
	select {
	case err := <-done:
		return fmt.Errorf("gameserver: %w", err)
	case <-ctx.Done():
	}
	late, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	if s.Shutdown(late) != nil {
		_ = s.Close() // whoever is slower than that is cut off
	}
	<-done
	return nil
}
