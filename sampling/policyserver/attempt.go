package policyserver

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// Attempt is what somebody is about to publish, or looks at as a draft. It is valid until the function that is asked returns.
type Attempt struct {
	Who      string              // what Authorize said
	Request  *http.Request       // its body is read
	Old, New *sampling.Policy    // Old is nil for the first version
	Changes  []policy.Difference // beside version, dates and author
	Effect   Effect              // what it would do
	now      time.Time
	old, new []ruleHead
}

// errDenied marks what Permit said.
type errDenied struct{ error }

// Unwrap returns what Permit said.
func (e errDenied) Unwrap() error { return e.error }

// permitted asks Options.Permit, for requests.
func (s *Server) permitted(r *http.Request, who string) func(cur *served, doc []byte, p *sampling.Policy, rep *Report, now time.Time) error {
	if s.o.Permit == nil {
		return nil
	}
	return func(cur *served, doc []byte, p *sampling.Policy, rep *Report, now time.Time) error {
		a := Attempt{Who: who, Request: r, New: p, Changes: rep.Changes, Effect: rep.Effect, now: now}
		if cur != nil {
			a.Old = cur.policy
			_, a.old, _ = textOf(cur.doc).outline() // what cannot be read as text has no rules that stay
		}
		_, a.new, _ = textOf(doc).outline()
		if err := s.o.Permit(&a); err != nil {
			s.audit(clean(fmt.Sprintf("refused %q %s %s: %s", who, r.Method, r.URL.Path, err)))
			return errDenied{err}
		}
		return nil
	}
}

// Kills reports whether all reporting is stopped afterwards.
func (a *Attempt) Kills() bool { return !a.New.Enabled() }

// Restarts reports whether it starts reporting again that the kill switch has stopped.
func (a *Attempt) Restarts() bool { return a.New.Enabled() && a.Old != nil && !a.Old.Enabled() }

// Debugs reports whether all that it does is to add rules, at most one for each of so many ids of players or clients that it names,
// which end within a time and hide no panics, or to take out such rules.
func (a *Attempt) Debugs(ids int, within time.Duration) bool {
	if a.Old == nil || len(a.Changes) == 0 {
		return false
	}
	touched := make(map[string]bool)
	for _, c := range a.Changes {
		if a.byItself(c.Path) {
			continue
		}
		rest, ok := strings.CutPrefix(c.Path, `rules["`)
		id, _, ok2 := strings.Cut(rest, `"]`)
		if !ok || !ok2 {
			return false
		}
		touched[id] = true
	}
	for id := range touched {
		was, is := ruleOf(a.Old, id), ruleOf(a.New, id)
		if was != nil && is != nil || was == nil && is == nil {
			return false // changed, or a name that cannot be told
		}
		r := is
		if r == nil {
			if r = was; plan.Over(r.Until.Time(), a.now) {
				continue // gone by itself
			}
		}
		n := named(r)
		if ids -= n; n == 0 || ids < 0 && is != nil || r.Top.Has&plan.HasPanics != 0 || r.Until == 0 || is != nil && r.Until.Time().Sub(a.now) > within {
			return false
		}
	}
	return len(touched) > 0 && a.keepsOrder()
}

// Kinds returns the kinds of issues (krunk.kind) that it begins or ends to keep back or to raise, or does so in another way: who may mute a
// fault is a question of its own. See Raises. What has ended by itself is none of anybody's doing.
func (a *Attempt) Kinds() []string { return a.named("kinds") }

// Pulls returns the ids of requests for flight logs that change: who may ask a player's machine for one is a question of its own, too.
func (a *Attempt) Pulls() []string { return a.named("pulls") }

// named returns the members of an object of the document that change, in order.
func (a *Attempt) named(object string) (out []string) {
	for _, c := range a.Changes {
		rest, ok := strings.CutPrefix(c.Path, object+`["`)
		name, _, ok2 := strings.Cut(rest, `"]`)
		if ok && ok2 && !slices.Contains(out, name) && !a.byItself(c.Path) {
			out = append(out, name)
		}
	}
	return out
}

// byItself reports whether a change is that a kind or a pull goes which has ended.
func (a *Attempt) byItself(path string) bool {
	if a.Old == nil {
		return false
	}
	over := func(p *sampling.Policy, ended bool) (found bool) {
		doc := p.Document()
		for i := range doc.Kinds {
			k := &doc.Kinds[i]
			found = found || strings.HasPrefix(path, plan.KindPath(k.Kind)+".") && (!ended || k.Until.Over(plan.MomentOf(a.now)))
		}
		for _, pull := range doc.PullList() {
			found = found || strings.HasPrefix(path, plan.PullPath(pull.ID)+".") && (!ended || pull.Until.Over(plan.MomentOf(a.now)))
		}
		return found
	}
	return over(a.Old, true) && !over(a.New, false)
}

// keepsOrder reports whether the rules that stay are the same, in the same order: the later one wins.
func (a *Attempt) keepsOrder() bool {
	stay := func(list, of []ruleHead) (out []ruleHead) {
		for _, r := range list {
			if slices.ContainsFunc(of, func(o ruleHead) bool { return o.ID == r.ID }) {
				out = append(out, r)
			}
		}
		return out
	}
	return slices.EqualFunc(stay(a.old, a.new), stay(a.new, a.old), func(x, y ruleHead) bool { return x.ID == y.ID && bytes.Equal(x.raw, y.raw) })
}

func ruleOf(p *sampling.Policy, id string) *plan.Rule {
	rules := p.Document().Rules
	for i := range rules {
		if rules[i].ID == id {
			return &rules[i]
		}
	}
	return nil
}

// named counts the players or clients that a rule picks by name; 0 if it does not.
func named(r *plan.Rule) int {
	for i := range r.When {
		if c := &r.When[i]; c.Key < plan.CondMatch {
			return len(c.Values)
		}
	}
	return 0
}

// denied reports whether Permit has refused.
func denied(err error) bool {
	var d errDenied
	return errors.As(err, &d)
}
