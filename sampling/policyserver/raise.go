package policyserver

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/internal/policydoc"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// Raise has a share of all clients send every event of one kind, whatever the shares, rates and "records" of the policy say; the others send
// none of it. Ceiling, kill switch and the limits of a client hold.
type Raise struct {
	Kind    string  `json:"kind"`             // the tag krunk.kind of an event, as in Mute
	For     string  `json:"for"`              // such as "168h", at most 720h
	Clients float64 `json:"clients"`          // percent of all clients, above 0, at most four decimals
	Rate    string  `json:"rate,omitempty"`   // at most so many of each client, such as "20/h"; empty: all
	Panics  bool    `json:"panics,omitempty"` // panics of that kind as well, which matters where the share that sends panics is smaller
}

// raise makes the changes to what is raised.
func (d *document) raise(c *Change, now time.Time) error {
	for i := range c.Raise {
		r := &c.Raise[i]
		kind, until, err := single(r.Kind, r.For, r.Rate, now)
		if err != nil {
			return err
		}
		if !(r.Clients > 0 && r.Clients <= 100) {
			return fmt.Errorf("policyserver: clients %v of kind %s; write the percentage of all clients that is to send it, such as 25", r.Clients, kind)
		}
		if err := d.Put("kinds", kind, policydoc.Raise(until, r.Clients, r.Rate, r.Panics)); err != nil {
			return fmt.Errorf("policyserver: %w", err)
		}
	}
	return nil
}

// Raises returns the kinds of issues that it begins or ends to raise, or raises in another way; they are among Kinds. Raising costs volume, so
// who may is a question of its own.
func (a *Attempt) Raises() []string {
	return slices.DeleteFunc(a.Kinds(), func(kind string) bool {
		n, _ := plan.ParseKind(kind)
		return raisedBy(a.Old, n) == nil && raisedBy(a.New, n) == nil
	})
}

// raisedBy returns what a policy, which may be nil, says about a kind that it raises, nil if it does not.
func raisedBy(p *sampling.Policy, kind uint32) *plan.KindRule {
	if p == nil {
		return nil
	}
	list := p.Document().Kinds
	i := slices.IndexFunc(list, func(k plan.KindRule) bool { return k.Kind == kind && k.Clients > 0 })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// RaiseEffect is what raising one kind of issue leads to, as far as that can be told: nobody knows how often a fault happens.
type RaiseEffect struct {
	Kind                string
	Clients, NewClients float64 // that send every event of it; 0 of a kind that is not raised
	Most                float64 // events per second of all together at most, by the kind's rate and the ceiling's; below zero: no rate bounds them
}

// raises predicts what changes about raised kinds; policies may be nil.
func (f *forecast) raises(old, new *sampling.Policy) (out []RaiseEffect) {
	now := plan.MomentOf(f.under.Now)
	at := func(p *sampling.Policy, kind uint32) (clients float64, k *plan.KindRule) {
		if k = raisedBy(p, kind); k == nil || !p.Enabled() || k.Until.Over(now) || p.Document().Expires.Over(now) {
			return 0, nil
		}
		return float64(raisedShare(p, k)) / policy.Million * float64(f.clients), k
	}
	for _, p := range [...]*sampling.Policy{old, new} {
		if p == nil {
			continue
		}
		for i := range p.Document().Kinds {
			kind := p.Document().Kinds[i].Kind
			e := RaiseEffect{Kind: plan.KindName(kind), Most: -1}
			var was, is *plan.KindRule
			e.Clients, was = at(old, kind)
			e.NewClients, is = at(new, kind)
			if is != nil {
				e.Most = e.NewClients * is.PerSecond(&new.Document().Ceiling)
			}
			same := was == nil && is == nil || was != nil && is != nil && e.Clients == e.NewClients && was.Clients == is.Clients && was.Rate == is.Rate && was.Panics == is.Panics
			if !same && !slices.ContainsFunc(out, func(o RaiseEffect) bool { return o.Kind == e.Kind }) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b RaiseEffect) int { return strings.Compare(a.Kind, b.Kind) })
	return out
}

// raisedShare is the share of a raise within the ceiling, in ppm.
func raisedShare(p *sampling.Policy, k *plan.KindRule) uint32 {
	return k.Share(&p.Document().Ceiling)
}

// short is an effect for a log line.
func (e *RaiseEffect) short() string {
	s := "; raised " + e.Kind + ": clients " + grouped(e.Clients) + " -> " + grouped(e.NewClients)
	switch {
	case e.NewClients == 0:
	case e.Most < 0:
		s += " without a rate"
	default:
		s += " at most " + perTime(e.Most)
	}
	return s
}

// words is an effect for a person.
func (e *RaiseEffect) words(clients int) string {
	if e.NewClients == 0 {
		return "Fault " + e.Kind + " is raised no longer: " + grouped(e.Clients) + " clients sent every event of it."
	}
	s := "Fault " + e.Kind + ": " + grouped(e.NewClients) + " of " + grouped(float64(clients)) + " clients send every event of it"
	if e.Clients > 0 {
		s += ", " + grouped(e.Clients) + " did until now"
	}
	if e.Most < 0 {
		return s + "; how many that are nobody knows, and no rate bounds them."
	}
	return s + ", all together at most " + perTime(e.Most) + "."
}

// perTime writes a rate in the unit in which it is a readable number.
func perTime(perSecond float64) string {
	if perSecond < 1 {
		return grouped(perSecond*3600) + "/h"
	}
	return grouped(perSecond) + "/s"
}

// raiseWords says what a raise does.
func raiseWords(p *sampling.Policy, k *plan.KindRule) string {
	s := number(percentage(k.Clients)) + " % of all clients send every event of it"
	if share := raisedShare(p, k); share < k.Clients {
		s = number(percentage(share)) + " % of all clients send every event of it, held to that by the ceiling"
	}
	if k.Rate.N > 0 {
		s += ", at most " + sampling.Rate(k.Rate).String() + " each"
	}
	return s
}

// jsonKindState is what a policy says about one kind, and what that means for a player.
type jsonKindState struct {
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	Sends bool   `json:"sends"` // their client sends every event of it
}

// kindsOf says for a player what is different about single issues. Whom a rule picks by name, on all channels, is decided about by that.
func kindsOf(p *sampling.Policy, id *sampling.Identity, named bool, now time.Time) []jsonKindState {
	out := []jsonKindState{}
	if p.Enabled() && p.Document().Expires.Over(plan.MomentOf(now)) {
		return out
	}
	top, of := p.Document().Top, plan.Identity(*id)
	by := [...]string{plan.ByClient: of.ID, plan.ByPlayer: of.Player, plan.ByMatch: of.Match}[top.By]
	list := p.Document().Kinds
	for i := range list {
		k := &list[i]
		text, sends := muteWords(k), false
		switch {
		case k.Until.Over(plan.MomentOf(now)):
			continue
		case k.Clients == 0:
			text = "kept back, " + text
		case !p.Enabled():
			text = "raised, but the kill switch is thrown: nobody sends any"
		case named:
			text = "raised, but a rule picks them by name: what that says of their channels counts"
			if k.Rate.N > 0 {
				text += ", at most " + sampling.Rate(k.Rate).String()
			}
		case by == "" && raisedShare(p, k) < policy.Million:
			text = "raised for a share of the clients; whether theirs is one of them cannot be told"
		case policy.Bucket(p.Salt(), by) < raisedShare(p, k):
			text, sends = "raised: their client sends every event of it", true
			if k.Rate.N > 0 {
				text += ", at most " + sampling.Rate(k.Rate).String()
			}
		default:
			text = "raised, and their client is not one of those that send it"
		}
		out = append(out, jsonKindState{plan.KindName(k.Kind), text, sends})
	}
	return out
}
