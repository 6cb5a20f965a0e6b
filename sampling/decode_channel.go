package sampling

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/gate"
)

// quoted puts s into quotes, cut short. It stands here because strconv.Quote brings 5 KiB of Unicode tables; what is not
// printable in ASCII comes out as an escape, other scripts as they are.
func quoted(s string) string { return string(appendQuoted(nil, cut(s))) }

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20 || c == 0x7f:
			b = append(append(b, `\x`...), hexOf([]byte{c})...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

//go:noinline
func rulePath(i int) string { return "rules[" + strconv.Itoa(i) + "]" }

func channelPath(prefix, name string) string { return prefix + "channels[" + quoted(name) + "]" }

// channels reads the members of channels; keys that differ in case alone are the same key.
func (d *decoder) channels() []entry {
	var out []entry
	var seen keys
	at := d.i
	d.object(kShape, func(key string, at int) {
		e := entry{name: gate.Fold(key), at: at}
		if k := channelProblem(key); k != 0 {
			d.note(k, at, key, "")
		} else if !seen.add(e.name) {
			d.path = d.path[:len(d.path)-1]
			d.fail(kTwice, at, key)
			return
		}
		d.object(kShape, func(key string, at int) { d.setting(&e.fields, key, at) })
		d.burst(&e.fields, at)
		out = append(out, e)
	})
	if len(out) > maxChannels {
		d.note(kCount, at, "channels", strconv.Itoa(len(out)))
	}
	return out
}

// channelProblem checks the grammar of a channel's name.
func channelProblem(key string) kind {
	if key == "*" {
		return 0
	}
	if len(key) == 0 || len(key) > 64 {
		return kChannel
	}
	part, star, bad := 0, false, false
	for i := range len(key) {
		c := key[i]
		switch {
		case c == '*':
			star = true
			part++
		case c == '.':
			bad = bad || part == 0
			part = 0
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-':
			part++
		default:
			bad = true
		}
	}
	switch {
	case star:
		return kCovered
	case bad || part == 0:
		return kChannel
	}
	return 0
}

// setting reads one member of a channel.
func (d *decoder) setting(f *fields, key string, at int) {
	switch key {
	case "trail":
		d.level(f, &f.Trail, hasTrail)
	case "send":
		d.level(f, &f.Send, hasSend)
	case "issue":
		d.level(f, &f.Issue, hasIssue)
	case "clients", "records":
		d.percents(f, key)
	case "rate":
		d.rate(f)
	case "burst":
		f.burst = uint32(d.integer(kBurst, 1, gate.Million))
	case "first":
		f.first, f.has = uint16(d.integer(kFirst, 0, 1000)), f.has|hasFirst
	case "by":
		f.by, f.has = d.by(), f.has|hasBy
	case "salt":
		f.salt, f.has = d.salt(), f.has|hasSalt
	default:
		d.unfamiliar(at)
	}
}

func (d *decoder) level(f *fields, to *gate.Level, has uint16) {
	at := d.i
	s, ok := d.str(kLevel, "")
	if !ok {
		return
	}
	l, ok := gate.ParseLevel(s)
	if !ok {
		d.note(kLevel, at, quoted(s), "")
		return
	}
	*to, f.has = l, f.has|has
}

func (d *decoder) rate(f *fields) {
	at := d.i
	s, ok := d.str(kRate, "")
	if !ok {
		return
	}
	r, ok := ParseRate(s)
	if !ok {
		d.note(kRate, at, quoted(s), "")
		return
	}
	f.rate, f.has = r, f.has|hasRate
}

// burst wants a rate beside it.
func (d *decoder) burst(f *fields, at int) {
	if f.burst > 0 && f.has&hasRate == 0 && !d.broken {
		d.note(kBurst, at, "alone", "")
		if n := len(d.problems); n < d.most {
			d.problems[n-1].path += ".burst"
		}
	}
}

// order wants trail <= send <= issue wherever the document itself states two of them, along the chain of each name.
func (d *decoder) order() {
	base := layer{entries: d.p.channels}
	base.sort()
	for i := range d.p.channels {
		e := &d.p.channels[i]
		d.ordered(channelPath("", e.name), e.at, e.name, base)
	}
	for i := range d.p.rules {
		r := &d.p.rules[i]
		top := layer{entries: r.channels}
		top.sort()
		for j := range r.channels {
			e := &r.channels[j]
			d.ordered(channelPath(rulePath(i)+".set.", e.name), e.at, e.name, base, top)
		}
	}
}

func (d *decoder) ordered(path string, at int, name string, layers ...layer) {
	var t fields
	for i := range layers {
		layers[i].chain(name, func(j int) { t.levels(&layers[i].entries[j].fields) })
	}
	if a, b, ok := t.disorder(); ok {
		d.note(kOrder, at, a, b)
		d.rename(path)
	}
}

// levels takes over what e states.
func (f *fields) levels(e *fields) {
	if e.has&hasTrail != 0 {
		f.Trail = e.Trail
	}
	if e.has&hasSend != 0 {
		f.Send = e.Send
	}
	if e.has&hasIssue != 0 {
		f.Issue = e.Issue
	}
	f.has |= e.has
}

// disorder returns the first two stated thresholds that stand in the wrong order; off takes part in none.
func (f *fields) disorder() (upper, lower string, found bool) {
	list := [...]struct {
		name string
		has  uint16
		l    gate.Level
	}{{"trail", hasTrail, f.Trail}, {"send", hasSend, f.Send}, {"issue", hasIssue, f.Issue}}
	for i, a := range list {
		for _, b := range list[i+1:] {
			if f.has&a.has != 0 && f.has&b.has != 0 && a.l != gate.LevelOff && b.l != gate.LevelOff && a.l > b.l {
				return b.name + " " + quoted(b.l.String()), a.name + " " + quoted(a.l.String()), true
			}
		}
	}
	return "", "", false
}
