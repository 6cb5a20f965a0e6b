package sampling

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// paper is a document of the model, and what the model needs to know about it.
type paper struct {
	kid     string
	version Version
	issued  time.Time // zero: it does not say
	expires time.Time // likewise
	kills   bool
	whole   bool // the rest behind its head is understood
	body    string
}

func (p *paper) String() string {
	at := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format("06-01-02T15:04:05")
	}
	return fmt.Sprintf("key %q, %v, issued %s, expires %s, kills %v, whole %v", p.kid, p.version, at(p.issued), at(p.expires), p.kills, p.whole)
}

// paperOf draws a document that was made around a day, with few numbers, so that they meet.
func paperOf(r *rand.Rand, kids []string, day time.Time, n int) *paper {
	p := &paper{kid: kids[r.IntN(len(kids))], version: Version{int64(r.IntN(8) / 7), 1 + r.Int64N(6)}, kills: r.IntN(3) == 0, whole: r.IntN(3) > 0}
	switch r.IntN(10) {
	case 0, 1:
	case 2:
		p.issued = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	default:
		p.issued = day.Add(time.Duration(r.IntN(10)-3) * time.Hour)
	}
	if r.IntN(8) > 0 {
		p.expires = day.Add([...]time.Duration{2, 5, 11, 24 * 3000, 24 * 40000}[r.IntN(5)]*time.Hour + 30*time.Minute)
		if !p.issued.IsZero() && !p.issued.Before(p.expires) {
			p.expires = p.issued.Add(1000*24*time.Hour + 30*time.Minute)
		}
	}
	format, rest := 1, []string{fmt.Sprintf(`"note":"%d"`, n), loud}
	if !p.whole {
		if r.IntN(2) == 0 {
			format = 2
		} else {
			rest = append(rest, `"clients":150`)
		}
	}
	if !p.issued.IsZero() {
		rest = append(rest, fmt.Sprintf(`"issued":%q`, p.issued.Format(time.RFC3339)))
	}
	if !p.expires.IsZero() {
		rest = append(rest, fmt.Sprintf(`"expires":%q`, p.expires.Format(time.RFC3339)))
	}
	if p.kills {
		rest = append(rest, `"enabled":false`)
	}
	if rest = append(rest, fmt.Sprintf(`"epoch":%d`, p.version.Epoch)); p.whole || r.IntN(8) > 0 {
		rest = append(rest, fmt.Sprintf(`"version":%d`, p.version.N))
	} else {
		p.version.N = 0
	}
	p.body = fmt.Sprintf(`{"krunk":%d,%s}`, format, strings.Join(rest, ","))
	return p
}

// over reports whether what says so has ended.
func (p *paper) over(now time.Time) bool {
	return !p.kills && !p.expires.IsZero() && !now.Before(p.expires)
}

// model says what a client has to do, slowly and from what is promised, not from how it is done: what holds is the document that was
// obeyed last, until it ends, which one that kills does not.
type model struct {
	holds    *paper // nil: the compiled default
	runs     *paper // of which the whole is in force, unless it was stopped by a head
	floors   map[string]*paper
	from, to time.Time // when what holds was made, as far as that can be known
	taken    time.Time
}

type verdict int

const (
	refused verdict = iota
	obeyed
	either // nothing is promised
)

// judge says whether a document is to be obeyed at now, by a client that believes it to be believed.
func (m *model) judge(p *paper, now, believed time.Time) verdict {
	floor := m.floors[p.kid]
	switch {
	case !p.whole && !p.kills, !p.kills && p.kid != "" && p.expires.IsZero():
		return refused
	case p.version.N == 0, floor != nil && p.version.Less(floor.version):
		return refused
	case floor != nil && p.version == floor.version && (m.holds != nil || floor.body != p.body || !p.whole):
		return refused // the same once more, or another one of its number
	case m.runs != nil && m.runs != m.holds && m.runs.body == p.body:
		return refused // it was stopped, whoever has signed it since
	}
	v := obeyed
	if m.holds != nil && m.holds.kid != p.kid {
		switch {
		case p.issued.IsZero() && !p.kills, p.issued.Before(m.from), m.killed() && !p.kills && !p.issued.After(m.from):
			return refused
		case p.issued.Before(m.to.Add(time.Second)):
			v = either
		}
	}
	if !p.kills && !p.expires.IsZero() {
		if !now.Before(p.expires) {
			return refused
		}
		if at := latest(believed, p.issued); !at.Before(p.expires) {
			v = either
		}
	}
	return v
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (m *model) obey(p *paper, now, believed time.Time) {
	if m.holds == nil {
		m.from, m.to = time.Time{}, time.Time{}
	}
	from, to := p.issued, p.issued
	if from.After(now) {
		from = now
	}
	if believed = latest(believed, now).Add(3 * time.Second); to.After(believed) {
		to = believed
	}
	m.from, m.to = latest(m.from, from), latest(m.to, to)
	m.holds, m.floors[p.kid], m.taken = p, p, now
	if p.whole {
		m.runs = p
	}
}

// end forgets what is over.
func (m *model) end() {
	if m.holds == m.runs {
		m.holds = nil
	}
	m.runs = nil
}

func (m *model) killed() bool { return m.holds != nil && m.holds.kills }

type anyKey struct{}

func (anyKey) Verify(_ []byte, sigs []Signature) (string, error) {
	if len(sigs) == 0 {
		return "", ErrSignature
	}
	return strings.TrimPrefix(sigs[0].Kid, "none"), nil
}

// walk takes a client and the model through one order of documents, restarts and pauses.
type walk struct {
	*rand.Rand
	keys   []string
	papers []*paper
	told   int // the server's time comes never, with every other document, with all
	store  *memory
	c      *Controller
	m      *model
	ahead  time.Duration // how far the client's clock has been, since ends come early rather than late
	trace  []string
}

func newWalk(seed uint64) *walk {
	w := &walk{Rand: rand.New(rand.NewPCG(seed, 13)), store: &memory{}, m: &model{floors: map[string]*paper{}}}
	day := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	time.Sleep(time.Until(day))
	w.keys = [][]string{{""}, {"a", "b"}, {"a", "b"}, {"", "a", "b"}}[w.IntN(4)]
	for n := range 6 + w.IntN(8) {
		w.papers = append(w.papers, paperOf(w.Rand, w.keys, day, n))
	}
	w.told = w.IntN(3)
	return w
}

func (w *walk) open(t *testing.T) {
	w.c = controller(t, Identity{ID: "a"}, Options{Verifier: Require(anyKey{}), Storage: Keep(w.store)})
}

func (w *walk) say(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf(format, args...))
}

// step does one of the three things that happen to a client, and returns what is wrong then.
func (w *walk) step(t *testing.T) string {
	before := w.c.Status()
	w.ahead = max(w.ahead, time.Until(before.ServerTime)+3*time.Second)
	restarted := false
	switch w.IntN(10) {
	case 0:
		w.c.Close()
		if w.IntN(2) == 0 {
			time.Sleep([...]time.Duration{1, 3, 24 * 8}[w.IntN(3)] * time.Hour)
		}
		w.open(t)
		restarted = true
		w.say("restart")
	case 1:
		time.Sleep(time.Duration(1+w.IntN(3)) * time.Hour)
		w.say("pause")
	default:
		w.deliver(before.ServerTime)
	}
	synctest.Wait()
	s, now, m := w.c.Status(), time.Now(), w.m
	if m.runs != nil && m.runs.over(s.ServerTime) {
		m.end()
	}
	if restarted {
		if m.holds != m.runs {
			m.runs = nil // only what has stopped everything is stored
		} else if m.runs != nil && s.Running == (Version{}) && (m.runs.over(now.Add(w.ahead)) || !m.killed() && now.Sub(m.taken) > 7*24*time.Hour) {
			m.end()
		}
	}
	return w.check(&s)
}

// deliver brings a document, perhaps once more.
func (w *walk) deliver(believed time.Time) {
	p := w.papers[w.IntN(len(w.papers))]
	if w.IntN(12) == 0 { // somebody else has signed the same
		other := *p
		other.kid, p = w.keys[w.IntN(len(w.keys))], &other
	}
	a := At{Signature: "kid=" + p.kid + "; sig=AAAA"}
	if p.kid == "" {
		a.Signature = "kid=none; sig=AAAA"
	}
	if w.IntN(2) < w.told {
		a.ServerTime = time.Now()
	}
	if w.IntN(2) == 0 {
		a.ETag = fmt.Sprint(len(w.trace))
	}
	want := w.m.judge(p, time.Now(), believed)
	err := w.c.Apply([]byte(p.body), a)
	w.say("%v, told %v: %v", p, !a.ServerTime.IsZero(), err)
	if want == either && (err == nil || w.c.run.kid == p.kid && Version(w.c.run.kill.Version) == p.version) {
		want = obeyed
	}
	if want == obeyed {
		w.m.obey(p, time.Now(), believed)
	}
}

func (w *walk) check(s *Status) string {
	killed, now := w.m.killed(), time.Now()
	var runs Version
	if w.m.runs != nil {
		runs = w.m.runs.version
	}
	w.say("    %s killed %v, runs %v", now.Format("06-01-02T15:04:05"), s.Killed, s.Running)
	switch {
	case s.Killed != killed, Channel(w.c, "net").Enabled(gate.LevelFatal) == killed:
		return fmt.Sprintf("killed %v, want %v", s.Killed, killed)
	case s.Running != runs || w.c.Version() != runs || !strings.HasPrefix(w.c.Echo()+";", "have="+runs.String()+";"):
		return fmt.Sprintf("runs %v, %v and %s, want %v", s.Running, w.c.Version(), w.c.Echo(), runs)
	case s.ServerTime.Before(now.Add(-time.Second)):
		return fmt.Sprintf("it is %v, and %v by the client", now, s.ServerTime)
	}
	return ""
}

// Whatever documents come in whatever order, a client does what the model says.
func TestModel(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 100
	}
	for seed := range seeds {
		var w *walk
		wrong := ""
		synctest.Test(t, func(t *testing.T) {
			w = newWalk(seed)
			w.open(t)
			for i := 0; i < 24 && wrong == ""; i++ {
				wrong = w.step(t)
			}
		})
		if wrong != "" {
			t.Errorf("seed %d: %s\n%s", seed, wrong, strings.Join(w.trace, "\n"))
		}
	}
}
