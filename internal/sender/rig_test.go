package sender

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/notify"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/transport"
)

// attempt is one call of the transport.
type attempt struct {
	at       time.Duration // since the rig was made
	body     []byte
	reported map[string]int // what a client report in it told, by "reason category"
}

// rig is a sender over a transport that answers what the test says. It must be made inside of a bubble.
type rig struct {
	*Sender
	outbox *blackbox.Outbox
	over   chan struct{} // closed when Work has returned
	tally  *tally.Tally
	begin  time.Time
	freed  atomic.Int32
	mu     sync.Mutex
	calls  []attempt // guarded by mu
}

// attempts returns a copy of the attempts so far.
func (g *rig) attempts() []attempt {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}

// note adds an attempt and returns its number.
func (g *rig) note(a attempt) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, a)
	return len(g.calls) - 1
}

// newRig starts a sender; answer says what attempt n, from 0, gets.
func newRig(t *testing.T, answer func(ctx transport.Context, n int, r *transport.Request) (transport.Response, error)) *rig {
	return newRigWith(t, answer, nil)
}

func newRigWith(t *testing.T, answer func(ctx transport.Context, n int, r *transport.Request) (transport.Response, error), change func(*Config)) *rig {
	g := &rig{outbox: blackbox.NewOutbox(blackbox.Words(64<<10), 7), tally: new(tally.Tally), begin: time.Now()}
	cfg := Config{
		URL: "https://sentry.example/api/42/envelope/", Auth: "Sentry key", UserAgent: "krunk.go/1",
		Outbox: g.outbox, Progress: new(notify.Signal), Tally: g.tally, Freed: func() { g.freed.Add(1) },
		Transport: transport.Func(func(ctx transport.Context, r *transport.Request) (transport.Response, error) {
			n := g.note(attempt{time.Since(g.begin), bytes.Clone(r.Body), reported(t, r.Body)})
			return answer(ctx, n, r)
		}),
	}
	if change != nil {
		change(&cfg)
	}
	g.Sender = New(cfg)
	g.over = make(chan struct{})
	go func() {
		defer close(g.over)
		g.Work()
	}()
	t.Cleanup(func() {
		g.Stop()
		<-g.over
	})
	return g
}

// put puts an envelope into the outbox and wakes the sender.
func (g *rig) put(t *testing.T, k blackbox.Kind, c protocol.Category, text string) {
	t.Helper()
	item := protocol.AppendItem(nil, "event", fmt.Appendf(nil, "%q", text))
	if !g.outbox.Put(blackbox.Meta{ID: [16]byte{1}, Kind: k, Category: uint8(c), Count: 1}, item) {
		t.Fatal("no room in the outbox")
	}
	g.Wake()
}

func (g *rig) event(t *testing.T, text string) {
	t.Helper()
	g.put(t, blackbox.Event, protocol.CategoryError, text)
}

// waiting returns how many envelopes have no answer yet.
func (g *rig) waiting() int { n, _, _ := g.outbox.Usage(); return n }

// untold returns what no report has told yet, as "reason category quantity".
func (g *rig) untold() (out []string) {
	for _, d := range g.tally.Untold(nil) {
		out = append(out, fmt.Sprint(d.Reason, " ", d.Category, " ", d.Quantity))
	}
	return out
}

// reported returns what the client report of an envelope tells, nil if there is none.
func reported(t *testing.T, body []byte) map[string]int {
	var out map[string]int
	for _, line := range bytes.Split(body, []byte("\n")) {
		var v struct {
			Discarded []struct {
				Reason, Category string
				Quantity         int
			} `json:"discarded_events"`
		}
		if !bytes.Contains(line, []byte(`"discarded_events"`)) {
			continue
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Errorf("client report %s: %v", line, err)
		}
		out = make(map[string]int)
		for _, d := range v.Discarded {
			out[d.Reason+" "+d.Category] += d.Quantity
		}
	}
	return out
}

// always gives every attempt the same answer.
func always(r transport.Response) func(transport.Context, int, *transport.Request) (transport.Response, error) {
	return func(transport.Context, int, *transport.Request) (transport.Response, error) { return r, nil }
}

// then gives the first attempts these answers, a zero Status standing for none, and 200 to all others.
func then(first ...transport.Response) func(transport.Context, int, *transport.Request) (transport.Response, error) {
	return func(_ transport.Context, n int, _ *transport.Request) (transport.Response, error) {
		switch {
		case n >= len(first):
			return transport.Response{Status: 200}, nil
		case first[n].Status == 0:
			return transport.Response{}, errNetwork
		}
		return first[n], nil
	}
}

var errNetwork = fmt.Errorf("no route to host")
