package main

import (
	"fmt"
	"io"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// raisedEffect is what raising one kind of issue leads to. Nobody knows how often a fault happens, so its events are not among those of the
// channels.
type raisedEffect struct {
	Kind    string  `json:"kind"`
	Clients int64   `json:"clients"`                // that send every event of it
	Most    float64 `json:"most_per_s,omitempty"`   // events of all together at most
	Endless bool    `json:"without_rate,omitempty"` // nothing bounds them
}

// raisedBy says which kinds a policy raises at that time.
func raisedBy(p *sampling.Policy, clients int, now time.Time) (out []raisedEffect) {
	if !p.Enabled() || expired(p, now) {
		return nil
	}
	doc := p.Document()
	for i := range doc.Kinds {
		k := &doc.Kinds[i]
		if k.Clients == 0 || k.Until.Over(plan.MomentOf(now)) {
			continue
		}
		n := float64(k.Share(&doc.Ceiling)) / policy.Million * float64(clients)
		e := raisedEffect{Kind: plan.KindName(k.Kind), Clients: int64(n + 0.5)}
		if each := k.PerSecond(&doc.Ceiling); each < 0 {
			e.Endless = true
		} else {
			e.Most = n * each
		}
		out = append(out, e)
	}
	return out
}

// most says how many events there are at most.
func (e *raisedEffect) most() string {
	if e.Endless {
		return "without a rate"
	}
	return "at most " + figure(e.Most) + " events/s"
}

// writeRaised adds what is raised to a forecast.
func (r *simulated) writeRaised(w io.Writer) {
	for i := range r.Raised {
		e := &r.Raised[i]
		fmt.Fprintf(w, "kind %s is raised: %s clients send every event of it, %s\n", e.Kind, thousands(e.Clients), e.most())
	}
}
