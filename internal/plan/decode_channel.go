package plan

import (
	"strconv"
	"unsafe"

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
	var names keys
	var o items
	start := d.i
	for d.inObject(&o, KShape) {
		key, at := d.key(), d.at
		name := gate.Fold(key)
		if k := ChannelProblem(key); k != 0 {
			d.Note(k, at, key, "")
		} else if !names.add(name) {
			d.path = d.path[:len(d.path)-1]
			d.fail(KTwice, at, key)
			break
		}
		out = append(out, Entry{Name: name, At: at})
		f := &out[len(out)-1].Fields
		d.fields(f, channelFields)
		d.burst(f, at)
		d.rises(f)
	}
	if len(out) > MaxChannels {
		d.Note(KCount, start, "channels", strconv.Itoa(len(out)))
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

// fieldNames are what Fields may state: those with a flag, in its order, then the others.
const fieldNames = "trail send issue clients records rate first by salt panics burst ramp"

// Which of them may stand where.
const (
	hasBurst      = 1 << 10
	hasRamp       = 1 << 11
	channelFields = 1<<12 - 1 - HasPanics
	ceilingFields = HasTrail | HasSend | HasIssue | HasClients | HasRecords | HasRate | hasBurst
	setFields     = HasClients | HasPanics | hasRamp
	topFields     = setFields | HasBy
)

// fields reads an object of settings.
func (d *Decoder) fields(f *Fields, allowed uint16) {
	var o items
	for d.inObject(&o, KShape) {
		d.field(f, allowed)
	}
}

// field reads one setting, if it is one that may stand there.
func (d *Decoder) field(f *Fields, allowed uint16) {
	i := wordAt(fieldNames, d.key())
	if i < 0 || allowed>>i&1 == 0 {
		d.unfamiliar()
		return
	}
	m := &fieldMembers[i]
	if d.value(m, unsafe.Pointer(f)) || m.read != levels && m.read != rates { // those that are wrong count as not stated
		f.Has |= 1 << i & (hasBurst - 1)
	}
}

// burst wants a rate beside it.
func (d *Decoder) burst(f *Fields, at int) {
	if f.Burst > 0 && f.Has&HasRate == 0 && !d.broken {
		d.NoteAt(d.where()+".burst", KBurst, at, "alone", "")
	}
}

// order wants trail <= send <= issue wherever the document itself states two of them, along the chain of each name.
func (d *Decoder) order() {
	base := d.P.layerOf("")
	d.ordered("", base.Entries, base)
	for i := range d.P.Rules {
		r := &d.P.Rules[i]
		d.ordered(RulePath(i)+".set.", r.Channels, base, r.LayerOf())
	}
}

func (d *Decoder) ordered(prefix string, entries []Entry, layers ...Layer) {
	if len(entries) == 0 {
		return
	}
	p := Plan{Layers: layers}
	p.Gather()
	for i := range entries {
		e := &entries[i]
		r := p.chain(e.Name)
		if a, b, ok := r.disorder(); ok {
			d.NoteAt(ChannelPath(prefix, e.Name), KOrder, e.At, a, b)
		}
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
