package sender

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

// poisoned refuses what holds the word with that answer, or that panic, and takes all else.
func poisoned(bad transport.Response, panics bool) func(transport.Context, int, *transport.Request) (transport.Response, error) {
	return func(_ transport.Context, _ int, r *transport.Request) (transport.Response, error) {
		switch {
		case !bytes.Contains(r.Body, []byte("poison")):
			return transport.Response{Status: 200}, nil
		case panics:
			panic("what is this")
		}
		return bad, nil
	}
}

// An envelope that is answered with 5xx for what is in it holds up nothing, and is given up in the end.
func TestPoisonedEnvelope(t *testing.T) {
	for _, kind := range []blackbox.Kind{blackbox.Event, blackbox.Fatal} {
		for name, answer := range map[string]func(transport.Context, int, *transport.Request) (transport.Response, error){
			"502": poisoned(transport.Response{Status: 502}, false), "408": poisoned(transport.Response{Status: 408}, false),
			"page": poisoned(transport.Response{Status: 200, ContentType: "text/html"}, false), "panic": poisoned(transport.Response{}, true),
		} {
			t.Run(fmt.Sprint(kind, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := newRig(t, answer)
					g.put(t, kind, protocol.CategoryError, "poison")
					for i := range 20 {
						g.event(t, fmt.Sprint("good ", i))
					}
					time.Sleep(5 * time.Second)
					synctest.Wait()
					if g.Sent.Load() != 20 || g.waiting() != 1 || g.Away() {
						t.Errorf("after 5 s %d are sent, %d wait, away %v; want 20 and the bad one", g.Sent.Load(), g.waiting(), g.Away())
					}
					// It is given up after eight refusals between which others were taken, minutes later.
					for range 60 {
						g.event(t, "good")
						time.Sleep(10 * time.Second)
					}
					synctest.Wait()
					if got := fmt.Sprint(g.untold()); got != "[]" || g.waiting() != 0 || g.Sent.Load() != 80 {
						t.Errorf("%d sent, %d wait, untold %s; want the bad one given up and told", g.Sent.Load(), g.waiting(), got)
					}
					told, bad := 0, 0
					for _, a := range g.attempts() {
						told += a.reported["send_error error"]
						if bytes.Contains(a.body, []byte("poison")) {
							bad++
						}
					}
					if told != 1 || bad < 1+maxRefusals || bad > 12 {
						t.Errorf("%d told as lost after %d attempts, want 1 after %d or a few more", told, bad, 1+maxRefusals)
					}
				})
			})
		}
	}
}

// Alone, an envelope is never given up: its refusals say nothing of it.
func TestRefusedAloneNeverRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, poisoned(transport.Response{Status: 500}, false))
		g.event(t, "poison")
		time.Sleep(24 * time.Hour)
		if g.waiting() != 1 || len(g.attempts()) < 200 {
			t.Errorf("%d wait after %d attempts", g.waiting(), len(g.attempts()))
		}
	})
}

// When everything gets 5xx nothing is given up, and the server is not hammered; when it is back, all arrive at once.
func TestServerInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		g := newRig(t, func(transport.Context, int, *transport.Request) (transport.Response, error) {
			if time.Since(begin) < 24*time.Hour {
				return transport.Response{Status: 503}, nil
			}
			return transport.Response{Status: 200}, nil
		})
		for i := range 30 {
			g.event(t, fmt.Sprint("event ", i))
			g.put(t, blackbox.Log, protocol.CategoryLogItem, "record")
		}
		time.Sleep(time.Minute)
		if n := len(g.attempts()); n > 9 || !g.Away() {
			t.Errorf("%d attempts in the first minute, away %v", n, g.Away())
		}
		time.Sleep(24 * time.Hour)
		if n := len(g.attempts()); n > 24*60/2 {
			t.Errorf("%d attempts in a day", n)
		}
		time.Sleep(5 * time.Minute)
		if g.waiting() != 0 || g.untold() != nil || g.Sent.Load() != 60 {
			t.Errorf("%d wait, %d sent, lost %v", g.waiting(), g.Sent.Load(), g.untold())
		}
	})
}

// Without an answer the line is held, and the order stays.
func TestNoAnswerHoldsTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, then(transport.Response{}, transport.Response{}, transport.Response{}))
		g.put(t, blackbox.Fatal, protocol.CategoryError, "crash")
		g.event(t, "event")
		time.Sleep(time.Minute)
		var got []bool
		for _, a := range g.attempts() {
			got = append(got, bytes.Contains(a.body, []byte("crash")))
		}
		if fmt.Sprint(got) != "[true true true true false]" {
			t.Errorf("the crash was sent in these attempts: %v, want the first four", got)
		}
	})
}

// What waits for the end of a limit has a quarter of the outbox; the newest over that are dropped for the limit.
func TestWaitingPanicsHaveAQuarter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, then(transport.Response{Status: 200, RateLimits: "3600:error:key"}))
		g.event(t, "meets the limit")
		synctest.Wait()
		big := string(bytes.Repeat([]byte("x"), 6000)) // an eleventh of the outbox
		for i := range 10 {
			g.put(t, blackbox.Fatal, protocol.CategoryError, fmt.Sprint(i, big))
			synctest.Wait()
		}
		if got := fmt.Sprint(g.untold()); g.waiting() != 2 || got != "[ratelimit_backoff error 8]" {
			t.Errorf("%d wait, counted %s; want two and eight", g.waiting(), got)
		}
		time.Sleep(2 * time.Hour)
		for i, a := range g.attempts()[1:] {
			if !bytes.Contains(a.body, fmt.Appendf(nil, "%dxxx", i)) {
				t.Errorf("attempt %d is not of panic %d, the oldest", i, i)
			}
		}
	})
}

// A crash that is itself the one which meets the limit waits for its end; anything else is settled by the 429.
func TestPanicThatMeetsTheLimitWaits(t *testing.T) {
	for kind, want := range map[blackbox.Kind]int{blackbox.Fatal: 2, blackbox.Event: 1} {
		synctest.Test(t, func(t *testing.T) {
			g := newRig(t, then(transport.Response{Status: 429, RateLimits: "3600:error:key"}, transport.Response{Status: 200}))
			g.put(t, kind, protocol.CategoryError, "boom")
			synctest.Wait()
			if n := g.waiting(); n != want-1 {
				t.Errorf("kind %d: %d wait behind the limit, want %d", kind, n, want-1)
			}
			time.Sleep(2 * time.Hour)
			if n := len(g.attempts()); n != want || g.waiting() != 0 {
				t.Errorf("kind %d: %d attempts, %d wait; want %d and none", kind, n, g.waiting(), want)
			}
		})
	}
}
