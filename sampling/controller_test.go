package sampling

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
)

func v(n, rest string) string {
	s := `{"krunk":1,"version":` + n
	if rest != "" {
		s += "," + rest
	}
	return s + "}"
}

const (
	loud  = `"channels":{"net":{"send":"debug"}}`
	quiet = `"channels":{"net":{"send":"error"}}`
)

func TestWithoutPolicyEverythingReports(t *testing.T) {
	c := controller(t, Identity{}, Options{})
	join(t, c, map[string]gate.Thresholds{"*": sends(gate.LevelWarn), "net": {Trail: gate.LevelTrace, Send: gate.Inherit, Issue: gate.Inherit}})
	ch := Channel(c, "Net")
	if !ch.Enabled(gate.LevelTrace) || ch.Decide(gate.LevelWarn) != gate.Trail|gate.Send || ch.Decide(gate.LevelError) != gate.Trail|gate.Send|gate.Issue {
		t.Errorf("got %b and %b", ch.Decide(gate.LevelWarn), ch.Decide(gate.LevelError))
	}
	s := c.Status()
	if !c.Status().Panics || c.Status().PanicsPPM != gate.Million || s.Sticky || !s.InCohort || s.Source != "default" || c.Echo() != "have=0.0" {
		t.Errorf("got %+v, %s", s, c.Echo())
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	for _, row := range []struct {
		o    Options
		want string
	}{
		{Options{Limits: Limits{Send: "x"}}, `sampling: Options.Limits.Send: "x" is not a level; write trace, debug, info, warn, error, fatal or off`},
		{Options{Limits: Limits{MaxRate: Rate{5, 2}}}, `sampling: Options.Limits.MaxRate.Per: 2ns is not a second, a minute or an hour`},
		{Options{Default: []byte(`{`)}, `sampling: policy rejected: E01, offset 1; krunkpolicy lint says what to write`},
	} {
		if _, err := New(Identity{}, row.o); err == nil || err.Error() != row.want {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
}

func TestNothingBadChangesWhatRuns(t *testing.T) {
	good := v("10", loud)
	for _, row := range []struct {
		name, doc string
		want      error // nil: a *Rejection
		echo      string
	}{
		{"malformed", `{"krunk":1,"version":11,"clients":150}`, nil, "have=0.10; seen=0.11; err=E05"},
		{"truncated", good[:len(good)-3], nil, "have=0.10; err=E01"},
		{"older", v("9", quiet), ErrStale, "have=0.10; seen=0.9"},
		{"other content", v("10", quiet), ErrConflict, "have=0.10; err=conflict"},
		{"newer format", `{"krunk":2,"version":11}`, ErrUnsupported, "have=0.10; seen=0.11; err=E02"},
		{"oversized", v("11", `"note":"`+strings.Repeat("x", MaxDocument)+`"`), ErrTooLarge, "have=0.10; err=E01"},
		{"oversized envelope", strings.Repeat(" ", MaxEnvelope+1), ErrTooLarge, "have=0.10; err=E01"},
		{"expired", v("11", `"expires":"2001-01-01T00:00:00Z",`+quiet), ErrExpired, "have=0.10; seen=0.11; err=expired"},
		{"broken envelope", `{"payload":"%%%%","sigs":[]}`, ErrSignature, "have=0.10; err=signature"},
		{"empty", ``, nil, "have=0.10; err=E01"},
		{"null", `null`, nil, "have=0.10; err=E01"},
		{"hostile depth", strings.Repeat(`{"a":`, 10_000), nil, "have=0.10; err=E01"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := controller(t, Identity{ID: "a"}, Options{}, good)
			err := c.Apply([]byte(row.doc))
			var r *Rejection
			if row.want != nil && !errors.Is(err, row.want) || row.want == nil && !errors.As(err, &r) {
				t.Errorf("got %v, want %v", err, row.want)
			}
			if s := c.Status(); !errors.Is(s.LastError, err) || s.Running != (Version{0, 10}) || Channel(c, "net").Decide(gate.LevelDebug)&gate.Send == 0 || c.Echo() != row.echo {
				t.Errorf("got %+v, %q, want echo %q", s, c.Echo(), row.echo)
			}
			if err := c.Apply([]byte(good)); err != nil || c.Status().LastError != nil {
				t.Errorf("the same bytes again: %v", err)
			}
		})
	}
}

func TestVersionsAreOrderedByEpochFirst(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{}, v("100", ""), v("1", `"epoch":1`))
	if err := c.Apply([]byte(v("101", ""))); !errors.Is(err, ErrStale) || c.Version().String() != "1.1" {
		t.Errorf("got %v, %v", err, c.Version())
	}
}

func TestKillSwitch(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{}, v("1", loud))
	ch := Channel(c, "net")
	for _, step := range []struct {
		doc    string
		ok     bool
		killed bool
		panics bool
	}{
		{v("2", `"enabled":false`), true, true, true},
		{v("3", loud), true, false, true},
		{v("4", `"enabled":false,"channels":{"net":{"send":"loud"}}`), false, true, true}, // wrong elsewhere
		{v("3", loud), false, true, true},                                                 // older than the kill
		{v("5", loud), true, false, true},
		{v("6", `"enabled":false,"panics":0,"channels":{`), false, true, false}, // not even JSON
		{v("7", loud), true, false, true},
		{`{"krunk":2,"version":8,"enabled":false,"new":{}}`, false, true, true},
		{v("9", loud), true, false, true},
		{v("9", `"enabled":false,"x":{`), false, false, true}, // not newer
		{v("0", `"enabled":false,"x":{`), false, false, true}, // no version
		{v("10", `"enabled":false`), true, true, true},
	} {
		err := c.Apply([]byte(step.doc))
		if (err == nil) != step.ok || c.Status().Killed != step.killed || c.Status().Panics != step.panics || ch.Enabled(gate.LevelFatal) == step.killed {
			t.Errorf("%s: got %v, killed %v, panics %v, open %v", step.doc, err, c.Status().Killed, c.Status().Panics, ch.Enabled(gate.LevelFatal))
		}
	}
}

func TestLimits(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{Limits: Limits{Send: "info", PanicsAlways: true}},
		v("1", `"panics":0,"channels":{"net":{"send":"trace"}}`))
	join(t, c, map[string]gate.Thresholds{"own": sends(gate.LevelTrace)})
	if ch := Channel(c, "net"); ch.Decide(gate.LevelDebug)&gate.Send != 0 || ch.Decide(gate.LevelInfo)&gate.Send == 0 {
		t.Errorf("got %b and %b, want send from info", ch.Decide(gate.LevelDebug), ch.Decide(gate.LevelInfo))
	}
	if Channel(c, "own").Decide(gate.LevelTrace)&gate.Send == 0 {
		t.Error("the program's own level was limited")
	}
	if !c.Status().Panics {
		t.Error("panics were turned off")
	}
}

func TestDefaultPolicyLiesUnderThePolicy(t *testing.T) {
	c := controller(t, Identity{ID: idBetween(500_000, gate.Million)}, Options{Default: []byte(v("7", `"clients":10,"channels":{"*":{"send":"warn"}}`))})
	ch := Channel(c, "net")
	if ch.Decide(gate.LevelFatal) != gate.Trail || c.Version() != (Version{}) {
		t.Errorf("default: got %b, %v", ch.Decide(gate.LevelFatal), c.Version())
	}
	if err := c.Apply([]byte(v("1", `"clients":100`))); err != nil || ch.Decide(gate.LevelWarn) != gate.Trail|gate.Send {
		t.Errorf("policy: got %v, %b", err, ch.Decide(gate.LevelWarn))
	}
}

func TestUpdateDecidesAnew(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{}, v("1", `"rules":[{"id":"r","when":{"player":["anna"],"tags.x":["1"]},"set":{"channels":{"net":{"send":"trace"}}}}]`))
	ch := Channel(c, "net")
	tags := map[string]string{"x": "1"}
	c.Update(func(id *Identity) { id.Player, id.Tags = "anna", tags })
	if !ch.Enabled(gate.LevelTrace) || !slices.Equal(c.Status().Rules, []string{"r"}) {
		t.Errorf("login: got %+v", c.Status())
	}
	c.Update(func(id *Identity) { id.Player = "" })
	if ch.Enabled(gate.LevelTrace) {
		t.Error("logout: still on")
	}
}

func TestUntilEndsOffline(t *testing.T) {
	const rule = `"issued":"1999-12-31T00:00:00Z","rules":[{"id":"r","until":"2000-01-01T02:00:00Z","when":{"player":["anna"]},"set":{"channels":{"net":{"send":"trace"}}}}]`
	for _, row := range []struct {
		name  string
		at    At
		local time.Duration // the bubble begins on 2000-01-01
		open  time.Duration
	}{
		{"local clock", At{}, 0, 2 * time.Hour},
		{"server's clock wins over one 3 h behind", At{ServerTime: time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)}, -3 * time.Hour, time.Hour},
		{"server's clock wins over one 5 y ahead", At{ServerTime: time.Date(2000, 1, 1, 1, 30, 0, 0, time.UTC)}, 5 * 365 * 24 * time.Hour, 30 * time.Minute},
		{"local clock 5 y ahead ends early", At{}, 5 * 365 * 24 * time.Hour, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := controller(t, Identity{ID: "a", Player: "anna"}, Options{})
				c.clock.wallNow = func() time.Time { return time.Now().Round(0).Add(row.local) }
				c.clock.set(c.clock.wall(), false)
				if err := c.Apply([]byte(v("1", rule)), row.at); err != nil {
					t.Fatal(err)
				}
				ch := Channel(c, "net")
				if ch.Enabled(gate.LevelTrace) != (row.open > 0) || c.Status().NextExpiry != row.open {
					t.Fatalf("open=%v, next expiry %v, want %v", ch.Enabled(gate.LevelTrace), c.Status().NextExpiry, row.open)
				}
				time.Sleep(row.open - 1)
				synctest.Wait()
				if row.open > 0 && !ch.Enabled(gate.LevelTrace) {
					t.Error("ended early")
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if ch.Enabled(gate.LevelTrace) || c.Status().NextExpiry != 0 {
					t.Error("did not end")
				}
			})
		})
	}
}

func TestUntilEndsEarlyAfterSuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := controller(t, Identity{ID: "a", Env: "x"}, Options{})
		var slept time.Duration
		c.clock.wallNow = func() time.Time { return time.Now().Round(0).Add(slept) }
		at := At{ServerTime: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
		if err := c.Apply([]byte(v("1", `"rules":[{"id":"r","until":"2000-01-01T02:00:00Z","when":{"env":["x"]},"set":{"clients":0}}]`)), at); err != nil {
			t.Fatal(err)
		}
		ch := Channel(c, "net")
		c.mu.Lock()
		slept = 8 * time.Hour // the monotonic clock stood still
		c.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if ch.Decide(gate.LevelError)&gate.Issue == 0 {
			t.Error("the rule holds a minute after its end")
		}
		c.mu.Lock()
		slept = -100 * time.Hour // set back by hand: no second life
		c.mu.Unlock()
		c.Update(func(*Identity) {})
		if got := c.Status().ServerTime; got.Before(at.ServerTime) {
			t.Errorf("server time went back to %v", got)
		}
	})
}

func TestExpiryOfThePolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		c := controller(t, Identity{ID: "a"}, Options{OnChange: func(c Change) { told = append(told, c.Reason+" "+c.Old.String()+" "+c.New.String()) }})
		if err := c.Apply([]byte(v("3", `"issued":"1999-12-31T00:00:00Z","expires":"2000-01-02T00:00:00Z",`+loud))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24*time.Hour - time.Second)
		if !Channel(c, "net").Enabled(gate.LevelDebug) || Channel(c, "net").Decide(gate.LevelDebug)&gate.Send == 0 {
			t.Error("ended early")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if c.Version() != (Version{}) || Channel(c, "net").Decide(gate.LevelDebug)&gate.Send != 0 || c.ETag() != "" {
			t.Errorf("runs %v", c.Version())
		}
		if err := c.Apply([]byte(v("2", loud))); !errors.Is(err, ErrStale) {
			t.Errorf("an older one after expiry: got %v", err)
		}
		if want := []string{"applied 0.0 0.3", "expired 0.3 0.0"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

func TestOnChange(t *testing.T) {
	var c *Controller
	var told []string
	c = controller(t, Identity{ID: "a"}, Options{OnChange: func(ch Change) {
		told = append(told, ch.Reason+" "+ch.New.String())
		if ch.Reason == "applied" && ch.New.N == 1 {
			_ = c.Apply([]byte(v("2", loud))) // from inside
			panic("foreign code")
		}
	}})
	_ = c.Apply([]byte(v("1", "")))
	for range 3 {
		_ = c.Apply([]byte(v("3", `"clients":150`)))
	}
	_ = c.Apply([]byte(v("1", "")))
	if want := []string{"applied 0.1", "applied 0.2", "rejected 0.3"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestClose(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{}, v("1", loud))
	ch := Channel(c, "net")
	c.Close()
	if err := c.Apply([]byte(v("2", loud))); !errors.Is(err, ErrClosed) || ch.Enabled(gate.LevelFatal) || Channel(c, "new").Enabled(gate.LevelFatal) {
		t.Errorf("got %v, %v", err, ch.Enabled(gate.LevelFatal))
	}
	c.Update(func(*Identity) {})
	if ch.Enabled(gate.LevelFatal) {
		t.Error("Update opened a gate after Close")
	}
}

// memory is a Storage.
type memory struct {
	mu sync.Mutex
	b  []byte
}

func (m *memory) Load() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.b), nil
}

func (m *memory) Save(b []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.b = slices.Clone(b)
	return nil
}

func TestStoredPolicy(t *testing.T) {
	const timed = `"issued":"1999-12-31T00:00:00Z","expires":"2000-01-06T00:00:00Z","rules":[{"id":"r","until":"2000-01-01T02:00:00Z","when":{"env":["x"]},"set":{"channels":{"ui":{"send":"trace"}}}}],` + loud
	for _, row := range []struct {
		name    string
		off     time.Duration // between the runs, by the wall clock
		spoil   func([]byte) []byte
		runs    string
		ui, net bool
	}{
		{"next start", time.Minute, nil, "0.5", true, true},
		{"rule ended meanwhile", 3 * time.Hour, nil, "0.5", false, true},
		{"policy ended meanwhile", 6 * 24 * time.Hour, nil, "0.0", false, false},
		{"too old", 8 * 24 * time.Hour, nil, "0.0", false, false},
		{"clock set back: everything in time is over", -time.Hour, nil, "0.0", false, false},
		{"corrupt", time.Minute, func(b []byte) []byte { b[len(b)-9] ^= 1; return b }, "0.0", false, false},
		{"cut off", time.Minute, func(b []byte) []byte { return b[:len(b)/2] }, "0.0", false, false},
		{"something else", time.Minute, func([]byte) []byte { return []byte("hello") }, "0.0", false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &memory{}
				a := controller(t, Identity{ID: "a", Env: "x"}, Options{Storage: Keep(m)})
				if err := a.Apply([]byte(v("5", timed)), At{ETag: `"tag"`}); err != nil {
					t.Fatal(err)
				}
				_ = a.Apply([]byte(`{"krunk":1,"version":6,"clients":150}`)) // never stored
				a.Close()
				if row.spoil != nil {
					m.b = row.spoil(m.b)
				}
				if row.off < 0 {
					r, _ := decodeRecord(m.b)
					r.saved -= plan.Moment(row.off / time.Microsecond)
					m.b = r.encode()
				} else {
					time.Sleep(row.off)
				}
				b := controller(t, Identity{ID: "a", Env: "x"}, Options{Storage: Keep(m)})
				if got := b.Version().String(); got != row.runs || Channel(b, "ui").Enabled(gate.LevelTrace) != row.ui || (Channel(b, "net").Decide(gate.LevelDebug)&gate.Send != 0) != row.net {
					t.Errorf("runs %s, want %s; %+v", got, row.runs, b.Status())
				}
				if row.runs != "0.0" && (b.ETag() != `"tag"` || b.Status().Source != "stored") {
					t.Errorf("got %q, %+v", b.ETag(), b.Status())
				}
				if row.spoil == nil {
					if err := b.Apply([]byte(v("4", loud))); !errors.Is(err, ErrStale) {
						t.Errorf("an older one: got %v", err)
					}
				} else if b := m.b; len(b) != 0 {
					t.Errorf("%d bytes of it were kept", len(b))
				}
				if err := b.Apply([]byte(v("7", loud))); err != nil {
					t.Errorf("a newer one: %v", err)
				}
			})
		})
	}
}

func TestStoredKillStaysAfterRestart(t *testing.T) {
	m := &memory{}
	a := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)}, v("1", loud))
	_ = a.Apply([]byte(v("2", `"enabled":false,"clients":150`)))
	a.Close()
	b := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)})
	if !b.Status().Killed || Channel(b, "net").Enabled(gate.LevelFatal) {
		t.Error("the kill switch is off again")
	}
	if err := b.Apply([]byte(v("3", loud))); err != nil || b.Status().Killed {
		t.Errorf("got %v, killed %v", err, b.Status().Killed)
	}
}

func TestClockThatWasNeverSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in 2000
		c := controller(t, Identity{ID: "a", Env: "x"}, Options{}, v("1", `"rules":[{"id":"r","until":"2026-01-01T02:00:00Z","when":{"env":["x"]},"set":{"channels":{"net":{"send":"trace"}}}}]`))
		if Channel(c, "net").Enabled(gate.LevelTrace) {
			t.Error("a rule that is limited in time holds, and nobody knows what time it is")
		}
		if err := c.Apply([]byte(v("2", `"expires":"2026-01-01T02:00:00Z"`))); !errors.Is(err, ErrExpired) {
			t.Errorf("got %v, want ErrExpired", err)
		}
	})
}

// idBetween returns an install id whose bucket lies between two places.
func idBetween(low, high uint32) string {
	for i := 0; ; i++ {
		if b := gate.Bucket("", strconv.Itoa(i)); b >= low && b < high {
			return strconv.Itoa(i)
		}
	}
}
