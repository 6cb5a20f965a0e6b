package krunk

import (
	"errors"
	"strings"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/text"
)

// levels finds the thresholds of a channel.
type levels map[string]Thresholds

// parseLevels checks every entry, by itself and together with what it inherits.
func parseLevels(in map[string]Thresholds) (levels, []error) {
	out := make(levels, len(in))
	names := make([]string, 0, len(in))
	for name := range in {
		names = append(names, name)
	}
	text.SortKeys(names)
	var errs []error
	for _, name := range names {
		place := "[" + text.Quote(name) + "]"
		clean := channelName(name)
		if name != "*" && clean != strings.ToLower(name) {
			errs = append(errs, errors.New(place+`: a channel's name is letters, digits, _ and -, with dots between parts, at most 64 bytes; "*" is allowed alone`))
			continue
		}
		if name == "*" {
			clean = name
		}
		t := in[name]
		for _, f := range [...]struct{ field, value string }{{"Trail", t.Trail}, {"Send", t.Send}, {"Issue", t.Issue}} {
			if _, ok := gate.ParseLevel(f.value); !ok && f.value != "" {
				errs = append(errs, errors.New(place+"."+f.field+": "+text.Quote(f.value)+" is not a level; write trace, debug, info, warn, error, fatal or off"))
			}
		}
		out[clean] = t
	}
	if len(errs) == 0 {
		for _, name := range names {
			if err := out.of(strings.ToLower(name)).check(); err != nil {
				errs = append(errs, errors.New("["+text.Quote(name)+"]: "+err.Error()))
			}
		}
	}
	return out, errs
}

// resolved are thresholds after inheritance.
type resolved gate.Thresholds

// check wants the order trail <= send <= issue of those that are not off.
func (t resolved) check() error {
	list := [...]struct {
		name  string
		level gate.Level
	}{{"Trail", t.Trail}, {"Send", t.Send}, {"Issue", t.Issue}}
	for i, a := range list {
		for _, b := range list[i+1:] {
			if a.level != gate.LevelOff && b.level != gate.LevelOff && a.level > b.level {
				return errors.New(a.name + " " + a.level.String() + " is above " + b.name + " " + b.level.String() +
					"; write levels in the order Trail <= Send <= Issue, or off")
			}
		}
	}
	return nil
}

// of returns the thresholds of a channel, inherited along "*", "net", "net.http".
func (l levels) of(name string) resolved {
	t := resolved{Trail: gate.LevelDebug, Send: gate.LevelOff, Issue: gate.LevelError}
	t.take(l["*"])
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '.' {
			t.take(l[name[:i]])
		}
	}
	return t
}

func (t *resolved) take(from Thresholds) {
	for _, f := range [...]struct {
		value string
		to    *gate.Level
	}{{from.Trail, &t.Trail}, {from.Send, &t.Send}, {from.Issue, &t.Issue}} {
		if l, ok := gate.ParseLevel(f.value); ok {
			*f.to = l
		}
	}
}

// channelName returns name in lower case with everything replaced that a policy could not name.
func channelName(name string) string {
	b := []byte(name[:min(len(name), 64)])
	for i, c := range b {
		switch {
		case c >= 'A' && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '-':
		case c == '.' && i > 0 && i < len(b)-1 && b[i-1] != '.':
		default:
			b[i] = '_'
		}
	}
	if len(b) == 0 {
		return "default"
	}
	return string(b)
}
