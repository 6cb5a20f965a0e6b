package policy

import (
	"slices"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// little is a shared rate, an hour, under which a channel that is connected shows next to nothing.
const little = 60

// hidden warns of what is to bring more of one channel and cannot, since a rate that all channels share holds back each client: that of the
// compiled default, which does not stand in the document, or one that the policy states elsewhere.
func hidden(p *sampling.Policy, k *Known) (out []Warning) {
	doc := p.Document()
	s := plan.Situation{Policy: &plan.Document{Top: doc.Top, Channels: doc.Channels, Salt: doc.Salt}, ID: &plan.Identity{}, Begun: plan.MomentOf(p.Issued())}
	if k.Default != nil {
		s.Fallback = k.Default.Document()
	}
	if doc.Disabled {
		return nil // nothing comes anyway
	}
	warn := func(prefix string, e *plan.Entry, held *plan.Plan, own int) {
		rate, by := held.Resolve("*").Shared(held)
		shared, stated := perHour(rate), e.Has&plan.HasRate != 0
		if shared == 0 || int(by.Layer) == own || stated && perHour(e.Rate) <= shared || !stated && !connects(e) {
			return
		}
		whose := held.Layers[by.Layer].Name
		switch {
		case whose == "default":
			whose = "the compiled default"
		case !stated && shared >= little:
			return
		case whose == "policy":
			whose = "the policy"
		}
		write := `write what all channels together may send beside it, such as "*": {"rate": "120/m"}`
		if e.Name == "*" {
			write = `write a "rate" beside it, such as "120/m"`
		}
		out = append(out, Warning{Problem{Code: plan.KShared.Code(), Path: plan.ChannelPath(prefix, e.Name),
			What:  "each client sends no more than " + sampling.Rate(rate).String() + " of all channels together, which " + whose + ` says for "*"`,
			Write: write}})
	}
	held, before := s.Plan(), new(plan.Document)
	if k.Previous != nil {
		before = k.Previous.Document()
	}
	for i := range doc.Channels {
		if e := &doc.Channels[i]; !known(before.Channels, e) {
			warn("", e, held, len(held.Layers)-1)
		}
	}
	for i := range doc.Rules {
		r := &doc.Rules[i]
		if r.Dead {
			continue
		}
		var same []plan.Entry
		if j := slices.IndexFunc(before.Rules, func(o plan.Rule) bool { return o.ID == r.ID }); j >= 0 {
			same = before.Rules[j].Channels
		}
		held, own := together(&s, doc.Rules, i)
		for j := range r.Channels {
			if e := &r.Channels[j]; !known(same, e) {
				warn(plan.RulePath(i)+".set.", e, held, own)
			}
		}
	}
	return out
}

// together returns what holds with a rule and those for the same clients, and the layer of the rule.
func together(s *plan.Situation, rules []plan.Rule, i int) (held *plan.Plan, own int) {
	held = s.Plan()
	for j := range rules {
		if o, r := &rules[j], &rules[i]; j == i || conditionsText(o.When) == conditionsText(r.When) && conditionsText(o.Not) == conditionsText(r.Not) {
			if held.Add(o); j == i {
				own = len(held.Layers) - 1
			}
		}
	}
	return held, own
}

// connects reports whether an entry is there to bring more than crashes.
func connects(e *plan.Entry) bool {
	return e.Has&plan.HasSend != 0 && e.Send != gate.LevelOff
}

// known reports whether there is the same entry already.
func known(list []plan.Entry, e *plan.Entry) bool {
	return slices.ContainsFunc(list, func(o plan.Entry) bool {
		return o.Name == e.Name && o.Has == e.Has && o.Send == e.Send && o.Rate == e.Rate
	})
}
