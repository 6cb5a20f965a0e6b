package sampling

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
)

// A kill switch over whose end a day has passed, with and without a restart, is still thrown; a person turns it off.
func TestKillOutlivesItsEnd(t *testing.T) {
	const short = `"issued":"1999-12-31T00:00:00Z","expires":"2000-01-01T01:00:00Z"`
	for _, row := range []struct {
		name    string
		restart bool
		sleep   time.Duration
	}{{"runs on", false, 25 * time.Hour}, {"restart", true, 25 * time.Hour}, {"restart after a month", true, 30 * 24 * time.Hour}} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &memory{}
				c := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)}, v("4", loud), v("5", `"enabled":false,`+short))
				if row.restart {
					c.Close()
				}
				time.Sleep(row.sleep)
				if row.restart {
					c = controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)})
				}
				if s := c.Status(); !s.Killed || s.Running.N != 5 || s.NextExpiry != 0 || Channel(c, "net").Enabled(gate.LevelFatal) {
					t.Fatalf("reports again: %+v", s)
				}
				if err := c.Apply([]byte(v("4", loud))); !errors.Is(err, ErrStale) || !c.Status().Killed {
					t.Errorf("an older one: %v", err)
				}
				if err := c.Apply([]byte(v("6", loud))); err != nil || c.Status().Killed {
					t.Errorf("a newer one: %v", err)
				}
			})
		})
	}
}

// A kill switch is obeyed however its document was dated.
func TestKillNeedsNoDate(t *testing.T) {
	for _, dates := range []string{"", `"issued":"2026-01-01T00:00:00Z",`, `"issued":"2020-01-01T00:00:00Z","expires":"2020-01-02T00:00:00Z",`} {
		c := controller(t, Identity{ID: "a"}, Options{Verifier: Require(signedBy{})})
		if err := c.Apply([]byte(v("5", dates+`"enabled":false`)), At{Signature: "kid=A; sig=AAAA"}); err != nil || !c.Status().Killed {
			t.Errorf("%q: %v", dates, err)
		}
	}
}

// A key whose documents lie in the future, stolen or of a publisher with a wrong clock, does not lock out the next key, whether
// the server's time is known or not, and not over a restart either.
func TestRotationWinsOverTheFuture(t *testing.T) {
	at := func(year int) time.Time { return time.Date(year, 11, 27, 8, 0, 0, 0, time.UTC) }
	signed := func(n, kid string, issued time.Time, rest string) ([]byte, At) {
		doc := v(n, fmt.Sprintf(`"issued":%q,"expires":%q,%s`, issued.Format(time.RFC3339), issued.AddDate(1, 0, 0).Format(time.RFC3339), rest))
		return []byte(doc), At{Signature: "kid=" + kid + "; sig=AAAA"}
	}
	for _, row := range []struct {
		name          string
		told, restart bool
	}{{"by the server's time", true, false}, {"by this machine's", false, false}, {"after a restart", true, true}, {"after a restart, by this machine's", false, true}} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(at(2026)))
				m := &memory{}
				open := func() *Controller {
					return controller(t, Identity{ID: "a"}, Options{Verifier: Require(signedBy{}), Storage: Keep(m)})
				}
				c := open()
				apply := func(n, kid string, issued time.Time, rest string) error {
					doc, a := signed(n, kid, issued, rest)
					if row.told {
						a.ServerTime = time.Now()
					}
					return c.Apply(doc, a)
				}
				if err := apply("9007199254740991", "A", at(2099), loud); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				killed := time.Now()
				time.Sleep(time.Minute)
				if row.restart {
					c.Close()
					c = open()
					if c.Version().N != 9007199254740991 {
						t.Fatalf("after the restart %+v", c.Status())
					}
				}
				if err := apply("2", "B", at(2025), loud); !errors.Is(err, ErrStale) {
					t.Errorf("an old document of the other key: %v", err)
				}
				if err := apply("3", "B", killed, `"enabled":false`); err != nil || !c.Status().Killed {
					t.Errorf("the kill switch of the next key: %v, %+v", err, c.Status())
				}
				if err := apply("4", "B", time.Now(), loud); err != nil || c.Status().Killed {
					t.Errorf("and what follows: %v", err)
				}
			})
		})
	}
	t.Run("a head that kills", func(t *testing.T) {
		c := controller(t, Identity{ID: "a"}, Options{Verifier: Require(signedBy{})})
		_ = c.Apply([]byte(v("9007199254740991", `"enabled":false,"clients":150`)), At{Signature: "kid=A; sig=AAAA"})
		doc, a := signed("1", "B", at(2026), loud)
		if err := c.Apply(doc, a); err != nil || c.Status().Killed {
			t.Errorf("the next key: %v, %+v", err, c.Status())
		}
	})
}

// A document that lies in the future moves no clock that a server has set.
func TestTheFutureMovesNoClock(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{})
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	if err := c.Apply([]byte(v("1", `"issued":"2099-01-01T00:00:00Z"`)), At{ServerTime: now}); err != nil {
		t.Fatal(err)
	}
	if got := c.Status().ServerTime.Sub(now); got > time.Hour {
		t.Errorf("the clock went ahead by %v", got)
	}
	if err := c.Apply([]byte(v("2", `"issued":"2026-11-27T10:00:00Z","expires":"2026-11-28T00:00:00Z"`)), At{ServerTime: now}); err != nil {
		t.Errorf("a policy of today: %v", err)
	}
	if got := c.Status().ServerTime.Sub(now); got < 2*time.Hour || got > 3*time.Hour {
		t.Errorf("a server that is two hours slow: the clock says %v", got)
	}
}

// Every reason that a client gives is in the table that the server reads.
func TestEveryCodeIsInTheTable(t *testing.T) {
	codes := plan.Codes()
	for _, e := range [...]error{ErrStale, ErrConflict, ErrSignature, ErrUnsupported, ErrTooLarge, ErrExpired, ErrEndless, ErrClosed} {
		c := errorCode(e)
		if c == plan.CodeOther {
			t.Errorf("%v has no code of its own", e)
		}
		if c != "" && c[0] != 'E' && !slices.Contains(codes[:], c) {
			t.Errorf("%q is in no table", c)
		}
	}
}

// A copy of what ran before, such as a cache or a server that is behind still has, does not undo a kill switch that only the head of a document threw,
// whosever key signed which.
func TestCopiesUndoNoHeadThatKills(t *testing.T) {
	const dates = `"issued":"2026-11-27T08:00:00Z","expires":"2126-01-01T00:00:00Z",`
	for _, row := range []struct{ name, runs, kills, n string }{
		{"the same key", "A", "A", "6"}, {"a newer key", "A", "B", "6"}, {"a newer key that counts from 1", "A", "B", "1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := controller(t, Identity{ID: "a"}, Options{Verifier: Require(signedBy{})})
			by := func(kid string) At {
				return At{Signature: "kid=" + kid + "; sig=AAAA", ServerTime: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)}
			}
			runs := []byte(v("5", dates+loud))
			if err := c.Apply(runs, by(row.runs)); err != nil {
				t.Fatal(err)
			}
			if err := c.Apply([]byte(v(row.n, strings.Replace(dates, "T08", "T10", 1)+`"enabled":false,"clients":150`)), by(row.kills)); err == nil || !c.Status().Killed {
				t.Fatalf("the kill switch: %v, %+v", err, c.Status())
			}
			if err := c.Apply(runs, by(row.runs)); !errors.Is(err, ErrStale) || !c.Status().Killed {
				t.Errorf("a copy of what ran: %v, %+v", err, c.Status())
			}
			same := []byte(v(row.n, strings.Replace(dates, "T08", "T10", 1)+loud)) // of a server that had not seen the kill switch
			if err := c.Apply(same, by(row.kills)); !errors.Is(err, ErrStale) || !c.Status().Killed {
				t.Errorf("one of the same number: %v, %+v", err, c.Status())
			}
			if row.runs != row.kills {
				between := []byte(v("6", strings.Replace(dates, "T08", "T09", 1)+loud))
				if err := c.Apply(between, by(row.runs)); !errors.Is(err, ErrStale) || !c.Status().Killed {
					t.Errorf("one between the two: %v, %+v", err, c.Status())
				}
			}
			next := []byte(v("7", strings.Replace(dates, "T08", "T11", 1)+loud))
			if err := c.Apply(next, by(row.kills)); err != nil || c.Status().Killed {
				t.Errorf("the next one: %v, %+v", err, c.Status())
			}
		})
	}
}

// A copy of a document of another key that came before what runs stops nothing, neither as a whole nor by its head, and one without a date neither.
func TestOldHeadOfAnotherKey(t *testing.T) {
	const runs = `"issued":"2026-11-27T10:00:00Z","expires":"2126-01-01T00:00:00Z",` + loud
	for _, row := range []struct {
		issued string
		stops  bool
	}{{`"issued":"2026-11-27T09:00:00Z",`, false}, {`"issued":"2026-11-27T11:00:00Z",`, true}, {"", false}} {
		for _, wrong := range []string{"", `,"clients":150`} {
			c := controller(t, Identity{ID: "a"}, Options{Verifier: Require(signedBy{})})
			apply := func(doc, kid string) error {
				return c.Apply([]byte(doc), At{Signature: "kid=" + kid + "; sig=AAAA", ServerTime: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)})
			}
			if err := apply(v("5", runs), "B"); err != nil {
				t.Fatal(err)
			}
			if err := apply(v("900", row.issued+`"enabled":false`+wrong), "A"); c.Status().Killed != row.stops {
				t.Errorf("%s%s: killed %v, %v", row.issued, wrong, c.Status().Killed, err)
			}
		}
	}
}

// A kill switch that does not say when it was made, or says too early a time, brings no old document of another key back, not after a restart either,
// whether only its head is understood or the whole.
func TestKillWithoutADateUndoesNothing(t *testing.T) {
	const expires = `"expires":"2126-01-01T00:00:00Z",`
	for _, issued := range []string{"", `"issued":"2026-11-27T06:00:00Z",`} {
		for i := range 4 {
			restart, wrong := i&1 != 0, [...]string{"", `,"clients":150`}[i/2]
			synctest.Test(t, func(t *testing.T) {
				m := &memory{}
				open := func() *Controller {
					return controller(t, Identity{ID: "a"}, Options{Verifier: Require(signedBy{}), Storage: Keep(m)})
				}
				c := open()
				apply := func(doc, kid string) error {
					return c.Apply([]byte(doc), At{Signature: "kid=" + kid + "; sig=AAAA", ServerTime: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)})
				}
				if err := apply(v("5", `"issued":"2026-11-27T08:00:00Z",`+expires+loud), "A"); err != nil {
					t.Fatal(err)
				}
				if _ = apply(v("6", issued+`"enabled":false`+wrong), "A"); !c.Status().Killed {
					t.Fatalf("the kill switch: %+v", c.Status())
				}
				if restart {
					c.Close()
					c = open()
				}
				old := v("900", `"issued":"2026-11-27T07:00:00Z",`+expires+loud)
				if err := apply(old, "B"); !errors.Is(err, ErrStale) || !c.Status().Killed {
					t.Errorf("%q%s, restart %v: an old document of another key: %v, killed %v", issued, wrong, restart, err, c.Status().Killed)
				}
				if err := apply(v("1", `"issued":"2026-11-27T11:00:00Z",`+expires+loud), "B"); err != nil || c.Status().Killed {
					t.Errorf("%q%s, restart %v: the next one: %v, killed %v", issued, wrong, restart, err, c.Status().Killed)
				}
			})
		}
	}
}

// A copy of what another key has brought before changes nothing, however it is dated and whoever has signed it since.
func TestCopiesOfOtherKeysChangeNothing(t *testing.T) {
	const expires = `"expires":"2126-01-01T00:00:00Z",`
	at := func(n, issued, rest string) string { return v(n, `"issued":"`+issued+`:00:00Z",`+expires+rest) }
	const off, wrong = `"enabled":false`, `"enabled":false,"clients":150`
	type step struct {
		doc, kid string
		killed   bool
	}
	for _, row := range []struct {
		name  string
		steps []step
	}{
		{"one from the future", []step{{at("5", "2099-01-01T00", loud), "A", false}, {at("1", "2026-11-27T13", off), "B", true}, {at("5", "2099-01-01T00", loud), "A", true}}},
		{"a kill switch from the future", []step{{at("5", "2099-01-01T00", off), "A", true}, {at("1", "2026-11-27T12", loud), "B", true}, {at("2", "2026-11-27T13", loud), "B", false},
			{at("5", "2099-01-01T00", off), "A", false}}},
		{"the head of one", []step{{at("5", "2099-01-01T00", wrong), "A", true}, {at("1", "2026-11-27T13", loud), "B", false}, {at("5", "2099-01-01T00", wrong), "A", false}}},
		{"of the same moment", []step{{at("5", "2026-11-27T10", loud), "A", false}, {at("1", "2026-11-27T10", off), "B", true}, {at("5", "2026-11-27T10", loud), "A", true}}},
		{"another one of that moment", []step{{at("5", "2026-11-27T10", off), "A", true}, {at("1", "2026-11-27T10", loud), "B", true}, {at("1", "2026-11-27T11", loud), "B", false}}},
		{"signed anew", []step{{at("5", "2026-11-27T10", loud), "A", false}, {v("6", wrong), "A", true}, {at("5", "2026-11-27T10", loud), "B", true}}},
		{"signed anew before", []step{{at("5", "2026-11-27T10", loud), "A", false}, {at("5", "2026-11-27T10", loud), "B", false}, {at("4", "2026-11-27T11", off), "B", false},
			{v("6", off), "B", true}, {at("7", "2026-11-27T09", loud), "A", true}}},
		{"a head without a number", []step{{at("5", "2026-11-27T10", loud), "A", false}, {`{"krunk":2,"epoch":3,"enabled":false,"issued":"2026-11-27T11:00:00Z"}`, "A", false}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := &memory{}
			open := func() *Controller {
				return controller(t, Identity{ID: "a"}, Options{Verifier: Require(signedBy{}), Storage: Keep(m)})
			}
			c := open()
			for i, s := range row.steps {
				err := c.Apply([]byte(s.doc), At{Signature: "kid=" + s.kid + "; sig=AAAA", ServerTime: time.Date(2026, 11, 27, 12, i, 0, 0, time.UTC), ETag: fmt.Sprint(i)})
				if c.Status().Killed != s.killed {
					t.Errorf("step %d: killed %v, want %v; %v", i, !s.killed, s.killed, err)
				}
			}
			was := c.Status().Killed
			c.Close()
			if c = open(); c.Status().Killed != was {
				t.Errorf("after a restart killed %v", !was)
			}
		})
	}
}

// Once a policy is over, nothing holds any more that a kill switch could be older than, whosever key signed it and however it was dated.
func TestHeadKillsAfterTheEnd(t *testing.T) {
	for _, kid := range []string{"A", "B"} {
		for _, restart := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				m := &memory{}
				open := func() *Controller {
					return controller(t, Identity{ID: "a"}, Options{Verifier: Require(signedBy{}), Storage: Keep(m)})
				}
				c := open()
				if err := c.Apply([]byte(v("5", `"issued":"2000-01-01T00:00:00Z","expires":"2000-01-01T01:00:00Z",`+loud)), At{Signature: "kid=A; sig=AAAA", ServerTime: time.Now()}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Hour)
				if restart {
					c.Close()
					c = open()
				}
				if c.Version() != (Version{}) {
					t.Fatalf("is not over: %+v", c.Status())
				}
				if err := c.Apply([]byte(v("6", `"enabled":false,"clients":150`)), At{Signature: "kid=" + kid + "; sig=AAAA"}); !c.Status().Killed {
					t.Errorf("key %s, restart %v: %v, %+v", kid, restart, err, c.Status())
				}
			})
		}
	}
}
