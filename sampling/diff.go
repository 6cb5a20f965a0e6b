package sampling

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setting is one thing that a policy states. Rules go by their id.
type Setting struct{ Path, Value string }

// Settings lists all that p states, by path, apart from version, issued, author and note.
func (p *Policy) Settings() []Setting {
	var out []Setting
	add := func(path, value string) { out = append(out, Setting{path, value}) }
	if p.disabled {
		add("enabled", "false")
	}
	if p.salt != "" {
		add("salt", p.salt)
	}
	if !p.expires.IsZero() {
		add("expires", p.expires.UTC().Format(time.RFC3339))
	}
	if p.every > 0 {
		add("poll.every", p.every.String())
	}
	if p.spread > 0 {
		add("poll.spread", p.spread.String())
	}
	out = append(out, p.top.settings("")...)
	out = append(out, p.ceiling.settings("ceiling.")...)
	out = append(out, entrySettings("", p.channels)...)
	for i := range p.rules {
		r := &p.rules[i]
		prefix := "rules[" + strconv.Quote(r.id) + "]."
		add(prefix+"when", conditionsText(r.when))
		if len(r.not) > 0 {
			add(prefix+"when.not", conditionsText(r.not))
		}
		if !r.until.IsZero() {
			add(prefix+"until", r.until.UTC().Format(time.RFC3339))
		}
		out = append(out, r.settings(prefix+"set.")...)
	}
	return out
}

func (r *rule) settings(prefix string) []Setting {
	return append(r.top.settings(prefix), entrySettings(prefix, r.channels)...)
}

func entrySettings(prefix string, entries []entry) []Setting {
	var out []Setting
	for i := range entries {
		path := channelPath(prefix, entries[i].name)
		if s := entries[i].settings(path + "."); len(s) > 0 {
			out = append(out, s...)
		}
	}
	return out
}

func (f *fields) settings(prefix string) []Setting {
	var out []Setting
	for _, s := range [...]struct {
		has         uint16
		name, value string
	}{
		{hasTrail, "trail", f.Trail.String()}, {hasSend, "send", f.Send.String()}, {hasIssue, "issue", f.Issue.String()},
		{hasClients, "clients", percentText(f.clients)}, {hasRecords, "records", percentText(f.records)},
		{hasPanics, "panics", percentText(f.panics)}, {hasRate, "rate", f.rate.String()}, {hasFirst, "first", strconv.Itoa(int(f.first))},
		{hasBy, "by", f.by.String()}, {hasSalt, "salt", f.salt},
	} {
		if f.has&s.has != 0 {
			out = append(out, Setting{prefix + s.name, s.value})
		}
	}
	if f.burst > 0 {
		out = append(out, Setting{prefix + "burst", strconv.Itoa(int(f.burst))})
	}
	return out
}

// conditionsText is the same for conditions that say the same in the same order of values.
func conditionsText(list []condition) string {
	parts := make([]string, len(list))
	for i := range list {
		c := &list[i]
		name := c.name
		if c.key == condTag {
			name = "tags." + name
		}
		parts[i] = name + ": " + strings.Join(append(slices.Clone(c.values), c.rangeTexts()...), ", ")
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

func (c *condition) rangeTexts() []string {
	out := make([]string, len(c.ranges))
	for i, r := range c.ranges {
		parts := make([]string, len(r))
		for j, p := range r {
			parts[j] = p.op + p.version.String()
		}
		out[i] = strings.Join(parts, " ")
	}
	return out
}

// String writes the version without its name.
func (r release) String() string {
	s := strconv.Itoa(int(r.numbers[0])) + "." + strconv.Itoa(int(r.numbers[1])) + "." + strconv.Itoa(int(r.numbers[2]))
	if r.numbers[3] > 0 {
		s += "." + strconv.Itoa(int(r.numbers[3]))
	}
	if r.pre != "" {
		s += "-" + r.pre
	}
	return s
}

// Difference is one setting that two policies state differently; an empty side does not state it.
type Difference struct{ Path, Old, New string }

// Diff lists what differs between two policies, in the order of the new one, then what is gone. Old may be nil.
func Diff(old, new *Policy) []Difference {
	var out []Difference
	was := make(map[string]string)
	if old != nil {
		for _, s := range old.Settings() {
			was[s.Path] = s.Value
		}
	}
	is := make(map[string]bool)
	for _, s := range new.Settings() {
		is[s.Path] = true
		if v, ok := was[s.Path]; !ok || v != s.Value {
			out = append(out, Difference{s.Path, v, s.Value})
		}
	}
	if old != nil {
		for _, s := range old.Settings() {
			if !is[s.Path] {
				out = append(out, Difference{s.Path, s.Value, ""})
			}
		}
	}
	return out
}
