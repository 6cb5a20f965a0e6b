package sender

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/transport"
)

func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := transport.Response{Status: 503, RetryAfter: "60"}
		g := newRig(t, then(down, transport.Response{Status: 403}, transport.Response{Status: 429}, transport.Response{}))
		g.event(t, "boom")
		synctest.Wait()
		for _, want := range []string{"status 403: the server refuses the key", "status 429: the server takes no more", "no route to host", ""} {
			got, ok := g.Probe(nil)
			if !ok || !strings.HasPrefix(got, want) || (want == "") != (got == "") {
				t.Errorf("got %q, %v; want %q", got, ok, want)
			}
		}
		if g.waiting() != 1 || time.Since(g.begin) != 0 {
			t.Errorf("%d wait after %v: a probe sends nothing else and waits for no pause", g.waiting(), time.Since(g.begin))
		}
		for _, a := range g.attempts()[1:] {
			if strings.Contains(string(a.body), "boom") || !strings.Contains(string(a.body), `"discarded_events":[]`) {
				t.Errorf("a probe sent %s", a.body)
			}
		}
	})
}

// A probe tells what was dropped if there is something.
func TestProbeTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, then())
		g.lose(3)
		if got, ok := g.Probe(nil); got != "" || !ok || g.untold() != nil {
			t.Errorf("got %q, %v; left to tell %v", got, ok, g.untold())
		}
	})
}

func TestProbeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		g := newRig(t, func(ctx transport.Context, _ int, _ *transport.Request) (transport.Response, error) {
			select {
			case <-release:
			case <-ctx.Done():
			}
			return transport.Response{Status: 200}, nil
		})
		answers := make(chan bool, 2)
		limit := g.cfg.Progress.Limit(time.Second)
		for range 2 { // one waits for the other
			go func() {
				_, ok := g.Probe(limit)
				answers <- ok
			}()
		}
		time.Sleep(time.Second)
		if first, second := <-answers, <-answers; first || second {
			t.Error("a probe without an answer reports one")
		}
		close(release)
		if _, ok := g.Probe(nil); !ok {
			t.Error("a later probe got no answer")
		}
		g.Stop()
		<-g.over
		if _, ok := g.Probe(nil); ok {
			t.Error("a sender that has ended answers")
		}
	})
}
