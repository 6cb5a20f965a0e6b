package main

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/policyserver"
)

const crowd = 1000

// heartbeat is exactly one heartbeat of every client.
func (f *fleet) heartbeat() {
	for turn := range spread {
		for _, w := range f.workers {
			w.turn(turn)
		}
	}
}

// reporters asks each client whether it reports.
func (f *fleet) reporters() map[uint64]bool {
	out := make(map[uint64]bool)
	for _, w := range f.workers {
		for _, p := range w.players {
			if p.reporting() {
				out[p.id] = true
			}
		}
	}
	return out
}

func (t *tally) total() (n uint64) {
	for i := range t.records {
		n += t.records[i].Load()
	}
	return n
}

func newRig(t *testing.T) (*policyserver.Server, *fleet) {
	t.Helper()
	count := new(tally)
	s, err := newPolicies(count, crowd, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFleet(crowd, wire{s}, count)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.close)
	return s, f
}

func change(t *testing.T, s *policyserver.Server, c policyserver.Change) {
	t.Helper()
	if _, err := s.Change(context.Background(), c, "test"); err != nil {
		t.Fatal(err)
	}
}

func between(t *testing.T, what string, got, low, high int) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: got %d, want %d to %d", what, got, low, high)
	}
}

func contains(t *testing.T, what string, all, part map[uint64]bool) {
	t.Helper()
	for id := range part {
		if !all[id] {
			t.Errorf("%s: client %d reported before and does not now", what, id)
		}
	}
}

// TestRaisingOnlyAdds moves the share and counts after exactly one heartbeat each time.
func TestRaisingOnlyAdds(t *testing.T) {
	s, f := newRig(t)
	f.heartbeat()
	tenth := f.reporters()
	between(t, "at 10 %", len(tenth), 70, 130)

	change(t, s, policyserver.Change{Clients: new50()})
	f.heartbeat()
	half := f.reporters()
	between(t, "at 50 %", len(half), 450, 550)
	contains(t, "from 10 to 50", half, tenth)

	ten := 10.0
	change(t, s, policyserver.Change{Clients: &ten})
	f.heartbeat()
	again := f.reporters()
	if len(again) != len(tenth) {
		t.Errorf("back at 10 %%: got %d clients, want the %d of before", len(again), len(tenth))
	}
	contains(t, "back at 10 %", again, tenth)
	if got := f.tally.reporting.Load(); got != int64(len(again)) {
		t.Errorf("tally: got %d clients, want %d", got, len(again))
	}
	if got := s.Convergence().Text; got != "100 % on 3" {
		t.Errorf("convergence: got %q, want %q", got, "100 % on 3")
	}
}

func new50() *float64 { x := 50.0; return &x }

// TestRecords: records come from those that report, on all channels, and from nobody else.
func TestRecords(t *testing.T) {
	_, f := newRig(t)
	for range 20 {
		f.heartbeat()
	}
	in, sum := f.reporters(), [len(channels)]uint64{}
	for _, w := range f.workers {
		for _, p := range w.players {
			for i, n := range p.sent {
				if sum[i] += n; n > 0 && !in[p.id] {
					t.Errorf("client %d does not report and sent %d records on %s", p.id, n, channels[i])
				}
			}
		}
	}
	for i, name := range channels {
		if n := f.tally.counters()[name]; n == 0 || n != sum[i] {
			t.Errorf("%s: counted %d records, the clients sent %d, want the same above 0", name, n, sum[i])
		}
	}
}

// TestShareOfRecords: of what passes the level on net, one record in four is drawn.
func TestShareOfRecords(t *testing.T) {
	s, f := newRig(t)
	doc := `{"krunk":1,"epoch":1,"version":2,"salt":"gameserver","clients":100,"channels":{"net":{"send":"info","records":25}}}`
	if _, err := s.Publish(context.Background(), []byte(doc), "test"); err != nil {
		t.Fatal(err)
	}
	for range 40 { // so many records that chance decides nothing
		f.heartbeat()
	}
	passed := 0
	for level := 1; level < len(levels); level++ { // from info on
		passed += int(f.tally.calls[0][level].Load())
	}
	between(t, "records on net", int(f.tally.records[0].Load()), passed/5, passed*3/10)
}

func TestKillSwitch(t *testing.T) {
	s, f := newRig(t)
	f.heartbeat()
	off, on := false, true
	change(t, s, policyserver.Change{Enabled: &off, Note: "storm"})
	f.heartbeat()
	if n := len(f.reporters()); n != 0 {
		t.Errorf("got %d clients that report, want 0", n)
	}
	before := f.tally.total()
	f.heartbeat()
	if got := f.tally.total(); got != before || before == 0 {
		t.Errorf("got %d records, want the %d of before the kill switch", got, before)
	}
	change(t, s, policyserver.Change{Enabled: &on})
	f.heartbeat()
	between(t, "switched on again", len(f.reporters()), 70, 130)
}

// TestConnect connects a channel that shipped warnings from debug on, for those within the share.
func TestConnect(t *testing.T) {
	s, f := newRig(t)
	f.heartbeat()
	change(t, s, policyserver.Change{Connect: []policyserver.Connect{{Channel: "ai", Level: "debug", For: "1h"}}})
	f.heartbeat()
	n := 0
	for _, w := range f.workers {
		for _, p := range w.players {
			if p.channels[2].Decide(policy.LevelDebug).Send {
				n++
			}
		}
	}
	between(t, "clients that ship ai from debug on", n, 70, 130)
}

// broken serves a document that nobody takes.
type broken struct {
	policies, beats int
	echo            string
}

func (b *broken) Heartbeat(_ uint64, echo string) sampling.Version {
	b.beats, b.echo = b.beats+1, echo
	return sampling.Version{Epoch: 1, N: 7}
}

func (b *broken) Policy() []byte {
	b.policies++
	return []byte(`{"krunk":1,"epoch":1,"version":7,"clients":"many"}`)
}

// TestRefusedPolicy: what ran runs on, the server is told, and the document is not asked for again.
func TestRefusedPolicy(t *testing.T) {
	link := &broken{}
	p, err := newPlayer(1, link)
	if err != nil {
		t.Fatal(err)
	}
	defer p.ctl.Close()
	var rejected *sampling.Rejection
	if err := p.beat(); !errors.As(err, &rejected) || !strings.HasPrefix(err.Error(), "gameserver: client 1: ") {
		t.Errorf("got %v, want a rejection", err)
	}
	for range 3 {
		if err := p.beat(); err != nil {
			t.Error(err)
		}
	}
	if !p.reporting() || link.policies != 1 || link.beats != 4 {
		t.Errorf("reporting %v, %d documents in %d heartbeats, want true, 1 in 4", p.reporting(), link.policies, link.beats)
	}
	if want := "have=0.0; seen=1.7; err=E05"; link.echo != want {
		t.Errorf("echo: got %q, want %q", link.echo, want)
	}
}

// TestGoroutines: clients have none of their own.
func TestGoroutines(t *testing.T) {
	_, f := newRig(t)
	f.heartbeat()
	stacks := make([]byte, 16<<20)
	n := 0
	for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, "krunk/sampling") || strings.Contains(stack, "examples/gameserver") { // and not what tests before this one have left
			n++
		}
	}
	if n > 8 {
		t.Errorf("%d goroutines for %d clients, want at most 8", n, crowd)
	}
}

func TestGroups(t *testing.T) {
	for _, n := range []int{1, 3, 4, 1000, 1001} {
		want := make(map[string]int)
		for i := range n {
			id := identity(i)
			want[id.Release+id.Platform+id.Arch]++
		}
		for _, g := range groups(n) {
			if w := want[g.Identity.Release+g.Identity.Platform+g.Identity.Arch]; g.Clients != w || g.Identity.ID != "" {
				t.Errorf("%d clients: %+v, want %d without an id", n, g, w)
			}
		}
	}
}
