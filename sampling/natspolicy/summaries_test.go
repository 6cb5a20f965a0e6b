package natspolicy

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunk-go/krunk/sampling/policyserver"
)

// Three servers over NATS, each with its own clients: each shows the whole fleet, also after the server of NATS was killed, and while
// it is away each goes on with its own clients and says that it hears nothing of the others.
func TestFleetOverThreeServers(t *testing.T) {
	machines(t, func(t *testing.T, m *machine) {
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		var servers []*policyserver.Server
		var stores []*Store
		for i := range 3 {
			store := m.store(Options{Every: time.Second})
			stores = append(stores, store)
			s, err := policyserver.New(store, policyserver.Options{Server: fmt.Sprint("eu-", i+1)})
			if err != nil {
				t.Fatal(err)
			}
			servers = append(servers, s)
			running.Go(func() { _ = s.Run(ctx) })
		}
		if _, err := servers[0].Publish(ctx, []byte(policy(1187, "")), "anna"); err != nil {
			t.Fatal(err)
		}
		beat := func(version int) {
			for i, s := range servers {
				for client := range 100 * (i + 1) {
					s.HeartbeatEcho(uint64(client), fmt.Sprint("have=3.", version))
				}
			}
		}
		all := func(text string) {
			t.Helper()
			for i, s := range servers {
				eventually(t, fmt.Sprintf("server %d says %q", i+1, text), func() bool {
					c := s.Convergence()
					return c.Clients == 600 && len(c.Servers) == 3 && c.Text == text
				})
			}
		}
		for _, s := range servers {
			eventually(t, "3.1187", func() bool { _, v := s.Bytes(); return v == v3(1187) })
		}
		beat(1187)
		all("100 % on 1187")

		m.end()
		eventually(t, "a word about what cannot be heard", func() bool { return servers[0].Convergence().Trouble != "" })
		if c := servers[0].Convergence(); c.Clients < 100 || c.Servers[0].Clients != 100 {
			t.Errorf("while NATS is away: %+v", c)
		}
		m.start()
		for _, store := range stores {
			m.up(store.js.Conn())
		}
		eventually(t, "publishing again", func() bool {
			_, err := servers[0].Publish(ctx, []byte(policy(1188, "")), "anna")
			return err == nil
		})
		for _, s := range servers {
			eventually(t, "3.1188", func() bool { _, v := s.Bytes(); return v == v3(1188) })
		}
		beat(1188)
		all("100 % on 1188")
		eventually(t, "an end of the trouble", func() bool { return servers[2].Convergence().Trouble == "" })
	})
}

// The kill switch is thrown while NATS is away: the server that it was thrown at serves it at once, the other one once NATS is back, and
// nothing that either had before comes back over it.
func TestKillWhileNATSIsAway(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: a kill that no store took is offered again after 30 s")
	}
	m := embedded(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	var servers []*policyserver.Server
	var stores []*Store
	for i := range 2 {
		store := m.store(Options{Every: time.Second})
		stores = append(stores, store)
		s, err := policyserver.New(store, policyserver.Options{Server: fmt.Sprint("eu-", i+1)})
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, s)
		running.Go(func() { _ = s.Run(ctx) })
	}
	if _, err := servers[0].Publish(ctx, []byte(policy(1187, "")), "anna"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "3.1187", func() bool { _, v := servers[1].Bytes(); return v == v3(1187) })
	m.end()
	report, err := servers[0].Kill(ctx, "storm", "anna") // how long that takes is held by policyserver's TestKillReachesEveryClient
	if err != nil || report.Unstored == nil || report.Version != v3(1188) {
		t.Errorf("kill: %+v, %v", report, err)
	}
	if b, v := servers[0].Bytes(); v != v3(1188) || !strings.Contains(string(b), `"enabled": false`) {
		t.Errorf("the server serves %v: %s", v, b)
	}
	m.start()
	for _, store := range stores {
		m.up(store.js.Conn())
	}
	// What is only in memory is offered again every 30 s.
	eventually(t, "the other server's kill", func() bool {
		b, v := servers[1].Bytes()
		return v == v3(1188) && strings.Contains(string(b), `"enabled": false`)
	})
	if b, v := servers[0].Bytes(); v != v3(1188) || !strings.Contains(string(b), `"enabled": false`) {
		t.Errorf("afterwards the server serves %v: %s", v, b)
	}
}
