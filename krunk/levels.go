package krunk

import (
	"errors"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/text"
)

// levels are Config.Channels as numbers; what an entry leaves out is gate.Inherit.
type levels map[string]gate.Thresholds

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
		if name != "*" && clean != ascii.Lower(name) {
			errs = append(errs, errors.New(place+`: a channel's name is letters, digits, _ and -, with dots between parts, at most 64 bytes; "*" is allowed alone`))
			continue
		}
		if name == "*" {
			clean = name
		}
		t, from := gate.Thresholds{}, in[name]
		for _, f := range [...]struct {
			field, value string
			to           *gate.Level
		}{{"Trail", from.Trail, &t.Trail}, {"Send", from.Send, &t.Send}, {"Issue", from.Issue, &t.Issue}} {
			l, ok := gate.ParseLevel(f.value)
			switch {
			case f.value == "":
				l = gate.Inherit
			case !ok:
				errs = append(errs, errors.New(place+"."+f.field+": "+text.Quote(f.value)+" is not a level; write trace, debug, info, warn, error, fatal or off"))
			}
			*f.to = l
		}
		out[clean] = t
	}
	if len(errs) == 0 {
		for _, name := range names {
			if err := ordered(out.of(ascii.Lower(name))); err != nil {
				errs = append(errs, errors.New("["+text.Quote(name)+"]: "+err.Error()))
			}
		}
	}
	return out, errs
}

// ordered wants trail <= send <= issue of those that are not off.
func ordered(t gate.Thresholds) error {
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
func (l levels) of(name string) gate.Thresholds {
	t := gate.Defaults()
	l.take(&t, "*")
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '.' {
			l.take(&t, name[:i])
		}
	}
	return t
}

func (l levels) take(t *gate.Thresholds, name string) {
	from, ok := l[name]
	if !ok {
		return
	}
	for _, f := range [...]struct {
		from gate.Level
		to   *gate.Level
	}{{from.Trail, &t.Trail}, {from.Send, &t.Send}, {from.Issue, &t.Issue}} {
		if f.from != gate.Inherit {
			*f.to = f.from
		}
	}
}

// channelName returns name in lower case with every character replaced that a policy could not name, and at most 64 of them.
func channelName(name string) string {
	b := make([]byte, 0, min(len(name), maxChannelName))
	for _, c := range name {
		if len(b) == maxChannelName {
			break
		}
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '-':
		case c == '.' && len(b) > 0 && b[len(b)-1] != '.':
		default:
			c = '_'
		}
		b = append(b, byte(c))
	}
	if len(b) == 0 {
		return "default"
	}
	if b[len(b)-1] == '.' {
		b[len(b)-1] = '_'
	}
	return string(b)
}

const maxChannelName = 64
