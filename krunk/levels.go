package krunk

import (
	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/text"
)

// levels are Config.Channels as numbers; what an entry leaves out is gate.Inherit.
type levels map[string]gate.Thresholds

// parseLevels checks every entry, by itself and together with what it inherits.
func parseLevels(in map[string]Thresholds, bad *faults) levels {
	if len(in) == 0 {
		return nil
	}
	out := make(levels, len(in))
	names := make([]string, len(in))
	n := 0
	for name := range in {
		names[n] = name
		n++
	}
	text.SortKeys(names)
	before := len(*bad)
	for _, name := range names {
		clean := channelName(name)
		if name == "*" {
			clean = name
		} else if _, twice := out[clean]; twice || clean != ascii.Lower(name) {
			bad.say(entry(name), `a channel's name is letters, digits, _ and -, with dots between parts, at most 64 bytes, once in whatever case; "*" is allowed alone`)
			continue
		}
		from := in[name]
		out[clean] = gate.Thresholds{
			Trail: bad.level(name, ".Trail", from.Trail), Send: bad.level(name, ".Send", from.Send), Issue: bad.level(name, ".Issue", from.Issue),
		}
	}
	if len(*bad) == before {
		for _, name := range names {
			t := out.of(ascii.Lower(name))
			_ = bad.ordered(name, "Trail", t.Trail, "Send", t.Send) && bad.ordered(name, "Trail", t.Trail, "Issue", t.Issue) &&
				bad.ordered(name, "Send", t.Send, "Issue", t.Issue)
		}
	}
	return out
}

//go:noinline
func entry(channel string) string { return "Channels[" + text.Quote(channel) + "]" }

//go:noinline
func (f *faults) level(channel, field, value string) gate.Level {
	if value == "" {
		return gate.Inherit
	}
	l, ok := gate.ParseLevel(value)
	if !ok {
		f.say(entry(channel)+field, text.Quote(value)+" is not a level; write trace, debug, info, warn, error, fatal or off")
	}
	return l
}

// ordered wants a <= b if both are not off.
func (f *faults) ordered(channel, a string, la gate.Level, b string, lb gate.Level) bool {
	if la == gate.LevelOff || lb == gate.LevelOff || la <= lb {
		return true
	}
	f.say(entry(channel), a+" "+la.String()+" is above "+b+" "+lb.String()+"; write levels in the order Trail <= Send <= Issue, or off")
	return false
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
