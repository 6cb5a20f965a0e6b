package sampling

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// longest is how long a rule that raises volume may hold.
const longest = 7 * 24 * time.Hour

// lint notes what a client accepts and a publisher should not.
func (d *decoder) lint() {
	p := d.p
	if p.top.has&hasPanics != 0 && p.top.panics < gate.Million && p.note == "" {
		d.found("panics", kPanics, 0, percentText(p.top.panics)+" hides crashes", `say why in "note"`)
	}
	for i := range p.channels {
		if e := &p.channels[i]; p.top.has&hasClients != 0 && e.has&hasClients != 0 && e.clients > p.top.clients {
			d.found(channelPath("", e.name)+".clients", kNoEffect, e.at, percentText(e.clients)+" has no effect, clients is "+percentText(p.top.clients), "")
		}
	}
	base := situation{base: layer{name: "compiled"}, policy: &Policy{top: p.top, channels: p.channels, salt: p.salt}, id: &Identity{}}
	before := base.plan()
	for i := range p.rules {
		r := &p.rules[i]
		if r.top.has&hasPanics != 0 && r.top.panics < gate.Million && p.note == "" {
			d.found(rulePath(i)+".set.panics", kPanics, r.at, percentText(r.top.panics)+" hides crashes", `say why in "note"`)
		}
		d.bounded(i, before)
		d.shadowed(i)
		d.idle(i)
	}
}

func (d *decoder) found(path string, k kind, at int, what, write string) {
	d.note(k, at, what, write)
	d.rename(path)
}

// bounded wants an end for a rule that raises volume.
func (d *decoder) bounded(i int, before *plan) {
	r := &d.p.rules[i]
	how := raises(r, before)
	switch {
	case how == "":
	case r.until.IsZero():
		d.found(rulePath(i), kForever, r.at, how+" for "+r.whom()+" and never ends", `add "until" (at most 7 days)`)
	case d.p.issued.IsZero():
		d.found(rulePath(i)+".until", kLong, r.at, how+`, and "issued" is missing to judge its length by`, `add "issued"`)
	case r.until.Sub(d.p.issued) > longest:
		days := int(r.until.Sub(d.p.issued).Hours()/24 + 0.5)
		d.found(rulePath(i)+".until", kLong, r.at, how+" for "+strconv.Itoa(days)+` days after "issued"`, "write at most 7 days")
	}
}

// raises says in what way a rule raises volume, "" if it does not.
func raises(r *rule, before *plan) string {
	after := *before
	after.layers = append(slices.Clone(before.layers), r.layerOf())
	after.decideTop()
	after.gather()
	if after.clients > before.clients {
		return "raises clients from " + percentText(before.clients) + " to " + percentText(after.clients)
	}
	if after.panics > before.panics {
		return "raises panics from " + percentText(before.panics) + " to " + percentText(after.panics)
	}
	for _, name := range namesOf(r, &after) {
		a, b := before.resolve(name), after.resolve(name)
		if how := louder(&a, &b, before.clients, after.clients); how != "" {
			return strings.Replace(how, "%s", strconv.Quote(name), 1)
		}
	}
	return ""
}

// namesOf lists the channels that a rule may change: those it names, then all that the policy names, since "*" and prefixes
// reach them too.
func namesOf(r *rule, p *plan) []string {
	var out []string
	for i := range r.channels {
		out = append(out, r.channels[i].name)
	}
	return append(out, slices.Sorted(maps.Keys(p.index))...)
}

// louder says in what way b lets more through than a, with a place for the channel's name.
func louder(a, b *resolved, before, after uint32) string {
	switch {
	case b.Send < a.Send:
		return "lowers %s to " + b.Send.String()
	case b.Issue < a.Issue:
		return "lowers %s to issue " + b.Issue.String()
	case min(b.clients, after) > min(a.clients, before):
		return "raises clients of %s to " + percentText(b.clients)
	case b.records > a.records:
		return "raises records of %s to " + percentText(b.records)
	case a.rate.N > 0 && b.rate.N == 0:
		return "takes the rate off %s"
	case a.rate.N > 0 && b.rate.perHour() > a.rate.perHour():
		return "raises rate of %s to " + b.rate.String()
	case a.rate.N > 0 && b.bursts() > a.bursts():
		return "raises burst of %s to " + strconv.FormatUint(uint64(b.bursts()), 10)
	case b.records < gate.Million && b.first > a.first:
		return "raises first of %s to " + strconv.Itoa(int(b.first))
	}
	return ""
}

// bursts is the burst with its default.
func (f *fields) bursts() uint32 {
	if f.burst == 0 {
		return min(10, f.rate.N)
	}
	return f.burst
}

// idle warns of a rule that can do nothing.
func (d *decoder) idle(i int) {
	r := &d.p.rules[i]
	misspelt := slices.ContainsFunc(d.problems, func(p problem) bool { return p.kind == kUnknown })
	if len(r.settings("")) == 0 && !r.dead && !misspelt {
		d.found(rulePath(i)+".set", kNoEffect, r.at, "sets nothing", "write what is to be different, or take the rule out")
	}
	for _, list := range [...][]condition{r.when, r.not} {
		for j := range list {
			c := &list[j]
			for _, v := range c.values {
				if digits, is := strings.CutPrefix(v, hashed); is && c.key <= condMatch && !hash16(digits) {
					d.found(rulePath(i)+".when."+c.name, kNoEffect, r.at, strconv.Quote(v)+" is the hash of no id",
						"write sha256: and 16 of 0-9 and a-f, as krunkpolicy debug does")
				}
			}
		}
	}
}

func hash16(s string) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return len(s) == 16
}

// whom describes who a rule is for.
func (r *rule) whom() string {
	for i := range r.when {
		c := &r.when[i]
		if c.key > condMatch {
			continue
		}
		what := idKind(c.key).String()
		switch {
		case len(c.values) == 1:
		case c.key == condMatch:
			what += "es"
		default:
			what += "s"
		}
		return strconv.Itoa(len(c.values)) + " " + what
	}
	return "everybody it matches"
}

// shadowed warns of a rule whose every setting a later rule with the same conditions overrides for as long as it holds.
func (d *decoder) shadowed(i int) {
	a := &d.p.rules[i]
	mine := a.settings("")
	for j := i + 1; j < len(d.p.rules); j++ {
		b := &d.p.rules[j]
		if conditionsText(a.when) != conditionsText(b.when) || conditionsText(a.not) != conditionsText(b.not) ||
			!b.until.IsZero() && (a.until.IsZero() || b.until.Before(a.until)) {
			continue
		}
		theirs := b.settings("")
		if len(mine) > 0 && !slices.ContainsFunc(mine, func(s Setting) bool {
			return !slices.ContainsFunc(theirs, func(t Setting) bool { return t.Path == s.Path })
		}) {
			d.found(rulePath(i), kShadowed, a.at, `has no effect: `+rulePath(j)+` has the same "when" and sets the same`, "take one of them out")
			return
		}
	}
}

// Known is what a policy can be compared with.
type Known struct {
	Previous *Policy  // version that runs now; may be nil
	Channels []string // all names that programs register; empty: not known
}

// Review returns the warnings that need more than the document.
func Review(p *Policy, k Known) []Warning {
	var out []Warning
	warn := func(kind kind, path, what, write string) {
		out = append(out, Warning{Problem{Code: kind.code(), Path: path, What: what, Write: write}})
	}
	check := func(prefix string, entries []entry) {
		for i := range entries {
			name := entries[i].name
			if name == "*" || len(k.Channels) == 0 || slices.ContainsFunc(k.Channels, func(c string) bool { return covers(name, gate.Fold(c)) }) {
				continue
			}
			what := "no registered channel starts with " + strconv.Quote(name)
			if hint := suggest(name, prefixes(k.Channels), ""); hint != "" {
				what += " (" + hint + ")"
			}
			warn(kNoChannel, channelPath(prefix, name), what, "")
		}
	}
	check("", p.channels)
	for i := range p.rules {
		check(rulePath(i)+".set.", p.rules[i].channels)
	}
	if k.Previous == nil || k.Previous.salt == p.salt {
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
		warn(kReshuffle, "salt", "changes with "+strconv.Itoa(n)+s+": cohort reshuffle and setting change cannot be told apart later", "change the salt in a version of its own")
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
