package main

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// emission is how much one client would write to a channel if nothing held it back.
type emission struct {
	perSecond float64
	level     policy.Level
	reaching  bool // the records are those that reach the channel's lowest threshold, whichever that is
}

// emissions are by channel; "*" is all others.
type emissions map[string]emission

// parseEmissions reads -rate flags: "net.http=0.5", "net.http:debug=3", "*=1".
func parseEmissions(flags list) (emissions, error) {
	out := emissions{"*": {perSecond: 1, reaching: true}}
	if len(flags) > 0 { // who says what some channels write means that the others write nothing
		out["*"] = emission{reaching: true}
	}
	for _, text := range flags {
		where, number, ok := strings.Cut(text, "=")
		n, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil || !(n >= 0 && n <= 1e6) {
			return nil, misused("-rate %q; write CHANNEL=N or CHANNEL:LEVEL=N with N records per second and client, such as net.http:debug=0.5", text)
		}
		name, levelName, leveled := strings.Cut(where, ":")
		if plan.ChannelProblem(name) != 0 {
			return nil, misused("-rate %q: %q is not a channel; write letters, digits, _ and -, with dots between parts, or \"*\" for all others", text, name)
		}
		e := emission{perSecond: n, reaching: !leveled}
		if leveled {
			if e.level, ok = policy.ParseLevel(levelName); !ok || e.level == policy.LevelOff {
				return nil, misused("-rate %q: %q is not a level; use trace, debug, info, warn, error or fatal", text, levelName)
			}
		}
		out[strings.ToLower(name)] = e
	}
	return out, nil
}

// of returns what is written to a channel: its own figure, or that of "*".
func (e emissions) of(name string) emission {
	if own, ok := e[name]; ok {
		return own
	}
	return e["*"]
}

// verdict asks what becomes of such a record.
func (e emission) verdict(c *policy.Channel) policy.Verdict {
	if !e.reaching {
		return c.Decide(e.level)
	}
	for _, l := range [...]policy.Level{policy.LevelTrace, policy.LevelDebug, policy.LevelInfo, policy.LevelWarn, policy.LevelError, policy.LevelFatal} {
		if v := c.Decide(l); v.Reports() {
			return v
		}
	}
	return policy.Verdict{}
}

// tariff is what a policy lets one client of a class send: shares, and budgets that channels share.
type tariff struct {
	wanted  []float64 // by channel: records per second after the share of records is drawn
	made    []float64 // by channel: records per second before
	budget  []int     // by channel: index into caps, -1 for none
	caps    []float64 // records per second
	total   float64   // over all channels
	applies []bool    // by rule
}

// newTariff explains every channel once; none of it depends on who the client is.
func newTariff(p *sampling.Policy, id sampling.Identity, u policy.Under, names []string, e emissions) (*tariff, error) {
	t := &tariff{total: ceilingRate(p)}
	byOrigin := make(map[string]int)
	for _, name := range slices.Concat(names, []string{"*"}) {
		d, err := policy.Explain(p, id, name, u)
		if err != nil {
			return nil, err
		}
		limit := perSecond(d.Rate)
		if len(t.made) == len(names) {
			t.total = min(t.total, limit) // the rate of "*" bounds everything
			for _, r := range d.Rules {
				t.applies = append(t.applies, r.Applies)
			}
			break
		}
		index := -1
		if !math.IsInf(limit, 1) {
			var ok bool
			if index, ok = byOrigin[d.From["rate"]]; !ok {
				index = len(t.caps)
				byOrigin[d.From["rate"]] = index
				t.caps = append(t.caps, limit)
			}
		}
		made := e.of(name).perSecond
		t.made = append(t.made, made)
		t.wanted = append(t.wanted, made*float64(d.Records)/policy.Million)
		t.budget = append(t.budget, index)
	}
	return t, nil
}

// perSecond returns a rate per second, infinite for none.
func perSecond(r sampling.Rate) float64 {
	if r.N == 0 {
		return math.Inf(1)
	}
	return float64(r.N) / r.Per.Seconds()
}

func ceilingRate(p *sampling.Policy) float64 {
	for _, s := range policy.Settings(p) {
		if s.Path == "ceiling.rate" {
			r, _ := policy.ParseRate(s.Value)
			return perSecond(r)
		}
	}
	return math.Inf(1)
}

// spend fills kept with what a client sends on the open channels, sums being scratch of the size of caps.
func (t *tariff) spend(verdicts []policy.Verdict, kept, sums []float64) {
	clear(sums)
	for i, v := range verdicts {
		kept[i] = 0
		if v.Reports() {
			kept[i] = t.wanted[i]
			if b := t.budget[i]; b >= 0 {
				sums[b] += kept[i]
			}
		}
	}
	all := 0.0
	for i := range kept {
		if b := t.budget[i]; b >= 0 && sums[b] > t.caps[b] {
			kept[i] *= t.caps[b] / sums[b]
		}
		all += kept[i]
	}
	if all > t.total {
		for i := range kept {
			kept[i] *= t.total / all
		}
	}
}
