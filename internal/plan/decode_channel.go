package plan

import (
	"strconv"

	"github.com/krunk-go/krunk/internal/gate"
)

// Quoted puts s into quotes, cut short. It stands here because strconv.Quote brings 5 KiB of Unicode tables; what is not
// printable in ASCII comes out as an escape, other scripts as they are.
func Quoted(s string) string { return string(appendQuoted(nil, Cut(s))) }

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20 || c == 0x7f:
			b = append(append(b, `\x`...), HexOf([]byte{c})...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

//go:noinline
func RulePath(i int) string { return "rules[" + strconv.Itoa(i) + "]" }

// ChannelPath is the place of an entry, such as channels["net"].
func ChannelPath(prefix, name string) string { return prefix + "channels[" + Quoted(name) + "]" }

// channels reads the members of channels; keys that differ in case alone are the same key.
func (d *Decoder) channels() []Entry {
	var out []Entry
	var seen keys
	at := d.i
	d.object(KShape, func(key string, at int) {
		e := Entry{Name: gate.Fold(key), At: at}
		if k := ChannelProblem(key); k != 0 {
			d.Note(k, at, key, "")
		} else if !seen.add(e.Name) {
			d.path = d.path[:len(d.path)-1]
			d.fail(KTwice, at, key)
			return
		}
		d.object(KShape, func(key string, at int) { d.setting(&e.Fields, key, at) })
		d.burst(&e.Fields, at)
		d.rises(&e.Fields)
		out = append(out, e)
	})
	if len(out) > MaxChannels {
		d.Note(KCount, at, "channels", strconv.Itoa(len(out)))
	}
	return out
}

// ChannelProblem checks the grammar of a channel's name.
func ChannelProblem(key string) Kind {
	if key == "*" {
		return 0
	}
	if len(key) == 0 || len(key) > 64 {
		return KChannel
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
		return KCovered
	case bad || part == 0:
		return KChannel
	}
	return 0
}

// setting reads one member of a channel.
func (d *Decoder) setting(f *Fields, key string, at int) {
	switch key {
	case "trail":
		d.level(f, &f.Trail, HasTrail)
	case "send":
		d.level(f, &f.Send, HasSend)
	case "issue":
		d.level(f, &f.Issue, HasIssue)
	case "clients", "records":
		d.percents(f, key)
	case "rate":
		d.rate(f)
	case "burst":
		f.Burst = uint32(d.integer(KBurst, 1, gate.Million))
	case "first":
		f.First, f.Has = uint16(d.integer(KFirst, 0, 1000)), f.Has|HasFirst
	case "by":
		f.By, f.Has = d.by(), f.Has|HasBy
	case "salt":
		f.Salt, f.Has = d.salt(), f.Has|HasSalt
	case "ramp":
		d.ramp(f)
	default:
		d.unfamiliar(at)
	}
}

func (d *Decoder) level(f *Fields, to *gate.Level, has uint16) {
	at := d.i
	s, ok := d.str(KLevel, "")
	if !ok {
		return
	}
	l, ok := gate.ParseLevel(s)
	if !ok {
		d.Note(KLevel, at, Quoted(s), "")
		return
	}
	*to, f.Has = l, f.Has|has
}

func (d *Decoder) rate(f *Fields) {
	at := d.i
	s, ok := d.str(KRate, "")
	if !ok {
		return
	}
	r, ok := ParseRate(s)
	if !ok {
		d.Note(KRate, at, Quoted(s), "")
		return
	}
	f.Rate, f.Has = r, f.Has|HasRate
}

// burst wants a rate beside it.
func (d *Decoder) burst(f *Fields, at int) {
	if f.Burst > 0 && f.Has&HasRate == 0 && !d.broken {
		d.Note(KBurst, at, "alone", "")
		if n := len(d.Problems); n < d.most {
			d.Problems[n-1].Path += ".burst"
		}
	}
}

// order wants trail <= send <= issue wherever the document itself states two of them, along the chain of each name.
func (d *Decoder) order() {
	base := Layer{Entries: d.P.Channels}
	base.sort()
	for i := range d.P.Channels {
		e := &d.P.Channels[i]
		d.ordered(ChannelPath("", e.Name), e.At, e.Name, base)
	}
	for i := range d.P.Rules {
		r := &d.P.Rules[i]
		top := Layer{Entries: r.Channels}
		top.sort()
		for j := range r.Channels {
			e := &r.Channels[j]
			d.ordered(ChannelPath(RulePath(i)+".set.", e.Name), e.At, e.Name, base, top)
		}
	}
}

func (d *Decoder) ordered(path string, at int, name string, layers ...Layer) {
	var t Fields
	for i := range layers {
		layers[i].chain(name, func(j int) { t.levels(&layers[i].Entries[j].Fields) })
	}
	if a, b, ok := t.disorder(); ok {
		d.Note(KOrder, at, a, b)
		d.Rename(path)
	}
}

// levels takes over what e states.
func (f *Fields) levels(e *Fields) {
	if e.Has&HasTrail != 0 {
		f.Trail = e.Trail
	}
	if e.Has&HasSend != 0 {
		f.Send = e.Send
	}
	if e.Has&HasIssue != 0 {
		f.Issue = e.Issue
	}
	f.Has |= e.Has
}

// disorder returns the first two stated thresholds that stand in the wrong order; off takes part in none.
func (f *Fields) disorder() (upper, lower string, found bool) {
	list := [...]struct {
		name string
		has  uint16
		l    gate.Level
	}{{"trail", HasTrail, f.Trail}, {"send", HasSend, f.Send}, {"issue", HasIssue, f.Issue}}
	for i, a := range list {
		for _, b := range list[i+1:] {
			if f.Has&a.has != 0 && f.Has&b.has != 0 && a.l != gate.LevelOff && b.l != gate.LevelOff && a.l > b.l {
				return b.name + " " + Quoted(b.l.String()), a.name + " " + Quoted(a.l.String()), true
			}
		}
	}
	return "", "", false
}
