package sender

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/transport"
)

const told = "queue_overflow error"

func (g *rig) lose(n uint64) { g.tally.Add(protocol.ReasonQueueOverflow, protocol.CategoryError, n) }

// A report that went with an attempt that failed is told again, with what came since, until an answer came; then never again.
func TestReportIsRetoldAfterAFailure(t *testing.T) {
	for _, tt := range []struct {
		name    string
		first   transport.Response
		arrived bool // the first attempt's report counts
	}{
		{"no answer", transport.Response{}, false}, {"unavailable", transport.Response{Status: 503}, false},
		{"refused", transport.Response{Status: 413}, false}, {"limited", transport.Response{Status: 429, RetryAfter: "1"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(t, then(tt.first))
				g.lose(3)
				g.event(t, "one")
				synctest.Wait()
				if got := g.attempts()[0].reported[told]; got != 3 {
					t.Fatalf("the first attempt told of %d, want 3", got)
				}
				g.lose(1)
				time.Sleep(10 * time.Second) // past reportEvery
				g.event(t, "two")
				g.Flush(nil)
				sum := 0
				for i, a := range g.attempts() {
					if i > 0 || tt.arrived {
						sum += a.reported[told]
					}
				}
				if sum != 4 {
					t.Errorf("the server heard of %d, want 4 (attempts: %+v)", sum, g.attempts())
				}
				if left := g.untold(); left != nil {
					t.Errorf("left to tell: %v", left)
				}
			})
		})
	}
}

func TestReportsRideAlongNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t, then())
		for range 11 {
			g.lose(1)
			g.event(t, "m")
			synctest.Wait()
			time.Sleep(time.Second)
		}
		n, sum := 0, 0
		for _, a := range g.attempts() {
			if a.reported != nil {
				n++
			}
			sum += a.reported[told]
		}
		if n != 3 || sum != 11 {
			t.Errorf("%d reports told of %d, want 3 in eleven seconds and all of 11", n, sum)
		}
	})
}

// Without an envelope to ride along with, a report goes alone when somebody flushes: one attempt for each flush, one a second while they fail.
func TestReportAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := transport.Response{Status: 503}
		g := newRig(t, then(down, transport.Response{}))
		g.lose(2)
		synctest.Wait()
		if len(g.attempts()) != 0 {
			t.Error("a drop alone woke the sender")
		}
		for i, want := range []string{"[queue_overflow error 2]", "[queue_overflow error 2]", "[]", "[]"} {
			if !g.Flush(nil) {
				t.Fatalf("flush %d did not end", i)
			}
			if got := fmt.Sprint(g.untold()); got != want {
				t.Errorf("after flush %d: left to tell %s, want %s", i, got, want)
			}
			if calls := len(g.attempts()); !g.Flush(nil) || i < 2 && len(g.attempts()) != calls {
				t.Errorf("another flush in the same second made an attempt")
			}
			time.Sleep(time.Second)
		}
		if len(g.attempts()) != 3 {
			t.Errorf("%d attempts, want 3: a flush with nothing to tell makes none", len(g.attempts()))
		}
		for _, a := range g.attempts() {
			if a.reported[told] != 2 {
				t.Errorf("a report told of %d, want 2", a.reported[told])
			}
		}
	})
}
