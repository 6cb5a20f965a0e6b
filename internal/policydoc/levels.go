package policydoc

import (
	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// Levels writes the thresholds of a rule over doc that ships records from a level on: "send", and where the order trail <= send <= issue
// would not hold with what doc states anywhere, the others too.
func Levels(doc []byte, level policy.Level) string {
	trail, issue := policy.LevelDebug, policy.LevelError // as compiled
	note := func(entries []plan.Entry) {
		for i := range entries {
			e := &entries[i]
			if l := policy.Level(e.Trail); e.Has&plan.HasTrail != 0 && l != policy.LevelOff {
				trail = max(trail, l)
			}
			if l := policy.Level(e.Issue); e.Has&plan.HasIssue != 0 && l != policy.LevelOff {
				issue = min(issue, l)
			}
		}
	}
	if p, err := sampling.Parse(doc); err == nil {
		d := p.Document()
		note(d.Channels)
		for i := range d.Rules {
			note(d.Rules[i].Channels)
		}
	}
	out := `"send": ` + Quote(level.String())
	if level <= trail {
		out = `"trail": ` + Quote(min(level, policy.LevelDebug).String()) + ", " + out
	}
	if level > issue {
		out += `, "issue": ` + Quote(level.String())
	}
	return out
}

// PlayerRate is what one player who is looked at may send, where a policy or a compiled default (sampling.Cautious) lets 10 records an hour through.
const PlayerRate = "600/m"

// OnePlayer writes the members of "channels" of a rule over doc that looks at one player: the channel with its members and its rate, and before it,
// as what all channels share holds beside that, "*" with a rate that is no lower, nor lower than doc states anywhere.
func OnePlayer(doc []byte, channel, members, rate string) string {
	all := ""
	if channel != "*" {
		shared, most := PlayerRate, 10.0
		higher := func(r sampling.Rate) {
			if perSecond := float64(r.N) / r.Per.Seconds(); perSecond > most {
				shared, most = r.String(), perSecond
			}
		}
		if r, ok := policy.ParseRate(rate); ok {
			higher(r)
		}
		for _, r := range sharedRates(doc) {
			higher(r)
		}
		all = `"*": { "rate": ` + Quote(shared) + ` }, `
	}
	return all + Quote(channel) + ": { " + members + `, "rate": ` + Quote(rate) + " }"
}

// sharedRates returns the rates of "*" that doc states, also in rules.
func sharedRates(doc []byte) (rates []sampling.Rate) {
	p, err := sampling.Parse(doc)
	if err != nil {
		return nil
	}
	d := p.Document()
	lists := [][]plan.Entry{d.Channels}
	for i := range d.Rules {
		lists = append(lists, d.Rules[i].Channels)
	}
	for _, list := range lists {
		for i := range list {
			if e := &list[i]; e.Name == "*" && e.Has&plan.HasRate != 0 {
				rates = append(rates, sampling.Rate(e.Rate))
			}
		}
	}
	return rates
}
