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

// kept counts the records of n that a channel sends.
func kept(ch *gate.Channel, n int) (sent int) {
	for range n {
		if v, _ := ch.Take(ch.Decide(gate.LevelInfo), gate.LevelInfo, 0); v&gate.Send != 0 {
			sent++
		}
	}
	return sent
}

// What was sent counts against the next rate too: neither a policy nor a match refills a bucket.
func TestRatesKeepWhatWasSpent(t *testing.T) {
	run := func(name string, f func(*testing.T)) { // no bucket is refilled meanwhile
		t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
	}
	run("the policy changes the rate", func(t *testing.T) {
		c := controller(t, Identity{ID: "a"}, Options{})
		ch, sum := Channel(c, "net"), 0
		for i := range 100 {
			doc := v(fmt.Sprint(i+1), fmt.Sprintf(`"channels":{"net":{"send":"info","rate":"%d/h","burst":10}}`, 10+i%2))
			if err := c.Apply([]byte(doc)); err != nil {
				t.Fatal(err)
			}
			sum += kept(ch, 20)
		}
		if sum < 10 || sum > 12 {
			t.Errorf("%d records at 10 an hour", sum)
		}
	})
	run("a match comes and goes", func(t *testing.T) {
		c := controller(t, Identity{ID: "a"}, Options{}, v("1", `"channels":{"net":{"send":"info","rate":"10/h","burst":10}},
			"rules":[{"id":"r","when":{"match":["m"]},"set":{"channels":{"net":{"rate":"20/h","burst":20}}}}]`))
		ch, sum := Channel(c, "net"), 0
		for i := range 100 {
			c.Update(func(id *Identity) { id.Match = [...]string{"", "m"}[i%2] })
			sum += kept(ch, 30)
		}
		if sum != 30 {
			t.Errorf("%d records at 10 an hour and 20 more in a match", sum)
		}
	})
	run("another limit refuses", func(t *testing.T) {
		c := controller(t, Identity{ID: "a"}, Options{}, v("1", `"channels":{"net":{"send":"info","rate":"10/h","burst":10}},"ceiling":{"rate":"1/h","burst":1}`))
		ch := Channel(c, "net")
		if n := kept(ch, 10); n != 1 {
			t.Fatalf("%d records under a ceiling of 1", n)
		}
		if err := c.Apply([]byte(v("2", `"channels":{"net":{"send":"info","rate":"10/h","burst":10}}`))); err != nil {
			t.Fatal(err)
		}
		if n := kept(ch, 20); n != 9 {
			t.Errorf("%d records after the ceiling is gone, want the 9 that it refused", n)
		}
	})
}

func TestBudgetsAreForgotten(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{})
	ch := Channel(c, "net")
	for i := range 3 * plan.MaxBudgets {
		doc := v(fmt.Sprint(i+1), fmt.Sprintf(`"channels":{"net":{"send":"info"}},
			"rules":[{"id":"r%d","when":{"client":["a"]},"set":{"channels":{"net":{"rate":"1/h"}}}}]`, i))
		if err := c.Apply([]byte(doc)); err != nil {
			t.Fatal(err)
		}
		kept(ch, 1)
	}
	if n := len(c.budgets.List); n > plan.MaxBudgets+1 {
		t.Errorf("%d budgets are kept", n)
	}
}

func ahead(years int) func() time.Time {
	return func() time.Time { return time.Now().Round(0).AddDate(years, 0, 0) }
}

// A machine whose clock is wrong learns the time with a document that it has already, or without any.
func TestClockWithoutANewDocument(t *testing.T) {
	now := time.Now()
	doc := []byte(v("1", fmt.Sprintf(`"issued":%q,"rules":[{"id":"r","until":%q,"when":{"client":["a"]},"set":{"clients":1}}]`,
		now.UTC().Format(time.RFC3339), now.Add(2*time.Hour).UTC().Format(time.RFC3339))))
	for _, row := range []struct {
		name string
		tell func(c *Controller) error
	}{
		{"the same document", func(c *Controller) error { return c.Apply(doc, At{ServerTime: time.Now()}) }},
		{"an answer without one", func(c *Controller) error { c.Clock(time.Now()); return nil }},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := controller(t, Identity{ID: "a"}, Options{})
			c.clock.wallNow = ahead(5)
			c.clock.set(c.clock.wall(), false)
			if err := c.Apply(doc); err != nil || len(c.Status().Rules) != 0 {
				t.Fatalf("5 years ahead: %v, rules %v", err, c.Status().Rules)
			}
			if err := row.tell(c); err != nil {
				t.Fatal(err)
			}
			if s := c.Status(); !slices.Equal(s.Rules, []string{"r"}) || s.ServerTime.Sub(now) > time.Hour {
				t.Errorf("after the server has told the time: rules %v, %v", s.Rules, s.ServerTime)
			}
		})
	}
}

// What a machine with a wrong clock has stored does not count as the server's time in its next run.
func TestGuessedTimeStaysAGuess(t *testing.T) {
	m, now := &memory{}, time.Now()
	a := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)})
	a.clock.wallNow = ahead(5)
	a.clock.set(a.clock.wall(), false)
	if err := a.Apply([]byte(v("1", fmt.Sprintf(`"issued":%q`, now.UTC().Format(time.RFC3339))))); err != nil {
		t.Fatal(err)
	}
	a.Close()
	b := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)}) // the player has mended the clock
	doc := v("2", fmt.Sprintf(`"issued":%q,"expires":%q`, now.UTC().Format(time.RFC3339), now.AddDate(0, 0, 14).UTC().Format(time.RFC3339)))
	if err := b.Apply([]byte(doc)); err != nil {
		t.Errorf("a policy of today: %v", err)
	}
}

type signedBy struct{}

func (signedBy) Verify(_ []byte, sigs []Signature) (string, error) {
	if len(sigs) == 0 {
		return "", ErrSignature
	}
	return sigs[0].Kid, nil
}

func TestOldDocumentOfAnotherKey(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{Verifier: Require(signedBy{})})
	doc := func(n, issued string) []byte {
		return []byte(v(n, `"issued":"`+issued+`","expires":"2126-01-01T00:00:00Z"`))
	}
	for _, step := range []struct {
		n, issued, kid string
		want           error
	}{
		{"1187", "2026-11-01T00:00:00Z", "A", nil},
		{"1", "2026-11-02T00:00:00Z", "B", nil},
		{"1187", "2026-11-01T00:00:00Z", "A", ErrStale},
		{"1188", "2026-11-01T12:00:00Z", "A", ErrStale},
		{"1188", "2026-11-03T00:00:00Z", "A", nil},
	} {
		if err := c.Apply(doc(step.n, step.issued), At{Signature: "kid=" + step.kid + "; sig=AAAA"}); !errors.Is(err, step.want) {
			t.Errorf("%s by %s: got %v, want %v", step.n, step.kid, err, step.want)
		}
	}
	endless := []byte(v("1200", `"issued":"2026-11-04T00:00:00Z"`))
	if err := c.Apply(endless, At{Signature: "kid=A; sig=AAAA"}); err != ErrEndless || !strings.Contains(c.Echo(), "err=endless") {
		t.Errorf("signed without an end: %v, %s", err, c.Echo())
	}
}

func TestUpdateTellsThatThePolicyExpired(t *testing.T) {
	var got []string
	c := controller(t, Identity{ID: "a"}, Options{OnChange: func(x Change) { got = append(got, x.Reason) }})
	now, off := time.Now(), time.Duration(0)
	c.clock.wallNow = func() time.Time { return time.Now().Round(0).Add(off) }
	if err := c.Apply([]byte(v("1", fmt.Sprintf(`"expires":%q`, now.Add(time.Hour).UTC().Format(time.RFC3339))))); err != nil {
		t.Fatal(err)
	}
	off = 2 * time.Hour
	c.Update(func(*Identity) {})
	if !slices.Equal(got, []string{"applied", "expired"}) || c.Echo() != "have=0.0; seen=0.1; err=expired" {
		t.Errorf("told %v, %s", got, c.Echo())
	}
}

func TestAControllerSteersOneClient(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{}, v("1", `"channels":{"net":{"send":"debug"}}`))
	ch := gate.NewChannel("net")
	if err := c.Join(new(gate.Controls), &gate.Program{Channels: []*gate.Channel{ch}}); err != nil || ch.Decide(gate.LevelDebug)&gate.Send == 0 {
		t.Errorf("Join: %v, %b", err, ch.Decide(gate.LevelDebug))
	}
	if err := c.Join(new(gate.Controls), &gate.Program{}); err != errSteers {
		t.Errorf("a second client: got %v, want %v", err, errSteers)
	}
	c.Close()
	if ch.Enabled(gate.LevelFatal) {
		t.Error("a closed controller left a channel open")
	}
	closed := controller(t, Identity{}, Options{})
	closed.Close()
	if err := closed.Join(new(gate.Controls), &gate.Program{}); err != ErrClosed {
		t.Errorf("a closed controller: got %v, want %v", err, ErrClosed)
	}
}

func TestNotFailsClosed(t *testing.T) {
	rule := func(not string) string { return `"rules":[{"id":"r","when":{"not":` + not + `},"set":{"clients":1}}]` }
	for _, row := range []struct {
		not  string
		id   Identity
		want bool
	}{
		{`{"release":["<1.42"]}`, Identity{Release: "game@1.43"}, true},
		{`{"release":["<1.42"]}`, Identity{Release: "game@1.41"}, false},
		{`{"release":["<1.42"]}`, Identity{Release: "game-1.41"}, false},
		{`{"release":["<1.42"]}`, Identity{}, false},
		{`{"release":["1.42"]}`, Identity{Release: "nightly"}, true},
		{`{"region":["eu"]}`, Identity{Region: "us"}, true},
		{`{"region":["eu"]}`, Identity{}, true}, // known to be empty: what holds for everybody is written like this
	} {
		row.id.ID = "a"
		c := controller(t, row.id, Options{}, v("1", rule(row.not)))
		if got := len(c.Status().Rules) == 1; got != row.want {
			t.Errorf("not %s for %+v: matches %v, want %v", row.not, row.id, got, row.want)
		}
	}
}

func TestRejectionsAreToldOnce(t *testing.T) {
	told := make(map[Version]int)
	c := controller(t, Identity{ID: "a"}, Options{OnChange: func(x Change) { told[x.New]++ }})
	for range 50 {
		for n := range 4 {
			_ = c.Apply([]byte(v(fmt.Sprint(n+2), `"clients":200`)))
		}
	}
	if len(told) != 4 || told[Version{N: 2}] != 1 || told[Version{N: 5}] != 1 {
		t.Errorf("told %v", told)
	}
	for n := range 10 * maxTold {
		_ = c.Apply([]byte(v(fmt.Sprint(n+10), `"clients":200`)))
	}
	if c.told.N > maxTold {
		t.Errorf("%d rejections are remembered", c.told.N)
	}
}

// bomb is a game's Storage that panics.
type bomb struct{}

func (bomb) Load() ([]byte, error) { panic("no disk") }
func (bomb) Save([]byte) error     { panic("no disk") }

func TestStorageThatPanics(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{Storage: Keep(bomb{})})
	if s := c.Status(); s.Storage != errPanicked {
		t.Errorf("Load: %v", s.Storage)
	}
	if err := c.Apply([]byte(v("1", loud))); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if s := c.Status(); s.Storage != errPanicked || s.Running.N != 1 {
		t.Errorf("Save: %v, runs %v", s.Storage, s.Running)
	}
}

// A client whose panics a rule has picked by name stands for nobody else.
func TestPanicsOfThosePickedByName(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{}, v("1", `"panics":0,"rules":[{"id":"r","when":{"client":["a"]},"set":{"panics":100}}]`))
	if !c.Status().Panics || c.Status().PanicsPPM != 0 {
		t.Errorf("got %v at %d ppm", c.Status().Panics, c.Status().PanicsPPM)
	}
}

func TestBytesPerHour(t *testing.T) {
	for give, want := range map[int64]int64{0: 0, -1: 0, 1 << 20: 1 << 20} {
		c := join(t, controller(t, Identity{}, Options{Limits: Limits{MaxBytesPerHour: give}}), nil)
		if got := c.Bytes(); got != want {
			t.Errorf("%d: got %d", give, got)
		}
	}
}
