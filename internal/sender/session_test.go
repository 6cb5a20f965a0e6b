package sender

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/session"
	"github.com/krunk-go/krunk/transport"
)

// playing returns a rig whose run has a session, over a server that takes a second for each answer, and six for that a session began.
func playing(t *testing.T, parallel int) (*rig, *session.Life) {
	l := new(session.Life)
	begin := time.Now()
	slow := func(_ transport.Context, _ int, r *transport.Request) (transport.Response, error) {
		time.Sleep(time.Second)
		if bytes.Contains(r.Body, []byte(`"init"`)) {
			time.Sleep(5 * time.Second)
		}
		return transport.Response{Status: 200}, nil
	}
	g := newRigWith(t, slow, func(cfg *Config) {
		cfg.Session = l
		cfg.Transport = parallelTransport{cfg.Transport, parallel}
		l.Init(session.Config{
			Words: new(blackbox.Session), Errors: new(atomic.Uint64), Run: session.Run{ID: [16]byte{9}, Release: "moonfall@1"},
			Start: begin.UnixNano, Now: func() int64 { return int64(time.Since(begin)) }, Wake: func() {},
		})
	})
	return g, l
}

type parallelTransport struct {
	transport.Transport
	n int
}

func (p parallelTransport) Parallel() int { return p.n }

func (g *rig) panics(t *testing.T, text string, upto uint64) {
	t.Helper()
	item := protocol.AppendItem(nil, "event", []byte(`"`+text+`"`))
	if !g.outbox.Put(blackbox.Meta{ID: [16]byte{1}, Kind: blackbox.Fatal, Category: uint8(protocol.CategoryError), Count: 1, Upto: upto}, item) {
		t.Fatal("no room in the outbox")
	}
	g.Wake()
}

// with returns the number of the attempts whose envelope holds the text, and what else is in the first of them.
func (g *rig) with(text string) (n int, body string) {
	for _, a := range g.attempts() {
		if strings.Contains(string(a.body), text) {
			if n++; n == 1 {
				body = string(a.body)
			}
		}
	}
	return n, body
}

// A crash is told beside its own event: not beside a panic from before it, and not before it is there.
func TestCrashIsToldBesideItsEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, l := playing(t, 1)
		g.panics(t, "first", 10)
		g.panics(t, "second", 20)
		time.Sleep(500 * time.Millisecond) // the first one is on its way
		l.End(session.Crashed, 20)
		time.Sleep(time.Minute)
		if n, _ := g.with(`"crashed"`); n != 0 {
			t.Fatal("the crash was told before its event")
		}
		g.panics(t, "from before", 20)
		g.panics(t, "the crash", 30)
		time.Sleep(time.Minute)
		if n, body := g.with(`"crashed"`); n != 1 || !strings.Contains(body, "the crash") {
			t.Errorf("told %d times, want once beside its event: %s", n, body)
		}
		if n := g.waiting(); n != 0 {
			t.Errorf("%d entries wait", n)
		}
	})
}

// How a session ends is written when it is known whether a server has heard of it: it is not said twice that it began.
func TestEndWaitsForWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, l := playing(t, 4)
		g.put(t, blackbox.Log, protocol.CategoryLogItem, "a first answer")
		time.Sleep(2 * time.Second)
		g.event(t, "one")
		g.event(t, "two")
		time.Sleep(500 * time.Millisecond)
		l.End(session.Exited, 0)
		if !g.Flush(nil) {
			t.Error("the flush did not end")
		}
		if n, _ := g.with(`"exited"`); n != 1 {
			t.Errorf("the end was told %d times, want once before the flush ends", n)
		}
		if n, _ := g.with(`"init"`); n != 1 {
			t.Errorf("the beginning was told %d times, want once", n)
		}
	})
}
