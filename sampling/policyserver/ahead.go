package policyserver

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// Step is one step of a ramp.
type Step struct {
	After   string  `json:"after"`   // from the moment of publishing, such as "24h"
	Clients float64 `json:"clients"` // share from then on, in percent, above the one before
}

// maxSteps is how many steps a change may have, as a document.
const maxSteps = 64

// ramp writes the steps of a change.
func ramp(steps []Step, now time.Time) (string, error) {
	parts := make([]string, len(steps))
	for i, s := range steps {
		after, err := time.ParseDuration(s.After)
		if err != nil || after < time.Minute || after > 365*24*time.Hour {
			return "", fmt.Errorf("policyserver: step %d after %q; write a time from 1m to 8760h, such as 24h", i+1, s.After)
		}
		parts[i] = fmt.Sprintf(`{ "at": %s, "clients": %s }`, stamp(now.Add(after)), number(s.Clients))
	}
	return "[ " + strings.Join(parts, ", ") + " ]", nil
}

// shareAt is the share of clients that a policy states for a moment, in percent.
func shareAt(p *sampling.Policy, now time.Time) float64 {
	top, share := &p.Document().Top, uint32(policy.Million)
	if top.Has&plan.HasClients != 0 {
		share = top.Clients
	}
	for i := range top.Ramp {
		if plan.Over(top.Ramp[i].At.Time(), now) {
			share = top.Ramp[i].Clients
		}
	}
	return percentage(share)
}

// jsonAhead is what happens by itself, with what it leads to.
type jsonAhead struct {
	Now  jsonMoment   `json:"now"`
	List []jsonMoment `json:"list"`
	More int          `json:"more"` // moments beyond those
	Past []jsonStep   `json:"past"` // steps of the share that were taken
}

// jsonMoment is when something changes, and what is the case from then on.
type jsonMoment struct {
	At      time.Time   `json:"at"`
	What    []string    `json:"what"`  // in words
	Share   float64     `json:"share"` // percent of the clients
	Outcome jsonOutcome `json:"outcome"`
}

type jsonStep struct {
	At      time.Time `json:"at"` // zero: from the beginning
	Clients float64   `json:"clients"`
}

// maxAhead is how many moments are forecast beside the steps of ramps and the end of the policy, which are all.
const maxAhead = 16

// isStep reports whether a share changes at a moment, or the policy ends.
func isStep(m policy.Moment) bool { return m.Path == "policy" || strings.HasSuffix(m.Path, "clients") }

// ahead forecasts what happens by itself under a policy, moment by moment.
func (s *Server) ahead(p *sampling.Policy, now time.Time) jsonAhead {
	f := s.forecast(p)
	out := jsonAhead{Now: f.moment(p, now), List: []jsonMoment{}, Past: []jsonStep{}}
	steps := 0
	for _, m := range policy.Moments(p, now) {
		n := len(out.List)
		switch {
		case n > 0 && out.List[n-1].At.Equal(m.At):
			out.List[n-1].What = append(out.List[n-1].What, momentWords(m))
		case !isStep(m) && n-steps >= maxAhead || isStep(m) && steps > maxSteps:
			out.More++
		default:
			if isStep(m) {
				steps++
			}
			at := f.moment(p, m.At)
			at.What = []string{momentWords(m)}
			out.List = append(out.List, at)
		}
	}
	if top := &p.Document().Top; len(top.Ramp) > 0 {
		out.Past = append(out.Past, jsonStep{Clients: percentage(top.Clients)})
		for i := range top.Ramp {
			if plan.Over(top.Ramp[i].At.Time(), now) {
				out.Past = append(out.Past, jsonStep{top.Ramp[i].At.Time(), percentage(top.Ramp[i].Clients)})
			}
		}
	}
	return out
}

// moment forecasts what is the case from a moment on.
func (f *forecast) moment(p *sampling.Policy, at time.Time) jsonMoment {
	was := f.under.Now
	defer func() { f.under.Now = was }()
	f.under.Now = at
	m := jsonMoment{At: at.UTC(), What: []string{}, Share: shareAt(p, at), Outcome: outcomeJSON(f.run(p).total)}
	if plan.Over(p.Expires(), at) && p.Enabled() {
		m.Share = 100 // as far as programs are not compiled with less
		if d := f.under.Default; d != nil {
			m.Share = shareAt(d, at)
		}
	}
	return m
}

// momentWords puts a moment into words.
func momentWords(m policy.Moment) string {
	switch {
	case m.Path == "policy":
		return "the policy ends, and clients report as they were compiled"
	case m.Path == "clients":
		return "share of clients " + m.What
	}
	return m.Path + " " + m.What
}

// upcoming answers what happens by itself under the policy that runs.
func (s *Server) upcoming(w http.ResponseWriter, r *http.Request) {
	c := s.current.Load()
	if c == nil {
		answer(w, http.StatusOK, jsonAhead{List: []jsonMoment{}, Past: []jsonStep{}})
		return
	}
	now := time.Now().UTC()
	if last := s.view.ahead.Load(); last != nil && last.tag == c.tag && now.Sub(last.at) < runsFor {
		answer(w, http.StatusOK, last.json)
		return
	}
	made := &foreseen{now, c.tag, s.ahead(awake(c), now)}
	s.view.ahead.Store(made)
	answer(w, http.StatusOK, made.json)
}

// foreseen is what was forecast last.
type foreseen struct {
	at   time.Time
	tag  string
	json jsonAhead
}
