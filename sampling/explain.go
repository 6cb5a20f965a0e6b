package sampling

import (
	"errors"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// Thresholds are the levels that a program gives a channel by itself, as krunk.Thresholds are: by name of level; an empty one
// is inherited along "*", "net", "net.http", and at the end trail is debug, send is off and issue is error.
type Thresholds struct{ Trail, Send, Issue string }

// Under is what a decision depends on beside policy and identity. The zero Under is a program without settings of its own,
// now.
type Under struct {
	Base    map[string]Thresholds
	Default *Policy
	Limits  Limits
	Hash    func([]byte) [32]byte
	Now     time.Time // zero: this machine's clock
}

// Decision is what a policy means for one client and one channel, and why.
type Decision struct {
	Channel         string
	gate.Thresholds        // in force: Send and Issue are off outside of the cohort
	In              bool   // the client is in the channel's cohort
	Forced          bool   // it was picked by name, so it is not a random sample
	Killed          bool   // the kill switch is thrown
	Panics          bool   // it sends panics
	PPM             uint32 // probability of being in the cohort; 0 if forced
	Bucket          uint32 // its place, 0 to 999,999
	By, Salt        string // what the place is drawn by
	Records         uint32 // share of records in ppm
	Rate            Rate
	Burst           uint32 // 0: the smaller of 10 and N of the rate
	First           int
	From            map[string]string // by field: the entry or rule that decided it
	Rules           []RuleState
}

// RuleState says whether a rule applies to a client, and if not, why.
type RuleState struct {
	ID      string
	Applies bool
	Why     string // empty if it applies
}

// Explain returns what p means for a client on a channel. It fails only if Base or Limits of u name a level that does not
// exist.
func (p *Policy) Explain(id Identity, channel string, u Under) (Decision, error) {
	base, err := u.base()
	if err != nil {
		return Decision{}, err
	}
	limits, err := u.Limits.fields()
	if err != nil {
		return Decision{}, err
	}
	s := situation{base: compiled(base), fallback: u.Default, policy: p, id: &id, hash: u.Hash, now: u.Now, ceiling: limits, always: u.Limits.PanicsAlways}
	if s.now.IsZero() {
		s.now = time.Now()
	}
	if over(p.expires, s.now) {
		s.policy = nil
	}
	return s.explain(s.plan(), gate.Fold(channel)), nil
}

func (u *Under) base() (map[string]gate.Thresholds, error) {
	out := make(map[string]gate.Thresholds, len(u.Base))
	for name, l := range u.Base {
		place := "sampling: Under.Base[" + quoted(name) + "]"
		if channelProblem(name) != 0 {
			return nil, errors.New(place + ": write letters, digits, _ and -, with dots between parts")
		}
		t, err := levels(l.Trail, l.Send, l.Issue)
		if err != nil {
			return nil, errors.New(place + "." + err.Error())
		}
		out[gate.Fold(name)] = t
	}
	return out, nil
}

func (s *situation) explain(p *plan, channel string) Decision {
	r := p.resolve(channel)
	_, panics := p.panicShare()
	d := Decision{
		Channel: channel, Thresholds: r.Thresholds, In: r.in && !p.killed, Forced: r.forced, Killed: p.killed, Panics: panics, PPM: r.ppm,
		Bucket: r.bucket, By: r.by.String(), Salt: p.salt, Records: r.records, Rate: r.rate, Burst: r.burst, First: int(r.first),
		From: p.sources(&r),
	}
	if r.salt != "" {
		d.Salt = r.salt
	}
	if !r.in {
		d.Send, d.Issue = gate.LevelOff, gate.LevelOff
	}
	if p.killed {
		d.Thresholds = gate.Off()
	}
	doc := s.policy
	if doc == nil {
		doc = s.fallback
	}
	if doc != nil {
		for i := range doc.rules {
			why := doc.rules[i].why(s, doc.salt)
			d.Rules = append(d.Rules, RuleState{ID: doc.rules[i].id, Applies: why == "", Why: why})
		}
	}
	return d
}

// sources names who decided each field.
func (p *plan) sources(r *resolved) map[string]string {
	out := map[string]string{"clients": p.place(p.clientsBy, "clients"), "panics": p.place(p.panicsBy, "panics")}
	for i, name := range [...]string{"trail", "send", "issue", "clients", "records", "rate", "first", "by", "salt"} {
		key := name
		if name == "clients" {
			key = "channel clients"
		}
		out[key] = p.place(r.from[i], name)
	}
	c := &p.ceiling
	if c.has&hasClients != 0 && p.clients == c.clients && p.layers[p.clientsBy.layer].top.clients > c.clients {
		out["clients"] += ", lowered by ceiling"
	}
	for i, f := range [...]struct {
		has uint16
		l   gate.Level
		key string
	}{{hasTrail, r.Trail, "trail"}, {hasSend, r.Send, "send"}, {hasIssue, r.Issue, "issue"}} {
		if f.l != p.stated(r.from[i], f.has) {
			out[f.key] += ", bounded by ceiling, Limits or order"
		}
	}
	return out
}

// stated returns the level that an origin states.
func (p *plan) stated(o origin, has uint16) gate.Level {
	t := gate.Defaults()
	if l := &p.layers[o.layer]; o.entry >= 0 && int(o.entry) < len(l.entries) && l.entries[o.entry].has&has != 0 {
		t = l.entries[o.entry].Thresholds
	}
	switch has {
	case hasTrail:
		return t.Trail
	case hasSend:
		return t.Send
	}
	return t.Issue
}

func (p *plan) place(o origin, field string) string {
	l := &p.layers[o.layer]
	switch {
	case o.entry < 0:
		return l.name + ": " + field
	case o.layer == 0 && (int(o.entry) >= len(l.entries) || l.entries[o.entry].has&hasOf(field) == 0):
		return "compiled default"
	}
	return l.name + ": " + channelPath("", l.entries[o.entry].name) + "." + field
}

func hasOf(field string) uint16 {
	for i, name := range [...]string{"trail", "send", "issue", "clients", "records", "rate", "first", "by", "salt", "panics"} {
		if name == field {
			return 1 << i
		}
	}
	return 0
}

// why says why the rule does not apply, "" if it does.
func (r *rule) why(s *situation, salt string) string {
	switch {
	case r.dead:
		return "not understood, so it matches nobody"
	case !r.alive(s.now):
		return "ended at " + r.until.UTC().Format(time.RFC3339)
	case r.matches(s.id, salt, s.hash):
		return ""
	}
	for i := range r.when {
		c := &r.when[i]
		switch c.holds(s.id, salt, s.hash) {
		case unknown:
			if len(c.ranges) > 0 {
				return c.name + ": " + strconv.Quote(c.of(s.id)) + " is not a version that can be compared"
			}
			return c.name + ": ids are hashed, and the program has no hash function"
		case no:
			return c.name + ": " + strconv.Quote(c.of(s.id)) + " is not in the list"
		}
	}
	for i := range r.not {
		if c := &r.not[i]; c.holds(s.id, salt, s.hash) == unknown {
			return "not." + c.name + ": what cannot be compared counts against the rule"
		}
	}
	return "excluded by not"
}
