package policy

import (
	"errors"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/gate"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// Thresholds are the levels that a program gives a channel by itself, as krunk.Thresholds are: by name of level; an empty one
// is inherited along "*", "net", "net.http", and at the end trail is debug, send is off and issue is error.
type Thresholds struct{ Trail, Send, Issue string }

// Under is what a decision depends on beside policy and identity. The zero Under is a program without settings of its own,
// now.
type Under struct {
	Base    map[string]Thresholds
	Default *sampling.Policy
	Limits  sampling.Limits
	Hash    func([]byte) [32]byte
	Now     time.Time // zero: this machine's clock
}

// Decision is what a policy means for one client and one channel, and why.
type Decision struct {
	Channel            string
	Trail, Send, Issue Level  // in force: Send and Issue are off outside of the cohort
	In                 bool   // the client is in the channel's cohort
	Forced             bool   // it was picked by name, so it is not a random sample
	Killed             bool   // the kill switch is thrown
	Panics             bool   // it sends panics
	PPM                uint32 // probability of being in the cohort; 0 if forced
	Bucket             uint32 // its place, 0 to 999,999
	By, Salt           string // what the place is drawn by
	Records            uint32 // share of records in ppm
	Rate               sampling.Rate
	Burst              uint32 // 0: the smaller of 10 and N of the rate
	First              int
	From               map[string]string // by field: the entry or rule that decided it
	Rules              []RuleState
}

// RuleState says whether a rule applies to a client, and if not, why.
type RuleState struct {
	ID      string
	Applies bool
	Why     string // empty if it applies
}

// Explain returns what a policy means for a client on a channel. It fails only if Base or Limits of u name a level that does not
// exist.
func Explain(policy *sampling.Policy, id sampling.Identity, channel string, u Under) (Decision, error) {
	s, err := u.situation(policy, id)
	if err != nil {
		return Decision{}, err
	}
	return explain(s, s.Plan(), gate.Fold(channel)), nil
}

// SharedRate returns what a client may send on all channels together, beside the rate of each: that of "*", whether the policy or the compiled default
// states it. Zero is no limit. It fails as Explain does.
func SharedRate(policy *sampling.Policy, id sampling.Identity, u Under) (sampling.Rate, error) {
	s, err := u.situation(policy, id)
	if err != nil {
		return sampling.Rate{}, err
	}
	p := s.Plan()
	rate, _ := p.Resolve("*").Shared(p)
	return sampling.Rate(rate), nil
}

// situation gathers what a plan is made from. An ended policy is none.
func (u *Under) situation(policy *sampling.Policy, id sampling.Identity) (*plan.Situation, error) {
	base, err := u.base()
	if err != nil {
		return nil, err
	}
	l := &u.Limits
	var limits plan.Fields
	if wrong := limits.Bound([...]string{l.Trail, l.Send, l.Issue}, plan.Rate(l.MaxRate)); wrong != "" {
		return nil, errors.New("sampling/policy: Under.Limits." + wrong)
	}
	p, who := policy.Document(), plan.Identity(id)
	if u.Now.IsZero() {
		u.Now = time.Now()
	}
	now := plan.MomentOf(u.Now)
	s := &plan.Situation{Base: plan.Compiled(base), Policy: p, ID: &who, Hash: u.Hash, Now: now, Begun: now, Ceiling: &limits, Always: u.Limits.PanicsAlways}
	if u.Default != nil {
		s.Fallback = u.Default.Document()
	}
	if p.Expires.Over(now) {
		s.Policy = nil
	}
	return s, nil
}

func (u *Under) base() (map[string]gate.Thresholds, error) {
	out := make(map[string]gate.Thresholds, len(u.Base))
	for name, l := range u.Base {
		place := "sampling/policy: Under.Base[" + plan.Quoted(name) + "]"
		if plan.ChannelProblem(name) != 0 {
			return nil, errors.New(place + ": write letters, digits, _ and -, with dots between parts")
		}
		f := plan.Fields{Thresholds: gate.Thresholds{Trail: gate.Inherit, Send: gate.Inherit, Issue: gate.Inherit}}
		if wrong := f.State([...]string{l.Trail, l.Send, l.Issue}); wrong != "" {
			return nil, errors.New(place + "." + wrong)
		}
		if _, twice := out[gate.Fold(name)]; twice {
			return nil, errors.New(place + ": stands twice: names fold to lower case; write one")
		}
		out[gate.Fold(name)] = f.Thresholds
	}
	return out, nil
}

func explain(s *plan.Situation, p *plan.Plan, channel string) Decision {
	r := p.Resolve(channel)
	_, panics := p.PanicShare()
	d := Decision{
		Channel: channel, Trail: Level(r.Trail), Send: Level(r.Send), Issue: Level(r.Issue), In: r.In && !p.Killed, Forced: r.Forced, Killed: p.Killed, Panics: panics, PPM: r.Ppm,
		Bucket: r.Bucket, By: r.By.String(), Salt: p.Salt, Records: r.Records, Rate: sampling.Rate(r.Rate), Burst: r.Burst, First: int(r.First),
		From: sources(p, r, s.Begun),
	}
	if r.Salt != "" {
		d.Salt = r.Salt
	}
	if !r.In {
		d.Send, d.Issue = LevelOff, LevelOff
	}
	if p.Killed {
		d.Trail, d.Send, d.Issue = LevelOff, LevelOff, LevelOff
	}
	doc := s.Policy
	if doc == nil {
		doc = s.Fallback
	}
	if doc != nil {
		for i := range doc.Rules {
			why := why(&doc.Rules[i], s, doc.Salt)
			d.Rules = append(d.Rules, RuleState{ID: doc.Rules[i].ID, Applies: why == "", Why: why})
		}
	}
	return d
}

// sources names who decided each field.
func sources(p *plan.Plan, r *plan.Resolved, now plan.Moment) map[string]string {
	out := map[string]string{"clients": place(p, p.ClientsBy, "clients") + stepped(p.Layers[p.ClientsBy.Layer].Top, now), "panics": place(p, p.PanicsBy, "panics")}
	for i, name := range [...]string{"trail", "send", "issue", "clients", "records", "rate", "first", "by", "salt"} {
		key := name
		if name == "clients" {
			key = "channel clients"
		}
		if out[key] = place(p, r.From[i], name); name == "clients" && r.From[i].Entry >= 0 {
			if l := &p.Layers[r.From[i].Layer]; int(r.From[i].Entry) < len(l.Entries) {
				out[key] += stepped(&l.Entries[r.From[i].Entry].Fields, now)
			}
		}
	}
	if rate, by := r.Shared(p); rate.N > 0 && by != r.From[5] {
		out["rate"] += ", and " + sampling.Rate(rate).String() + " of all channels together: " + place(p, by, "rate")
	}
	c := p.Ceiling
	if c.Has&plan.HasClients != 0 && p.Clients == c.Clients && p.Layers[p.ClientsBy.Layer].Top.Share(now) > c.Clients {
		out["clients"] += ", lowered by ceiling"
	}
	for i, f := range [...]struct {
		has uint16
		l   gate.Level
		key string
	}{{plan.HasTrail, r.Trail, "trail"}, {plan.HasSend, r.Send, "send"}, {plan.HasIssue, r.Issue, "issue"}} {
		if f.l != statedBy(p, r.From[i], f.has) {
			out[f.key] += ", bounded by ceiling, Limits or order"
		}
	}
	return out
}

// stepped says where a ramp stands, "" without one.
func stepped(f *plan.Fields, now plan.Moment) string {
	n := 0
	for n < len(f.Ramp) && f.Ramp[n].At.Over(now) {
		n++
	}
	switch {
	case len(f.Ramp) == 0:
		return ""
	case n == len(f.Ramp):
		return ", ramp at its end"
	}
	return ", step " + strconv.Itoa(n) + " of " + strconv.Itoa(len(f.Ramp)) + ", the next is " + percentText(f.Ramp[n].Clients) + " at " + timeText(f.Ramp[n].At)
}

// statedBy returns the level that an origin states.
func statedBy(p *plan.Plan, o plan.Origin, has uint16) gate.Level {
	t := gate.Defaults()
	if l := &p.Layers[o.Layer]; o.Entry >= 0 && int(o.Entry) < len(l.Entries) && l.Entries[o.Entry].Has&has != 0 {
		t = l.Entries[o.Entry].Thresholds
	}
	switch has {
	case plan.HasTrail:
		return t.Trail
	case plan.HasSend:
		return t.Send
	}
	return t.Issue
}

func place(p *plan.Plan, o plan.Origin, field string) string {
	l := &p.Layers[o.Layer]
	switch {
	case o.Entry < 0:
		return l.Name + ": " + field
	case o.Layer == 0 && (int(o.Entry) >= len(l.Entries) || l.Entries[o.Entry].Has&hasOf(field) == 0):
		return "compiled default"
	}
	return l.Name + ": " + plan.ChannelPath("", l.Entries[o.Entry].Name) + "." + field
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
func why(r *plan.Rule, s *plan.Situation, salt string) string {
	switch {
	case r.Dead:
		return "not understood, so it matches nobody"
	case r.Until.Over(s.Now):
		return "ended at " + timeText(r.Until)
	case !r.Started(s.Begun):
		return "starts at " + timeText(r.From)
	case r.Matches(s.ID, salt, s.Hash):
		return ""
	}
	for i := range r.When {
		c := &r.When[i]
		switch c.Holds(s.ID, salt, s.Hash) {
		case plan.Unknown:
			if len(c.Ranges) > 0 {
				return c.Name + ": " + strconv.Quote(c.Of(s.ID)) + " is not a version that can be compared"
			}
			return c.Name + ": ids are hashed, and the program has no hash function"
		case plan.No:
			return c.Name + ": " + strconv.Quote(c.Of(s.ID)) + " is not in the list"
		}
	}
	for i := range r.Not {
		if c := &r.Not[i]; c.Holds(s.ID, salt, s.Hash) == plan.Unknown {
			return "not." + c.Name + ": what cannot be compared counts against the rule"
		}
	}
	return "excluded by not"
}
