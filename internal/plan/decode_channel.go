package plan

import (
	"strconv"
	"strings"
	"unsafe"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/gate"
)

// Quoted puts s into quotes, cut short. It stands here because strconv.Quote brings 5 KiB of Unicode tables; what is not
// printable in ASCII comes out as an escape, other scripts as they are.
//
//go:noinline
func Quoted(s string) string {
	s = Cut(s)
	out, done := `"`, 0
	for i := range len(s) {
		escape := ""
		switch c := s[i]; {
		case c == '"' || c == '\\':
			escape = `\` + s[i:i+1]
		case c < 0x20 || c == 0x7f:
			escape = `\x` + HexOf([]byte{c})
		default:
			continue
		}
		out += s[done:i] + escape
		done = i + 1
	}
	return out + s[done:] + `"`
}

//go:noinline
func RulePath(i int) string { return "rules[" + strconv.Itoa(i) + "]" }

// ChannelPath is the place of an entry, such as channels["net"].
func ChannelPath(prefix, name string) string { return prefix + "channels[" + Quoted(name) + "]" }

// channels reads the members of channels; keys that differ in case alone are the same key.
func (d *Decoder) channels() []Entry {
	var out []Entry
	var names Keys
	var o items
	start := d.i
	for d.next(&o, KShape, '{') {
		key, at := d.key(), d.at
		name := gate.Fold(key)
		if k := ChannelProblem(key); k != 0 {
			d.note(k, at, 0)
		} else if !names.Add(name) {
			d.path = d.path[:len(d.path)-1]
			d.fail(KTwice, at, 0)
			break
		}
		out = append(out, Entry{Name: name, At: at})
		f := &out[len(out)-1].Fields
		d.fields(f, channelFields)
		d.burst(f, at)
		d.rises(f)
	}
	if len(out) > MaxChannels {
		d.note(KCount, start, len(out))
	}
	return out
}

// ChannelProblem checks the grammar of a channel's name.
func ChannelProblem(key string) Kind {
	if key == "*" {
		return 0
	}
	switch {
	case len(key) > 64:
		return KChannel
	case strings.IndexByte(key, '*') >= 0:
		return KCovered
	}
	for rest, more := key, true; more; {
		var part string
		if part, rest, more = ascii.Cut(rest, '.'); part == "" || !wordOf(part, "_-") {
			return KChannel
		}
	}
	return 0
}

// fieldNames are what Fields may state: those with a flag, in its order, then the others.
const fieldNames = "trail send issue clients records rate first by salt panics burst ramp"

// Alone is Problem.N of a burst without a rate.
const Alone = 1

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
	for d.next(&o, KShape, '{') {
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
		d.noteAt(d.where()+".burst", KBurst, at, Alone)
	}
}

// order wants trail <= send <= issue wherever the document itself states two of them, along the chain of each name.
func (d *Decoder) order() {
	p := Plan{}
	p.add("", &d.P.Top, d.P.Channels)
	d.ordered("", &p)
	for i := range d.P.Rules {
		p.Layers = p.Layers[:1]
		p.Add(&d.P.Rules[i])
		d.ordered(RulePath(i)+".set.", &p)
	}
}

// ordered looks at the entries of the highest layer.
func (d *Decoder) ordered(prefix string, p *Plan) {
	entries := p.Layers[len(p.Layers)-1].Entries
	if len(entries) > MaxChannels {
		return // which is wrong enough
	}
	for i := range entries {
		e := &entries[i]
		var r Resolved
		p.chain(&r, e.Name)
		if n := r.disorder(); n != 0 {
			d.noteAt(ChannelPath(prefix, e.Name), KOrder, e.At, n)
		}
	}
}

// levels takes over what e states.
func (f *Fields) levels(e *Fields) {
	mine, others := levelsOf(&f.Thresholds), levelsOf(&e.Thresholds)
	for i := range mine {
		if e.Has>>i&1 != 0 {
			mine[i] = others[i]
		}
	}
	f.Has |= e.Has
}

// disorder returns the first two stated thresholds that stand in the wrong order, as four bytes: the place of the one that is too low, its
// level, and the same of the other one; 0 if there are none. Off takes part in none.
func (f *Fields) disorder() int {
	list := levelsOf(&f.Thresholds)
	for i, a := range list {
		for j := i + 1; j < len(list); j++ {
			both := HasTrail<<i | HasTrail<<j
			if b := list[j]; f.Has&both == both && a > b && a != gate.LevelOff && b != gate.LevelOff {
				return j<<24 | int(uint8(b))<<16 | i<<8 | int(uint8(a))
			}
		}
	}
	return 0
}
