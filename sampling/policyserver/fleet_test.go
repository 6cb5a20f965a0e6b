package policyserver

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

func TestParseEcho(t *testing.T) {
	for _, c := range []struct {
		in   string
		want state
		ok   bool
	}{
		{"have=3.1187", state{have: v3(1187)}, true},
		{"have=3.1187; seen=3.1188; err=E12", state{v3(1187), v3(1188), 12}, true},
		{"have=3.1187;seen=3.1188;err=conflict;new=thing", state{v3(1187), v3(1188), codeFirst}, true},
		{"have=0.0", state{}, true},
		{"", state{}, false},
		{"seen=3.1", state{seen: v3(1)}, false},
		{"have=3", odd, false}, {"have=3.-1", odd, false}, {"have=3.+1", odd, false}, {"have=.", odd, false},
		{"have=3.99999999999999999999", odd, false}, {"have=3.9007199254740992", odd, false}, {"have=4294967296.1", odd, false},
		{"have=3.1; err=E1x", state{v3(1), sampling.Version{}, codeOther}, true}, {"have=3.1; err=what", state{v3(1), sampling.Version{}, codeOther}, true},
		{"have=3.1" + strings.Repeat(";", 300), odd, false},
	} {
		if got, ok := parseEcho(c.in); got != c.want || ok != c.ok {
			t.Errorf("%q: got %v %v, want %v %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

// Each reason that clients give has words of its own here.
func TestEveryCodeHasWords(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range plan.Codes() {
		st, ok := parseEcho("have=3.1187; seen=3.1188; err=" + c)
		words := reason(st.code)
		if !ok || st.code < codeFirst || words == "" || seen[words] {
			t.Errorf("%s: %v, %q", c, st, words)
		}
		seen[words] = true
	}
}

func FuzzEcho(f *testing.F) {
	f.Add("have=3.1187; seen=3.1188; err=E12")
	f.Add("have=0.0;;=;have=1.1")
	f.Fuzz(func(t *testing.T, echo string) {
		st, _ := parseEcho(echo)
		if st != odd && (st.have.Epoch < 0 || st.have.N < 0 || st.seen.N < 0) {
			t.Errorf("%q gave %v", echo, st)
		}
	})
}

func TestConvergence(t *testing.T) {
	synctest.Test(t, testConvergence) // what was said does not grow old meanwhile
}

func testConvergence(t *testing.T) {
	s := serving(t, Options{})
	if got, want := s.Convergence().Text, "no client has reported within 5 minutes"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := s.Publish(t.Context(), policyDoc(1188, 20), "anna"); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		echo := "have=3.1188"
		switch {
		case i < 26:
			echo = "have=3.1187"
		case i < 28:
			echo = "have=3.1187; seen=3.1188; err=E06"
		}
		s.HeartbeatEcho(uint64(i), "have=0.0") // the last word counts
		s.HeartbeatEcho(uint64(i), echo)
	}
	c := s.Convergence()
	if want := "97.2 % on 1188, 2.6 % on 1187, 0.2 % rejected it: E06 unknown level"; c.Text != want || c.Clients != 1000 {
		t.Errorf("got  %s of %d\nwant %s", c.Text, c.Clients, want)
	}
	for range 10_000 { // an attacker
		do(s, "GET", "/policy", "", "Krunk-Policy", "have=7.7; err=E06")
	}
	if got, want := s.Convergence(), c.Text+"; of those that ask by HTTP 100 % on versions that were never served here"; got.Text != want || got.Clients != 1000 {
		t.Errorf("with an attacker: %s of %d", got.Text, got.Clients)
	}
	time.Sleep(snapshotFor)
	st := decoded[jsonStatus](t, do(s, "GET", "/policy/status", ""))
	if !strings.HasPrefix(st.Convergence.Text, c.Text+"; ") || !st.Convergence.States[0].Current || !st.Convergence.States[2].Rejected {
		t.Errorf("status %+v", st.Convergence)
	}
}

func TestConvergenceWords(t *testing.T) {
	for _, c := range []struct{ echo, want string }{
		{"have=3.1187; seen=3.1188", "100 % on 1187"},
		{"have=0.0", "100 % on the compiled default"},
		{"have=0.0; seen=3.1188; err=signature", "100 % rejected it: no valid signature"},
		{"have=3.1188; err=E12", "100 % on 1188 without what they do not understand: E12 unknown condition"},
		{"have=3.1188; seen=9.9; err=E03", "100 % on 1188 without what they do not understand: E03 bad version"},
		{"have=7.7", "100 % on versions that were never served here"},
		{"gibberish", "100 % on versions that were never served here"},
	} {
		s := serving(t, Options{})
		if _, err := s.Publish(t.Context(), policyDoc(1188, 20), "anna"); err != nil {
			t.Fatal(err)
		}
		s.HeartbeatEcho(1, c.echo)
		if got := s.Convergence().Text; got != c.want {
			t.Errorf("%s: got %s, want %s", c.echo, got, c.want)
		}
	}
	if got := percent(0.0004) + percent(0.9999) + percent(1) + percent(0.5); got != "<0.1>99.910050" {
		t.Errorf("percent: %s", got)
	}
}

func TestFleetForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serving(t, Options{Window: time.Minute})
		for i := range 10 {
			s.HeartbeatEcho(uint64(i), "have=3.1187")
			do(s, "GET", "/policy", "", "Krunk-Policy", "have=3.1187")
		}
		time.Sleep(40 * time.Second) // of the bubble
		s.HeartbeatEcho(1, "have=3.1187")
		if c := s.Convergence(); c.Clients != 10 || c.Polls != 10 {
			t.Errorf("after 40 s: %d and %d clients, want 10 and 10", c.Clients, c.Polls)
		}
		time.Sleep(30 * time.Second)
		if n := s.Convergence().Clients; n != 1 {
			t.Errorf("after 70 s: %d clients, want 1", n)
		}
		time.Sleep(time.Hour)
		if n := s.Convergence().Clients; n != 0 {
			t.Errorf("after an hour: %d clients, want 0", n)
		}
	})
}

// Hostile clients neither fill the memory nor hide the others; many clients are estimated.
func TestFleetIsBounded(t *testing.T) {
	synctest.Test(t, testFleetIsBounded)
}

func testFleetIsBounded(t *testing.T) {
	s := serving(t, Options{})
	for i := range 5000 {
		do(s, "GET", "/policy", "", "Krunk-Policy", fmt.Sprintf("have=3.%d; seen=%d.1; err=E%02d", i, i, i%100))
	}
	const n = 300_000
	for i := range uint64(n) {
		s.HeartbeatEcho(i, "have=3.1187")
	}
	states := 0
	for _, m := range s.fleet.slot {
		states += len(m)
	}
	if len(s.fleet.clients) > maxClients || states > slots*(maxStates+1) {
		t.Errorf("%d clients, %d states", len(s.fleet.clients), states)
	}
	c := s.Convergence()
	if got := float64(c.Clients); math.Abs(got-n) > 0.05*n {
		t.Errorf("%v clients, want about %d", got, n)
	}
	if c.States[0].Version != v3(1187) || c.States[0].Share < 0.97 {
		t.Errorf("most frequent is %+v", c.States[0])
	}
}

func TestHeartbeatEchoDoesNotAllocate(t *testing.T) {
	s := serving(t, Options{})
	s.HeartbeatEcho(7, "have=3.1187")
	if n := testing.AllocsPerRun(1000, func() { s.HeartbeatEcho(7, "have=3.1187; seen=3.1187") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A client that polls ten times in the window is one client.
func TestPollsAreNotClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serving(t, Options{})
		fast := strings.Replace(string(policyDoc(1188, 10)), `"clients"`, `"poll": {"every": "30s"}, "clients"`, 1)
		if _, err := s.Publish(t.Context(), []byte(fast), "anna"); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			time.Sleep(30 * time.Second)
			for range 7 {
				do(s, "GET", "/policy", "", "Krunk-Policy", "have=3.1188")
			}
		}
		if c := s.Convergence(); c.Polls < 6 || c.Polls > 8 {
			t.Errorf("7 clients that poll every 30 s are counted as %d", c.Polls)
		}
	})
}

// TestClockGoesBack checks that a server whose machine's clock is put back hears of what others publish, counts no client that is gone, and
// none of those that ask twice.
func TestClockGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Memory
		a, err := New(&m, Options{Authorize: anna})
		if err != nil {
			t.Fatal(err)
		}
		b, err := New(&m, Options{Authorize: anna})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if _, err := a.Publish(t.Context(), policyDoc(1187, 10), "anna"); err != nil {
			t.Fatal(err)
		}
		const back = int64(time.Hour) // what was noted before lies so far ahead
		a.HeartbeatEcho(1, "have=3.1187; log=9f2c41d1")
		for range 10 {
			do(a, "GET", "/policy", "", "Krunk-Policy", "have=3.1187")
		}
		b.read.Store(time.Now().UnixNano() + back)
		a.fleet.mu.Lock()
		for id, c := range a.fleet.clients {
			c.at += back
			a.fleet.clients[id] = c
		}
		a.fleet.turn += back / int64(a.fleet.window/slots)
		was := a.fleet.slot
		for i := range was {
			a.fleet.slot[(int64(i)+back/int64(a.fleet.window/slots))%slots] = was[i]
		}
		a.fleet.mu.Unlock()

		if _, v := b.Bytes(); v != (sampling.Version{}) {
			t.Fatalf("version %s is served already", v)
		}
		synctest.Wait()
		if _, v := b.Bytes(); v != v3(1187) {
			t.Errorf("the other server serves %s, want what was published", v)
		}
		if c := a.Convergence(); c.Clients != 0 || c.Polls != 0 || len(a.fleet.answered()) != 0 {
			t.Errorf("%d clients and %d polls of before, %v", c.Clients, c.Polls, a.fleet.answered())
		}
		if w := a.heardOf(&Player{Here: true, Beat: 1}); w.known || w.ago < 0 {
			t.Errorf("heard of before: %+v", w)
		}
		a.HeartbeatEcho(1, "have=3.1187")
		for range 40 {
			do(a, "GET", "/policy", "", "Krunk-Policy", "have=3.1187")
			time.Sleep(30 * time.Second)
			a.HeartbeatEcho(1, "have=3.1187")
		}
		if c := a.Convergence(); c.Clients != 1 || c.Polls > 12 {
			t.Errorf("after 20 minutes %d clients and %d of those that ask, which is one every 30 s", c.Clients, c.Polls)
		}
	})
}
