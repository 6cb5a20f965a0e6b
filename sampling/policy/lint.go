package policy

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/gate"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// longest is how long a rule that raises volume may hold.
const longest = 7 * 24 * time.Hour

// farthest is how far ahead something may begin.
const farthest = 366 * 24 * time.Hour

// seldom is the shortest interval at which clients ask.
const seldom = 30 * time.Second

// longestMute is how long an issue may be kept back.
const longestMute = 30 * 24 * time.Hour

// linter notes what a client accepts and a publisher should not.
type linter struct{ *plan.Decoder }

// lint notes what a client accepts and a publisher should not.
func (d linter) lint() {
	p := d.P
	if p.Top.Has&plan.HasPanics != 0 && p.Top.Panics < gate.Million && p.Note == "" {
		d.found("panics", plan.KPanics, 0, percentText(p.Top.Panics)+" hides crashes", `say why in "note"`)
	}
	for i := range p.Channels {
		e, top := &p.Channels[i], lastShare(&p.Top)
		if p.Top.Has&plan.HasClients != 0 && e.Has&plan.HasClients != 0 && lastShare(&e.Fields) > top {
			d.found(plan.ChannelPath("", e.Name)+".clients", plan.KNoEffect, e.At, percentText(lastShare(&e.Fields))+" has no effect, clients is "+percentText(top), "")
		}
	}
	if p.Every > 0 && p.Every < seldom {
		d.found("poll.every", plan.KNoEffect, 0, p.Every.String()+" has no effect, clients ask every 30 s at most", "write 30s or more; a heartbeat of the game's brings policies faster")
	}
	d.late("", &p.Top, p.Channels, 0, 0)
	d.kinds()
	for _, pull := range d.ReadPulls() {
		for _, v := range pull.Who.Values {
			if what, write := nobody(v); what != "" {
				d.found(plan.PullPath(pull.ID)+"."+pull.Who.Name, plan.KPullHash, pull.At, what, write)
			}
		}
		path := plan.PullPath(pull.ID) + ".until"
		switch {
		case p.Issued == 0:
			d.found(path, plan.KPullLong, pull.At, `"issued" is missing to judge its length by`, `add "issued"`)
		case pull.Until.Over(p.Issued):
			d.found(path, plan.KPullLong, pull.At, `is not after "issued"`, "write a later time or take the pull out")
		case pull.Until.Sub(p.Issued) > longest:
			d.found(path, plan.KPullLong, pull.At, strconv.Itoa(int(pull.Until.Sub(p.Issued).Hours()/24+0.5))+` days after "issued"`, "write at most 7 days")
		}
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Top.Has&plan.HasPanics != 0 && r.Top.Panics < gate.Million && p.Note == "" {
			d.found(plan.RulePath(i)+".set.panics", plan.KPanics, r.At, percentText(r.Top.Panics)+" hides crashes", `say why in "note"`)
		}
		d.bounded(i)
		d.late(plan.RulePath(i)+".set.", &r.Top, r.Channels, r.From, r.Until)
		if p.Expires.Over(r.From) {
			d.found(plan.RulePath(i)+".when.from", plan.KLate, r.At, "is not before \"expires\", so the rule would never start", "write an earlier time, or a later \"expires\"")
		} else if d.far(r.From) {
			d.found(plan.RulePath(i)+".when.from", plan.KLate, r.At, d.years(r.From), "write an earlier time, within a year")
		}
		d.shadowed(i)
		d.idle(i)
	}
}

// kinds wants an end for whatever is different about single issues, and says what a raise does that nobody may expect.
func (d linter) kinds() {
	p := d.P
	cohort := uint32(gate.Million)
	if p.Top.Has&plan.HasClients != 0 {
		cohort = p.Top.Clients
	}
	for i := range p.Kinds {
		k := &p.Kinds[i]
		path := plan.KindPath(k.Kind)
		switch {
		case p.Issued == 0:
			d.found(path+".until", plan.KMuteLong, k.At, `"issued" is missing to judge its length by`, `add "issued"`)
		case k.Until.Sub(p.Issued) > longestMute:
			d.found(path+".until", plan.KMuteLong, k.At, strconv.Itoa(int(k.Until.Sub(p.Issued).Hours()/24+0.5))+` days after "issued"`, "write at most 30 days")
		}
		switch {
		case k.Clients == gate.Million && k.Rate.N == 0:
			d.found(path+".clients", plan.KRaiseWide, k.At, `100 without a "rate": a fault of everybody fills the quota`, `add e.g. "rate": "20/h", or write a smaller share`)
		case k.Clients > 0 && k.Clients < cohort:
			d.found(path+".clients", plan.KRaiseThin, k.At, percentText(k.Clients)+" is below clients, "+percentText(cohort)+": who is between the two sends none of this kind", "write "+percentText(cohort)+" or more if that is not meant")
		}
	}
}

func (d linter) found(path string, k plan.Kind, at int, what, write string) {
	d.Problems = append(d.Problems, plan.Problem{Kind: k, Path: path, At: at, Arg: what, More: write})
}

// far reports whether a beginning lies so far ahead that nobody can have meant it: a signed policy would hold as long.
func (d linter) far(t plan.Moment) bool {
	return t != 0 && d.P.Issued != 0 && t.Sub(d.P.Issued) > farthest
}

// years says how far.
func (d linter) years(t plan.Moment) string {
	days := int(t.Sub(d.P.Issued).Hours() / 24)
	return strconv.Itoa(days) + " days after \"issued\", so it would as good as never start"
}

// late wants steps to come while what they stand in holds.
func (d linter) late(prefix string, top *plan.Fields, entries []plan.Entry, from, until plan.Moment) {
	check := func(prefix string, f *plan.Fields) {
		for i := range f.Ramp {
			s, path := &f.Ramp[i], prefix+"ramp["+strconv.Itoa(i)+"].at"
			switch {
			case until.Over(s.At):
				d.found(path, plan.KLate, s.Pos, "is not before the rule's \"until\", so the step would never start", "write an earlier time, or take the step out")
			case from != 0 && s.At <= from:
				d.found(path, plan.KLate, s.Pos, "is not after the rule's \"from\", so what stands before it would never hold", "write a later time, or begin with the larger share")
			case d.P.Expires.Over(s.At):
				d.found(path, plan.KLate, s.Pos, "is not before \"expires\", so the step would never start", "write an earlier time, or a later \"expires\"")
			case d.far(s.At):
				d.found(path, plan.KLate, s.Pos, d.years(s.At), "write an earlier time, within a year")
			}
		}
	}
	check(prefix, top)
	for i := range entries {
		check(plan.ChannelPath(prefix, entries[i].Name)+".", &entries[i].Fields)
	}
}

// bounded wants an end for a rule that raises volume.
func (d linter) bounded(i int) {
	r := &d.P.Rules[i]
	how := d.raises(r)
	from := d.P.Issued
	if from.Over(r.From) {
		from = r.From
	}
	switch {
	case how == "":
	case r.Until == 0:
		d.found(plan.RulePath(i), plan.KForever, r.At, how+" for "+whom(r)+" and never ends", `add "until" (at most 7 days)`)
	case d.P.Issued == 0:
		d.found(plan.RulePath(i)+".until", plan.KLong, r.At, how+`, and "issued" is missing to judge its length by`, `add "issued"`)
	case r.Until.Sub(from) > longest:
		days, after := int(r.Until.Sub(from).Hours()/24+0.5), `"issued"`
		if from != d.P.Issued {
			after = `"from"`
		}
		d.found(plan.RulePath(i)+".until", plan.KLong, r.At, how+" for "+strconv.Itoa(days)+" days after "+after, "write at most 7 days")
	}
}

// raises says in what way a rule raises volume at any time while it holds, "" if it does not.
func (d linter) raises(r *plan.Rule) string {
	p := d.P
	times := append([]plan.Moment{r.From}, stepTimes(&p.Top, p.Channels)...)
	for _, t := range append(times, stepTimes(&r.Top, r.Channels)...) {
		if t < r.From || r.Until.Over(t) {
			continue
		}
		s := plan.Situation{Policy: &plan.Document{Top: p.Top, Channels: p.Channels, Salt: p.Salt}, ID: &plan.Identity{}, Begun: t}
		if how := raisesOver(s.Plan(), r); how != "" {
			return how
		}
	}
	return ""
}

// lastShare is where a ramp ends.
func lastShare(f *plan.Fields) uint32 {
	if n := len(f.Ramp); n > 0 {
		return f.Ramp[n-1].Clients
	}
	return f.Clients
}

// stepTimes are the times of all steps.
func stepTimes(top *plan.Fields, entries []plan.Entry) (out []plan.Moment) {
	for i := range top.Ramp {
		out = append(out, top.Ramp[i].At)
	}
	for i := range entries {
		out = append(out, stepTimes(&entries[i].Fields, nil)...)
	}
	return out
}

func raisesOver(before *plan.Plan, r *plan.Rule) string {
	after := *before
	after.Layers = slices.Clone(before.Layers)
	after.Add(r)
	after.DecideTop()
	if after.Clients > before.Clients {
		return "raises clients from " + percentText(before.Clients) + " to " + percentText(after.Clients)
	}
	if after.Panics > before.Panics {
		return "raises panics from " + percentText(before.Panics) + " to " + percentText(after.Panics)
	}
	for _, name := range namesOf(r, &after) {
		a, b := before.Resolve(name), after.Resolve(name)
		if how := louder(a, b, before.Clients, after.Clients); how != "" {
			return strings.Replace(how, "%s", strconv.Quote(name), 1)
		}
	}
	return ""
}

// namesOf lists the channels that a rule may change: those it names, then all that the policy names, since "*" and prefixes
// reach them too.
func namesOf(r *plan.Rule, p *plan.Plan) []string {
	var out []string
	for i := range r.Channels {
		out = append(out, r.Channels[i].Name)
	}
	all := make(map[string]bool)
	for i := range p.Layers {
		for j := range p.Layers[i].Entries {
			all[p.Layers[i].Entries[j].Name] = true
		}
	}
	return append(out, slices.Sorted(maps.Keys(all))...)
}

// louder says in what way b lets more through than a, with a place for the channel's name.
func louder(a, b *plan.Resolved, before, after uint32) string {
	switch {
	case b.Send < a.Send:
		return "lowers %s to " + b.Send.String()
	case b.Issue < a.Issue:
		return "lowers %s to issue " + b.Issue.String()
	case min(b.Clients, after) > min(a.Clients, before):
		return "raises clients of %s to " + percentText(b.Clients)
	case b.Records > a.Records:
		return "raises records of %s to " + percentText(b.Records)
	case a.Rate.N > 0 && b.Rate.N == 0:
		return "takes the rate off %s"
	case a.Rate.N > 0 && perHour(b.Rate) > perHour(a.Rate):
		return "raises rate of %s to " + sampling.Rate(b.Rate).String()
	case a.Rate.N > 0 && bursts(&b.Fields) > bursts(&a.Fields):
		return "raises burst of %s to " + strconv.FormatUint(uint64(bursts(&b.Fields)), 10)
	case b.Records < gate.Million && b.First > a.First:
		return "raises first of %s to " + strconv.Itoa(int(b.First))
	}
	return ""
}

// bursts is the burst with its default.
func bursts(f *plan.Fields) uint32 {
	if f.Burst == 0 {
		return min(10, f.Rate.N)
	}
	return f.Burst
}

// idle warns of a rule that can do nothing.
func (d linter) idle(i int) {
	r := &d.P.Rules[i]
	misspelt := slices.ContainsFunc(d.Problems, func(p plan.Problem) bool { return p.Kind == plan.KUnknown })
	if len(ruleSettings(r, "")) == 0 && !r.Dead && !misspelt {
		d.found(plan.RulePath(i)+".set", plan.KNoEffect, r.At, "sets nothing", "write what is to be different, or take the rule out")
	}
	for _, list := range [...][]plan.Condition{r.When, r.Not} {
		for j := range list {
			c := &list[j]
			for _, v := range c.Values {
				if what, write := nobody(v); what != "" && c.Key <= plan.CondMatch {
					d.found(plan.RulePath(i)+".when."+c.Name, plan.KNoEffect, r.At, what, write)
				}
			}
		}
	}
}

// nobody says why an id fits no client, "" if it may.
func nobody(id string) (what, write string) {
	switch {
	case id == "":
		return `"" is nobody's id`, "take it out"
	case strings.HasPrefix(id, plan.Hashed) && !plan.IsHash(id):
		return plan.Quoted(id) + " is the hash of no id", "write sha256: and 16 of 0-9 and a-f, as krunkpolicy debug and pull do"
	}
	return "", ""
}

// whom describes who a rule is for.
func whom(r *plan.Rule) string {
	for i := range r.When {
		c := &r.When[i]
		if c.Key > plan.CondMatch {
			continue
		}
		what := plan.IDKind(c.Key).String()
		switch {
		case len(c.Values) == 1:
		case c.Key == plan.CondMatch:
			what += "es"
		default:
			what += "s"
		}
		return strconv.Itoa(len(c.Values)) + " " + what
	}
	return "everybody it matches"
}

// shadowed warns of a rule whose every setting a later rule with the same conditions overrides for as long as it holds.
func (d linter) shadowed(i int) {
	a := &d.P.Rules[i]
	mine := ruleSettings(a, "")
	for j := i + 1; j < len(d.P.Rules); j++ {
		b := &d.P.Rules[j]
		if b.From > a.From || conditionsText(a.When) != conditionsText(b.When) || conditionsText(a.Not) != conditionsText(b.Not) ||
			b.Until != 0 && (a.Until == 0 || b.Until < a.Until) {
			continue
		}
		theirs := ruleSettings(b, "")
		if len(mine) > 0 && !slices.ContainsFunc(mine, func(s Setting) bool {
			return !slices.ContainsFunc(theirs, func(t Setting) bool { return t.Path == s.Path })
		}) {
			d.found(plan.RulePath(i), plan.KShadowed, a.At, `has no effect: `+plan.RulePath(j)+` has the same "when" and sets the same`, "take one of them out")
			return
		}
	}
}

// Known is what a policy can be compared with.
type Known struct {
	Previous *sampling.Policy // version that runs now; may be nil
	Channels []string         // all names that programs register; empty: not known
	Default  *sampling.Policy // what programs compile in, sampling.Options.Default; nil: nothing, or not known
}

// Review returns the warnings that need more than the document.
func Review(p *sampling.Policy, k Known) []Warning {
	var out []Warning
	warn := func(kind plan.Kind, path, what, write string) {
		out = append(out, Warning{Problem{Code: kind.Code(), Path: path, What: what, Write: write}})
	}
	check := func(prefix string, entries []plan.Entry) {
		for i := range entries {
			name := entries[i].Name
			if name == "*" || len(k.Channels) == 0 || slices.ContainsFunc(k.Channels, func(c string) bool { return covers(name, gate.Fold(c)) }) {
				continue
			}
			what := "no registered channel starts with " + strconv.Quote(name)
			if hint := suggest(name, prefixes(k.Channels), ""); hint != "" {
				what += " (" + hint + ")"
			}
			warn(plan.KNoChannel, plan.ChannelPath(prefix, name), what, "")
		}
	}
	doc := p.Document()
	check("", doc.Channels)
	for i := range doc.Rules {
		check(plan.RulePath(i)+".set.", doc.Rules[i].Channels)
	}
	out = append(out, hidden(p, &k)...)
	if k.Previous == nil || k.Previous.Salt() == p.Salt() {
		return out
	}
	n := 0
	for _, d := range Diff(k.Previous, p) {
		if d.Path != "salt" && d.Path != "expires" {
			n++
		}
	}
	if n > 0 {
		s := " other settings"
		if n == 1 {
			s = " other setting"
		}
		warn(plan.KReshuffle, "salt", "changes with "+strconv.Itoa(n)+s+": cohort reshuffle and setting change cannot be told apart later", "change the salt in a version of its own")
	}
	return out
}

// covers reports whether the entry called name applies to channel.
func covers(name, channel string) bool {
	return name == "*" || channel == name || strings.HasPrefix(channel, name+".")
}

// prefixes returns all names and what stands before their dots.
func prefixes(names []string) []string {
	var out []string
	for _, name := range names {
		for i := 0; i <= len(name); i++ {
			if i == len(name) || name[i] == '.' {
				out = append(out, gate.Fold(name[:i]))
			}
		}
	}
	return out
}

// perHour makes rates comparable.
func perHour(r plan.Rate) uint64 {
	if r.N == 0 || r.Per <= 0 {
		return 0
	}
	return uint64(r.N) * uint64(time.Hour/r.Per)
}
