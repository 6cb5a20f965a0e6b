package natspolicy

import (
	"context"
	"fmt"
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
		if c := servers[2].Convergence(); c.Trouble != "" {
			t.Errorf("trouble stays: %s", c.Trouble)
		}
	})
}
