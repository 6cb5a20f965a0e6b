package policyserver

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// jsonRuns is what the policy that runs means, as far as it is the same for many.
type jsonRuns struct {
	Channels []jsonLevels  `json:"channels"`
	Panics   float64       `json:"panics"`  // percent of the clients that send crashes
	By       string        `json:"by"`      // whose id the share is drawn by
	Salt     string        `json:"salt"`    // what it is drawn with
	Ceiling  []jsonSetting `json:"ceiling"` // what no rule exceeds
	Stopped  bool          `json:"stopped"` // by the kill switch; the rest is what holds without it
	Default  bool          `json:"default"` // no policy runs, so this is what programs are compiled with as far as the server knows
	of       int           // clients
}

type jsonSetting struct {
	Path  string `json:"path"`
	Value string `json:"value"`
}

// jsonLevels is what holds on a channel for a client inside of the share, of the largest group that rules treat alike.
type jsonLevels struct {
	Channel string  `json:"channel"`
	Trail   string  `json:"trail"`
	Send    string  `json:"send"`
	Issue   string  `json:"issue"`
	Clients float64 `json:"clients"` // percent
	Records float64 `json:"records"` // percent
	Rate    string  `json:"rate"`
	From    string  `json:"from"`    // who says so about shipping
	Differs int     `json:"differs"` // connected clients for which rules say something else
}

// running is jsonRuns as it was worked out last, with the numbers of clients that rules are for.
type running struct {
	at      time.Time
	tag     string
	runs    jsonRuns
	matches map[string]*int
}

// runsFor is how long what was worked out stands: rules end by themselves.
const runsFor = 2 * time.Second

// explains adds to a status what runs, and whose rules do.
func (s *Server) explains(st *jsonStatus, c *served) {
	r := s.view.runs.Load()
	if r == nil || r.tag != st.ETag || st.Now.Sub(r.at) >= runsFor {
		r = s.work(c, st)
		s.view.runs.Store(r)
	}
	st.Runs = r.runs
	var from map[string]origin
	if p := s.recall(); p != nil {
		from = p.origins
	}
	for i := range st.Rules {
		rule := &st.Rules[i]
		o := from[rulePath(rule.ID)]
		rule.Over = rule.Until != nil && plan.Over(*rule.Until, st.Now)
		rule.Owner, rule.Reason, rule.Since, rule.Clients = o.owner, o.reason, o.since, r.matches[rule.ID]
	}
	if c != nil {
		st.Kinds, st.Pulls = kinds(c, from, st.Now), s.pulls(c, from, st.Now)
	}
}

// work finds out what the current policy means.
func (s *Server) work(c *served, st *jsonStatus) *running {
	p := s.o.Under.Default
	if c != nil {
		p = awake(c)
	}
	if p == nil {
		p = defaultPolicy()
	}
	f := s.forecast(p)
	r := &running{at: st.Now, tag: st.ETag, matches: make(map[string]*int)}
	r.runs = jsonRuns{Channels: []jsonLevels{}, Ceiling: []jsonSetting{}, Salt: p.Salt(), Stopped: !c.enabled(), of: f.clients,
		Default: c == nil || plan.Over(p.Expires(), st.Now)}
	for _, x := range policy.Settings(p) {
		if name, is := strings.CutPrefix(x.Path, "ceiling."); is {
			r.runs.Ceiling = append(r.runs.Ceiling, jsonSetting{name, x.Value})
		}
	}
	kinds := f.kinds(p)
	r.match(p, kinds, f.clients)
	top := p.Document().Top
	r.runs.Panics, r.runs.By = 100, top.By.String()
	if top.Has&plan.HasPanics != 0 {
		r.runs.Panics = percentage(top.Panics)
	}
	for _, name := range f.channels {
		r.runs.Channels = append(r.runs.Channels, f.levels(p, kinds, name))
	}
	return r
}

// awake returns the policy without its kill switch.
func awake(c *served) *sampling.Policy {
	if c.policy.Enabled() {
		return c.policy
	}
	d := textOf(slices.Clone(c.doc))
	if d.set("enabled", "true", "version") != nil {
		return c.policy
	}
	p, err := sampling.Parse(d.B)
	if err != nil {
		return c.policy // a document that is wrong elsewhere, of which nothing holds but the kill switch
	}
	return p
}

// kind is all groups to which the same rules apply.
type kind struct {
	Group          // one of them, with the number of clients of all
	rules []string // ids of those that apply
}

// kinds puts groups together that a policy treats alike; the largest comes first.
func (f *forecast) kinds(p *sampling.Policy) []kind {
	found := make(map[string]*kind)
	for _, g := range f.groups {
		var rules []string
		for _, r := range f.ask(p, g, "*", f.probe(p.Salt())[0]).Rules {
			if r.Applies {
				rules = append(rules, r.ID)
			}
		}
		key := strings.Join(rules, "\x00")
		if k := found[key]; k != nil {
			k.Clients += g.Clients
			continue
		}
		found[key] = &kind{g, rules}
	}
	out := make([]kind, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		out = append(out, *found[key])
	}
	slices.SortStableFunc(out, func(a, b kind) int { return b.Clients - a.Clients })
	return out
}

// match counts the clients that rules are for. A rule that names people or matches is for nobody in a group, which has no ids.
func (r *running) match(p *sampling.Policy, kinds []kind, clients int) {
	rules := p.Document().Rules
	for i := range rules {
		if clients == 0 || slices.ContainsFunc(rules[i].When, func(c plan.Condition) bool { return c.Key <= plan.CondMatch }) {
			continue
		}
		n := 0
		for _, k := range kinds {
			if slices.Contains(k.rules, rules[i].ID) {
				n += k.Clients
			}
		}
		r.matches[rules[i].ID] = &n
	}
}

// levels says what holds on a channel.
func (f *forecast) levels(p *sampling.Policy, kinds []kind, channel string) jsonLevels {
	var out jsonLevels
	for i, k := range kinds {
		d := f.explain(p, k.Group, channel)
		l := jsonLevels{Channel: channel, Trail: d.Trail.String(), Send: d.Send.String(), Issue: d.Issue.String(),
			Clients: 100 * f.cohort(d), Records: percentage(d.Records), From: d.From["send"]}
		if d.Rate.N > 0 {
			l.Rate = d.Rate.String()
		}
		if i == 0 {
			out = l
			continue
		}
		if l.From, l.Differs = out.From, out.Differs; l != out {
			out.Differs += k.Clients
		}
	}
	return out
}

// cohort is the share of the clients inside of a channel's share, whether or not anything gets through.
func (f *forecast) cohort(d policy.Decision) float64 {
	if d.Forced && d.In {
		return 1
	}
	return float64(d.PPM) / policy.Million
}

// percentage turns parts per million into percent.
func percentage(ppm uint32) float64 { return float64(ppm) / 10_000 }
