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

// Levels are the thresholds that a program gives a channel by itself, by name of level; an empty one is inherited along
// "*", "net", "net.http", and at the end trail is debug, send is off and issue is error.
type Levels struct{ Trail, Send, Issue string }

func (l Levels) fields() (fields, error) {
	var f fields
	for _, p := range [...]struct {
		name, value string
		to          *gate.Level
		has         uint16
	}{{"Trail", l.Trail, &f.Trail, hasTrail}, {"Send", l.Send, &f.Send, hasSend}, {"Issue", l.Issue, &f.Issue, hasIssue}} {
		if p.value == "" {
			continue
		}
		level, ok := gate.ParseLevel(p.value)
		if !ok {
			return f, errors.New(p.name + ": " + quoted(p.value) + " is not a level; write trace, debug, info, warn, error, fatal or off")
		}
		*p.to, f.has = level, f.has|p.has
	}
	return f, nil
}

// compiled makes the lowest layer from a program's own levels.
func compiled(base map[string]Levels) (layer, error) {
	l := layer{name: "compiled"}
	for name, levels := range base {
		f, err := levels.fields()
		if err != nil {
			return l, errors.New("sampling: Options.Base[" + quoted(name) + "]." + err.Error())
		}
		if channelProblem(name) != 0 {
			return l, errors.New("sampling: Options.Base[" + quoted(name) + "]: write letters, digits, _ and -, with dots between parts")
		}
		l.entries = append(l.entries, entry{name: gate.Fold(name), fields: f})
	}
	return l, nil
}

// layerOf takes the settings of a policy outside of its rules.
func (p *Policy) layerOf(name string) layer {
	return layer{name: name, top: p.top, entries: p.channels}
}

func (r *rule) layerOf() layer {
	return layer{name: "rule " + r.id, top: r.top, entries: r.channels, identity: r.identity(), id: r.id}
}
