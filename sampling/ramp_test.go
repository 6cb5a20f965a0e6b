package sampling

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
)

// day is the issued of TestRamp's policy; a bubble begins at 2000.
var day = time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)

func at(d time.Duration) string { return `"` + day.Add(d).Format(time.RFC3339) + `"` }

// ramp is a policy that rises from 1 to 5, 25 and 100 percent, an hour for each step.
func ramp() string {
	return v("1", `"issued":`+at(0)+`,"clients":1,"ramp":[{"at":`+at(time.Hour)+`,"clients":5},{"at":`+at(2*time.Hour)+`,"clients":25},{"at":`+at(3*time.Hour)+`,"clients":100}]`)
}

// TestRamp checks that a ramp takes its steps by itself, offline, at the server's time, and only adds clients.
func TestRamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 300
		var all [n]*Controller
		for i := range all {
			all[i] = controller(t, Identity{ID: fmt.Sprint("client-", i)}, Options{})
			if err := all[i].Apply([]byte(ramp()), At{ServerTime: day}); err != nil {
				t.Fatal(err)
			}
		}
		in := [n]bool{}
		for _, step := range []struct {
			after time.Duration
			ppm   uint32
			next  time.Duration
		}{
			{0, 10_000, time.Hour}, {time.Hour - time.Second, 10_000, time.Second}, {2 * time.Second, 50_000, time.Hour - time.Second},
			{time.Hour, 250_000, time.Hour - time.Second}, {time.Hour - 2*time.Second, 250_000, time.Second}, {2 * time.Second, gate.Million, 0},
		} {
			time.Sleep(step.after)
			synctest.Wait()
			count := 0
			for i, c := range all {
				s := c.Status()
				if s.ClientsPPM != step.ppm || s.NextExpiry != step.next {
					t.Fatalf("after %v: got %d and %v, want %d and %v", step.after, s.ClientsPPM, s.NextExpiry, step.ppm, step.next)
				}
				if in[i] && !s.InCohort {
					t.Errorf("client %d is out again", i)
				}
				if in[i] = s.InCohort; s.InCohort {
					count++
				}
			}
			if share := float64(count) / n; share < float64(step.ppm)/2/gate.Million || step.ppm == gate.Million && count < n {
				t.Errorf("at %d ppm %d of %d are in", step.ppm, count, n)
			}
		}
	})
}

// TestRuleStartsLaterAndEnds checks "when.from", alone and beside a condition, and a ramp of a rule.
func TestRuleStartsLaterAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := controller(t, Identity{ID: "a", Env: "live"}, Options{})
		ch := Channel(c, "net")
		doc := v("1", `"issued":`+at(0)+`,"channels":{"net":{"send":"error"}},"rules":[
			{"id":"all","until":`+at(2*time.Hour)+`,"when":{"from":`+at(time.Hour)+`},"set":{"channels":{"net":{"send":"info"}}}},
			{"id":"live","until":`+at(4*time.Hour)+`,"when":{"env":["live"],"from":`+at(3*time.Hour)+`},"set":{"panics":0,"clients":0,"ramp":[{"at":`+at(3*time.Hour+time.Minute)+`,"clients":100}],"channels":{"net":{"send":"debug"}}}},
			{"id":"other","until":`+at(4*time.Hour)+`,"when":{"env":["test"],"from":`+at(3*time.Hour)+`},"set":{"channels":{"net":{"send":"off"}}}}]`)
		if err := c.Apply([]byte(doc), At{ServerTime: day}); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			at    time.Duration
			rules string
			sends gate.Level
			in    bool
		}{
			{0, "[]", gate.LevelError, true}, {time.Hour - time.Second, "[]", gate.LevelError, true}, {time.Hour + time.Second, "[all]", gate.LevelInfo, true},
			{2*time.Hour + time.Second, "[]", gate.LevelError, true}, {3*time.Hour + time.Second, "[live]", gate.LevelOff, false},
			{3*time.Hour + time.Minute + time.Second, "[live]", gate.LevelDebug, true}, {4*time.Hour + time.Second, "[]", gate.LevelError, true},
		} {
			time.Sleep(step.at - c.Status().ServerTime.Sub(day))
			synctest.Wait()
			s := c.Status()
			if got := fmt.Sprint(s.Rules); got != step.rules || s.InCohort != step.in || lowestSend(ch) != step.sends {
				t.Errorf("at %v: got %s, in %v, sends from %v; want %s, %v, %v", step.at, got, s.InCohort, lowestSend(ch), step.rules, step.in, step.sends)
			}
		}
	})
}

func lowestSend(ch *gate.Channel) gate.Level {
	for l := gate.LevelTrace; l <= gate.LevelFatal; l++ {
		if ch.Decide(l)&gate.Send != 0 {
			return l
		}
	}
	return gate.LevelOff
}

// TestStepsComeLateRatherThanEarly checks which clock beginnings go by: not a machine's that was set forward or never.
func TestStepsComeLateRatherThanEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wall := day
		c := controller(t, Identity{ID: "a"}, Options{})
		c.clock.wallNow = func() time.Time { return wall }
		if err := c.Apply([]byte(ramp()), At{ServerTime: day}); err != nil {
			t.Fatal(err)
		}
		c.mu.Lock()
		wall = day.AddDate(5, 0, 0)
		c.mu.Unlock()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if s := c.Status(); s.ClientsPPM != 10_000 {
			t.Errorf("a machine whose clock was set 5 years ahead: got %d ppm, want the first step", s.ClientsPPM)
		}
		next := strings.Replace(ramp(), `"version":1,"issued":`+at(0), `"version":2,"issued":`+at(5*time.Minute), 1)
		if err := c.Apply([]byte(next)); err != nil { // over the game's own connection, without a time
			t.Fatal(err)
		}
		if s := c.Status(); s.ClientsPPM != 10_000 || s.Running.N != 2 {
			t.Errorf("and the next policy came without a time: got %d ppm of %s, want the first step of 0.2", s.ClientsPPM, s.Running)
		}
		c.Clock(day.Add(150 * time.Minute))
		if s := c.Status(); s.ClientsPPM != 250_000 {
			t.Errorf("after a server told the time: got %d ppm", s.ClientsPPM)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := controller(t, Identity{ID: "a"}, Options{})
		c.clock.wallNow = func() time.Time { return time.Unix(0, 0) }
		doc := v("1", `"clients":1,"ramp":[{"at":`+at(time.Hour)+`,"clients":5}],"rules":[{"id":"x","when":{"from":`+at(time.Hour)+`},"set":{"panics":0}}]`)
		if err := c.Apply([]byte(doc)); err != nil {
			t.Fatal(err)
		}
		if s := c.Status(); s.ClientsPPM != 10_000 || len(s.Rules) != 0 {
			t.Errorf("no clock at all: got %d ppm and rules %v, want the first step and no rule", s.ClientsPPM, s.Rules)
		}
	})
}

// TestStoredRampStays checks that a restart does not go back to an earlier step, also if the machine's clock did.
func TestStoredRampStays(t *testing.T) {
	for _, back := range []time.Duration{0, 10 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			m := &memory{}
			a := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)})
			if err := a.Apply([]byte(ramp()), At{ServerTime: day.Add(150 * time.Minute)}); err != nil {
				t.Fatal(err)
			}
			a.Close()
			r, _ := decodeRecord(m.b)
			r.saved += plan.Moment(back / time.Microsecond)
			m.b = r.encode()
			b := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)})
			if s := b.Status(); s.Source != "stored" || s.ClientsPPM != 250_000 {
				t.Errorf("clock %v back: got %+v, want the step of before", back, s)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if s := b.Status(); s.ClientsPPM != gate.Million {
				t.Errorf("clock %v back, an hour later: got %d ppm", back, s.ClientsPPM)
			}
		})
	}
}

// TestStoredRampIsNotAhead checks that what a machine stored whose clock was set ahead takes no step before its time in the next run.
func TestStoredRampIsNotAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		a := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)})
		a.clock.wallNow = ahead(0)
		if err := a.Apply([]byte(ramp()), At{ServerTime: day}); err != nil {
			t.Fatal(err)
		}
		a.clock.wallNow = ahead(5)
		next := strings.Replace(ramp(), `"version":1`, `"version":2`, 1)
		if err := a.Apply([]byte(next)); err != nil {
			t.Fatal(err)
		}
		a.Close()
		time.Sleep(90 * time.Minute)
		r, _ := decodeRecord(m.b)
		r.saved -= plan.MomentOf(ahead(5)()) - plan.MomentOf(time.Now()) // New reads the bubble's clock, and so that of the run before is to be like it
		m.b = r.encode()
		b := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)})
		if s := b.Status(); s.Source != "stored" || s.Running.N != 2 || s.ClientsPPM != 50_000 {
			t.Errorf("after 90 minutes: got %+v, want the second step", s)
		}
	})
	for name, of := range map[string]func(r *record){"": func(*record) {}, ", of a program that did not know when things begin": func(r *record) { r.begun = 0 }} {
		synctest.Test(t, func(t *testing.T) { // in 2000, which no clock says that was set
			m := &memory{}
			doc := func(n string) string { return v(n, `"clients":1,"ramp":[{"at":`+at(time.Hour)+`,"clients":5}]`) }
			a := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)}, doc("1"))
			time.Sleep(90 * time.Minute)
			if err := a.Apply([]byte(doc("2"))); err != nil {
				t.Fatal(err)
			}
			a.Close()
			r, _ := decodeRecord(m.b)
			of(&r)
			m.b = r.encode()
			time.Sleep(time.Hour)
			b := controller(t, Identity{ID: "a"}, Options{Storage: Keep(m)})
			if s := b.Status(); s.Source != "stored" || s.Running.N != 2 || s.ClientsPPM != 10_000 {
				t.Errorf("no clock at all%s: got %+v, want the first step of what is stored", name, s)
			}
		})
	}
}

// TestBadRampChangesNothing checks that a client keeps what runs, and says why.
func TestBadRampChangesNothing(t *testing.T) {
	c := controller(t, Identity{ID: "a"}, Options{}, v("1", `"clients":7`))
	for _, bad := range []string{
		`"clients":5,"ramp":[{"at":` + at(0) + `,"clients":4}]`, `"ramp":[{"at":` + at(0) + `,"clients":4}]`, `"clients":5,"ramp":{}`, `"clients":5,"ramp":[5]`,
		`"clients":5,"ramp":[{"at":` + at(1) + `,"clients":6},{"at":` + at(0) + `,"clients":7}]`, `"clients":5,"ramp":[{"at":5,"clients":6}]`,
	} {
		if err := c.Apply([]byte(v("2", bad))); err == nil || c.Version().N != 1 || c.Status().ClientsPPM != 70_000 {
			t.Errorf("%s: got %v, running %v", bad, err, c.Version())
		}
	}
	if got, want := c.Echo(), "have=0.1; seen=0.2; err=E04"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
