package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// Setting is one thing that a policy states. Rules go by their id.
type Setting struct{ Path, Value string }

// Channels returns the names that p mentions outside of rules, in its order.
func Channels(p *sampling.Policy) []string {
	var out []string
	for i := range p.Document().Channels {
		out = append(out, p.Document().Channels[i].Name)
	}
	return out
}

// Settings lists all that a policy states, by path, apart from version, issued, author and note.
func Settings(policy *sampling.Policy) []Setting {
	p := policy.Document()
	var out []Setting
	add := func(path, value string) { out = append(out, Setting{path, value}) }
	if p.Disabled {
		add("enabled", "false")
	}
	if p.Salt != "" {
		add("salt", p.Salt)
	}
	if p.Expires != 0 {
		add("expires", timeText(p.Expires))
	}
	if p.Every > 0 {
		add("poll.every", p.Every.String())
	}
	if p.Spread > 0 {
		add("poll.spread", p.Spread.String())
	}
	out = append(out, fieldSettings(&p.Top, "")...)
	out = append(out, fieldSettings(&p.Ceiling, "ceiling.")...)
	out = append(out, entrySettings("", p.Channels)...)
	for i := range p.Rules {
		r := &p.Rules[i]
		prefix := "rules[" + strconv.Quote(r.ID) + "]."
		add(prefix+"when", conditionsText(r.When))
		if r.From != 0 {
			add(prefix+"when.from", timeText(r.From))
		}
		if len(r.Not) > 0 {
			add(prefix+"when.not", conditionsText(r.Not))
		}
		if r.Until != 0 {
			add(prefix+"until", timeText(r.Until))
		}
		out = append(out, ruleSettings(r, prefix+"set.")...)
	}
	return append(append(out, pullSettings(p.PullList())...), kindSettings(p.Kinds)...)
}

func pullSettings(pulls []plan.Pull) (out []Setting) {
	for _, pull := range pulls {
		path := plan.PullPath(pull.ID) + "."
		out = append(out, Setting{path + pull.Who.Name, strings.Join(pull.Who.Values, ", ")})
		if pull.Bytes > 0 {
			out = append(out, Setting{path + "bytes", strconv.Itoa(int(pull.Bytes))})
		}
		if pull.Goroutines {
			out = append(out, Setting{path + "goroutines", "true"})
		}
		out = append(out, Setting{path + "until", timeText(pull.Until)})
	}
	return out
}

func kindSettings(kinds []plan.KindRule) (out []Setting) {
	for i := range kinds {
		k := &kinds[i]
		path := plan.KindPath(k.Kind) + "."
		if k.Silent {
			out = append(out, Setting{path + "mute", "true"})
		}
		if k.Clients > 0 {
			out = append(out, Setting{path + "clients", percentText(k.Clients)})
		}
		if k.Rate.N > 0 {
			out = append(out, Setting{path + "rate", sampling.Rate(k.Rate).String()})
		}
		if k.Panics {
			out = append(out, Setting{path + "panics", "true"})
		}
		out = append(out, Setting{path + "until", timeText(k.Until)})
	}
	return out
}

func ruleSettings(r *plan.Rule, prefix string) []Setting {
	return append(fieldSettings(&r.Top, prefix), entrySettings(prefix, r.Channels)...)
}

func entrySettings(prefix string, entries []plan.Entry) []Setting {
	var out []Setting
	for i := range entries {
		path := plan.ChannelPath(prefix, entries[i].Name)
		if s := fieldSettings(&entries[i].Fields, path+"."); len(s) > 0 {
			out = append(out, s...)
		}
	}
	return out
}

func fieldSettings(f *plan.Fields, prefix string) []Setting {
	var out []Setting
	for _, s := range [...]struct {
		has         uint16
		name, value string
	}{
		{plan.HasTrail, "trail", f.Trail.String()}, {plan.HasSend, "send", f.Send.String()}, {plan.HasIssue, "issue", f.Issue.String()},
		{plan.HasClients, "clients", percentText(f.Clients)}, {plan.HasRecords, "records", percentText(f.Records)},
		{plan.HasPanics, "panics", percentText(f.Panics)}, {plan.HasRate, "rate", sampling.Rate(f.Rate).String()}, {plan.HasFirst, "first", strconv.Itoa(int(f.First))},
		{plan.HasBy, "by", f.By.String()}, {plan.HasSalt, "salt", f.Salt},
	} {
		if f.Has&s.has != 0 {
			out = append(out, Setting{prefix + s.name, s.value})
		}
	}
	if len(f.Ramp) > 0 {
		out = append(out, Setting{prefix + "ramp", rampText(f.Ramp)})
	}
	if f.Burst > 0 {
		out = append(out, Setting{prefix + "burst", strconv.Itoa(int(f.Burst))})
	}
	return out
}

// rampText is "5 at 2026-10-10T14:00:00Z, 25 at 2026-10-11T14:00:00Z".
func rampText(steps []plan.Step) string {
	parts := make([]string, len(steps))
	for i := range steps {
		parts[i] = percentText(steps[i].Clients) + " at " + timeText(steps[i].At)
	}
	return strings.Join(parts, ", ")
}

func timeText(t plan.Moment) string { return t.Time().Format(time.RFC3339) }

// conditionsText is the same for conditions that say the same in the same order of values.
func conditionsText(list []plan.Condition) string {
	parts := make([]string, len(list))
	for i := range list {
		c := &list[i]
		name := c.Name
		if c.Key == plan.CondTag {
			name = "tags." + name
		}
		parts[i] = name + ": " + strings.Join(append(slices.Clone(c.Values), rangeTexts(c)...), ", ")
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

func rangeTexts(c *plan.Condition) []string {
	out := make([]string, len(c.Ranges))
	for i, list := range c.Ranges {
		var parts []string
		for list != "" {
			op, v, rest, _ := plan.Comparison(list)
			parts = append(parts, op+releaseText(v))
			list = rest
		}
		out[i] = strings.Join(parts, " ")
	}
	return out
}

// releaseText writes the version without its name.
func releaseText(r plan.Release) string {
	s := strconv.Itoa(int(r.Numbers[0])) + "." + strconv.Itoa(int(r.Numbers[1])) + "." + strconv.Itoa(int(r.Numbers[2]))
	if r.Numbers[3] > 0 {
		s += "." + strconv.Itoa(int(r.Numbers[3]))
	}
	if r.Pre != "" {
		s += "-" + r.Pre
	}
	return s
}

// Difference is one setting that two policies state differently; an empty side does not state it.
type Difference struct{ Path, Old, New string }

// Diff lists what differs between two policies, in the order of the new one, then what is gone. Old may be nil.
func Diff(old, new *sampling.Policy) []Difference {
	var out []Difference
	was := make(map[string]string)
	if old != nil {
		for _, s := range Settings(old) {
			was[s.Path] = s.Value
		}
	}
	is := make(map[string]bool)
	for _, s := range Settings(new) {
		is[s.Path] = true
		if v, ok := was[s.Path]; !ok || v != s.Value {
			out = append(out, Difference{s.Path, v, s.Value})
		}
	}
	if old != nil {
		for _, s := range Settings(old) {
			if !is[s.Path] {
				out = append(out, Difference{s.Path, s.Value, ""})
			}
		}
	}
	return out
}
