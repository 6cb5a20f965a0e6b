package sampling

import (
	"errors"

	"github.com/krunk-go/krunk/internal/gate"
)

// layer is one source of settings; layers lie over each other in a plan, later wins per field.
type layer struct {
	name     string // "compiled", "default", "policy", or "rule " and its id
	top      fields
	entries  []entry
	index    map[string]int32
	budgets  []*gate.Limiter // by entry, made when first asked for
	identity bool
	id       string // of the rule
}

// sort makes the index; it must be called once the entries stand.
func (l *layer) sort() {
	if len(l.entries) < 4 {
		return
	}
	l.index = make(map[string]int32, len(l.entries))
	for i := range l.entries {
		l.index[l.entries[i].name] = int32(i)
	}
}

func (l *layer) find(name string) int {
	if l.index != nil {
		if i, ok := l.index[name]; ok {
			return int(i)
		}
		return -1
	}
	for i := range l.entries {
		if l.entries[i].name == name {
			return i
		}
	}
	return -1
}

// chain calls f for the entries that cover name: "*", "net", "net.http".
func (l *layer) chain(name string, f func(i int)) {
	if len(l.entries) == 0 {
		return
	}
	if i := l.find("*"); i >= 0 {
		f(i)
	}
	if name == "*" {
		return
	}
	for n := 0; n <= len(name); n++ {
		if n == len(name) || name[n] == '.' {
			if i := l.find(name[:n]); i >= 0 {
				f(i)
			}
		}
	}
}

// levels reads thresholds by name of level; an empty one becomes gate.Inherit.
func levels(trail, send, issue string) (t gate.Thresholds, err error) {
	for _, f := range [...]struct {
		name, value string
		to          *gate.Level
	}{{"Trail", trail, &t.Trail}, {"Send", send, &t.Send}, {"Issue", issue, &t.Issue}} {
		l, ok := gate.ParseLevel(f.value)
		switch {
		case f.value == "":
			l = gate.Inherit
		case !ok:
			return t, errors.New(f.name + ": " + quoted(f.value) + " is not a level; write trace, debug, info, warn, error, fatal or off")
		}
		*f.to = l
	}
	return t, nil
}

// stated are the settings that thresholds state.
func stated(t gate.Thresholds) fields {
	f := fields{Thresholds: t}
	for _, s := range [...]struct {
		level gate.Level
		has   uint16
	}{{t.Trail, hasTrail}, {t.Send, hasSend}, {t.Issue, hasIssue}} {
		if s.level != gate.Inherit {
			f.has |= s.has
		}
	}
	return f
}

// compiled makes the lowest layer from a program's own levels, whose names are in lower case.
func compiled(base map[string]gate.Thresholds) layer {
	l := layer{name: "compiled"}
	for name, t := range base {
		l.entries = append(l.entries, entry{name: name, fields: stated(t)})
	}
	return l
}

// layerOf takes the settings of a policy outside of its rules.
func (p *Policy) layerOf(name string) layer {
	return layer{name: name, top: p.top, entries: p.channels}
}

func (r *rule) layerOf() layer {
	return layer{name: "rule " + r.id, top: r.top, entries: r.channels, identity: r.identity(), id: r.id}
}
