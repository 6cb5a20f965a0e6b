package policyserver

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// A player plays on one server, and somebody looks at them on the page of another: that one asks, and the one that hears them answers,
// until nobody looks any more.
func TestPlayerOfAnotherServer(t *testing.T) {
	for name, store := range stores(t) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				servers := trio(t, store)
				who := Player{Identity: sampling.Identity{ID: "install-17", Player: "p-17"}, Beat: 99_000}
				servers[0].o.Player = func(string) (Player, error) { return who, nil }
				look := func() jsonPlayer {
					return decoded[jsonPlayer](t, do(servers[0], "POST", "/policy/player", `{"player":"p-17"}`, "Authorization", "Bearer secret"))
				}
				seek := func(what string) (p jsonPlayer) {
					for range 20 {
						if p = look(); strings.Contains(p.Follows, what) {
							return p
						}
						time.Sleep(1500 * time.Millisecond)
						synctest.Wait()
					}
					t.Fatalf("got %q, want %q", p.Follows, what)
					return p
				}
				seek("the other servers are asked")
				seek("Nothing was heard of their client within")
				servers[2].HeartbeatEcho(99_000, "have=3.1187")
				if p := seek("Their client is on 1187, as it said "); !strings.HasSuffix(p.Follows, " ago to eu-3.") || !p.Current {
					t.Errorf("%+v", p)
				}
				if _, err := servers[0].Change(t.Context(), Change{Pull: []Pull{{Player: "p-17", ID: "INC-7"}}}, "anna"); err != nil {
					t.Fatal(err)
				}
				if p := look(); p.Current || len(p.Pulls) != 1 || p.Pulls[0].Answered != 0 {
					t.Errorf("%+v", p)
				}
				time.Sleep(5 * time.Second) // the third server reads it
				servers[2].HeartbeatEcho(99_000, "have=3.1188; log="+plan.KindName(plan.PullMark("INC-7")))
				if p := seek("Their client is on 1188"); !p.Current || p.Pulls[0].Answered != 1 {
					t.Errorf("%+v", p)
				}
				time.Sleep(askFor + tellAnyway)
				synctest.Wait()
				if m := servers[0].summarise(); len(m.Asks) != 0 {
					t.Errorf("nobody looks, and it asks about %d clients", len(m.Asks))
				}
				if m := servers[2].summarise(); len(m.Says) != 0 {
					t.Errorf("nobody asks, and it tells of %d clients", len(m.Says))
				}
			})
		})
	}
}

// Nobody can make a server ask or answer about too many, nor say what cannot be.
func TestAsksAreBounded(t *testing.T) {
	s := serving(t, Options{Server: "eu-1"})
	now := time.Now()
	for i := range uint64(1000) {
		s.others.ask(i+1, now.Add(time.Duration(i)*time.Millisecond))
	}
	if got := s.others.asking(now.Add(time.Second)); len(got) != maxAsks || got[len(got)-1] != 1000 {
		t.Errorf("asks about %d, the last %v", len(got), got)
	}
	const head = `{"krunkSummary":1,"server":"eu-2","run":"r","every":10,"version":"3.1187",`
	for body, good := range map[string]bool{
		`"says":[{"client":1,"have":"3.1187","ago":4}]}`:            true,
		`"says":[{"client":1,"ago":4}]}`:                            true,
		`"says":[{"client":1,"have":"x","ago":4}]}`:                 false,
		`"says":[{"client":1,"have":"3.1187","ago":-4}]}`:           false,
		`"says":[{"client":1,"have":"3.1187","ago":1e9}]}`:          false,
		`"asks":[` + strings.Repeat("1,", maxAsks) + `1]}`:          false,
		`"says":[` + strings.Repeat(`{"ago":1},`, maxSays) + `{}]}`: false,
		`"asks":[` + strings.Repeat("1,", maxAsks-1) + `1]}`:        true,
	} {
		if _, err := readSummary("eu-2", []byte(head+body)); (err == nil) != good {
			t.Errorf("%.60s: %v", body, err)
		}
	}
}
