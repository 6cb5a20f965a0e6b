package policy

import (
	"slices"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// Moment is when something about a policy changes by itself.
type Moment struct {
	At   time.Time
	Path string // of what changes, rules by their id: clients, channels["net"].clients, rules["x"], kinds["9f2c41d0"], policy
	What string // "5 -> 25" of a share, "starts" or "ends"
}

// Moments lists what changes by itself after now, whoever it matches, the earliest first: steps of ramps, starts and ends of rules,
// and the policy's own end, which a kill switch does not have. Explain with Under.Now at one of them says what holds from then on.
func Moments(p *sampling.Policy, now time.Time) []Moment {
	doc := p.Document()
	end := doc.Expires
	if doc.Disabled {
		end = 0
	}
	m := moments{now: plan.MomentOf(now), end: end}
	m.add(end, "policy", "ends", 0)
	m.fields("", &doc.Top, doc.Channels, 0, 0)
	for i := range doc.Rules {
		r := &doc.Rules[i]
		if r.Dead {
			continue
		}
		path := "rules[" + strconv.Quote(r.ID) + "]"
		m.add(r.From, path, "starts", 0)
		m.add(r.Until, path, "ends", 0)
		m.fields(path+".set.", &r.Top, r.Channels, r.From, r.Until)
	}
	for i := range doc.Kinds {
		m.add(doc.Kinds[i].Until, plan.KindPath(doc.Kinds[i].Kind), "ends", 0)
	}
	for _, pull := range doc.PullList() {
		m.add(pull.Until, plan.PullPath(pull.ID), "ends", 0)
	}
	slices.SortStableFunc(m.list, func(a, b Moment) int { return a.At.Compare(b.At) })
	return m.list
}

type moments struct {
	now, end plan.Moment
	list     []Moment
}

// add notes what happens after now and before the end of it and of the policy.
func (m *moments) add(at plan.Moment, path, what string, until plan.Moment) {
	if at > m.now && !until.Over(at) && (!m.end.Over(at) || path == "policy") {
		m.list = append(m.list, Moment{at.Time(), path, what})
	}
}

func (m *moments) fields(prefix string, top *plan.Fields, entries []plan.Entry, from, until plan.Moment) {
	m.ramp(prefix, top, from, until)
	for i := range entries {
		m.ramp(plan.ChannelPath(prefix, entries[i].Name)+".", &entries[i].Fields, from, until)
	}
}

func (m *moments) ramp(prefix string, f *plan.Fields, from, until plan.Moment) {
	share := f.Clients
	for i := range f.Ramp {
		s := &f.Ramp[i]
		if s.At > from {
			m.add(s.At, prefix+"clients", percentText(share)+" -> "+percentText(s.Clients), until)
		}
		share = s.Clients
	}
}
