package plan

import (
	"strings"
	"unsafe"
)

// Pull is one member of pulls: it asks a few clients for their flight log.
type Pull struct {
	_          [0]func() // see Fields
	ID         string
	Until      Moment
	Who        Condition
	Bytes      uint32 // of the event at most, 0: as many as it may have anyway
	Goroutines bool
	At         int
}

// What a document may ask for.
const (
	MaxPulls   = 16
	MaxPulled  = 32 // players or clients of one pull
	minPullLog = 1 << 10
	maxPullLog = 1 << 20
)

// PullPath is the place of a member of pulls.
func PullPath(id string) string { return "pulls[" + Quoted(id) + "]" }

// raw returns the text of the next value, whose syntax is checked and nothing else: few clients let themselves be asked.
//
//go:noinline
func (d *Decoder) raw() string {
	from := d.i
	d.skip()
	return string(d.b[from:d.i])
}

// PullList returns the pulls of a document that nothing is wrong with.
func (p *Document) PullList() []Pull {
	if p.Pulls == "" {
		return nil
	}
	d := Decoder{b: []byte(p.Pulls), P: new(Document)}
	return d.pulls()
}

// ReadPulls reads them once more and notes what is wrong with them; for strict reading.
func (d *Decoder) ReadPulls() []Pull {
	if d.P.Pulls == "" || d.broken {
		return nil
	}
	r := Decoder{b: d.b, i: d.P.PullsAt, keep: d.add, path: []step{{key: "pulls", index: -1}}, P: d.P}
	return r.pulls()
}

// pulls reads the requests, without those that something is wrong with.
func (d *Decoder) pulls() (out []Pull) {
	var o items
	start := d.i
	for d.next(&o, KShape, '{') {
		noted := d.noted
		p := Pull{ID: d.key(), At: d.at}
		if len(p.ID) == 0 || len(p.ID) > 64 {
			d.note(KPullID, p.At, 0)
		}
		who := d.pull(&p) & (1<<1 | 1<<2 | 1<<3)
		switch {
		case noted != d.noted:
		case p.Until == 0:
			d.note(KPullEnd, p.At, 0)
		case who == 0 || who&(who-1) != 0:
			d.note(KPullWho, p.At, 0)
		default:
			out = append(out, p)
		}
	}
	if o.n > MaxPulls {
		d.note(KCount, start, o.n)
	}
	return out
}

// pull is fill for one of them. It stands here because few clients let themselves be asked, and the others do not link who.
func (d *Decoder) pull(p *Pull) (seen uint) {
	var o items
	for d.next(&o, KShape, '{') {
		i := wordAt(pullNames, d.key())
		if i < 0 {
			d.unfamiliar()
			continue
		}
		seen |= 1 << i
		if m := &pullMembers[i]; m.read == whos {
			d.who(&p.Who)
		} else {
			d.value(m, unsafe.Pointer(p))
		}
	}
	return seen
}

// who reads whom a pull asks.
func (d *Decoder) who(c *Condition) {
	at := d.at
	*c = Condition{Key: conditionKey(d.key()), Name: d.key()}
	if d.values(c) {
		d.pulled(c, at)
	}
}

// pulled wants few, and people by hashes: everybody can read a policy.
func (d *Decoder) pulled(c *Condition, at int) {
	n, most := len(c.Values), MaxPulled
	if c.Key == CondMatch {
		most = 1
	}
	if n > most {
		d.note(KPullMany, at, n)
		return
	}
	for i, v := range c.Values {
		if c.Key != CondMatch && !strings.HasPrefix(v, Hashed) {
			d.note(KPullPlain, at, i)
		}
	}
}
