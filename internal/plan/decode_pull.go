package plan

import (
	"strconv"
	"strings"
	"time"
)

// Pull is one member of pulls: it asks a few clients for their flight log.
type Pull struct {
	_          [0]func() // see Fields
	ID         string
	Until      time.Time
	Who        Condition
	Bytes      int // of the event at most, 0: as many as it may have anyway
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
func (d *Decoder) raw() []byte {
	from := d.i
	d.skip()
	return append([]byte(nil), d.b[from:d.i]...)
}

// PullList returns the pulls of a document that nothing is wrong with.
func (p *Document) PullList() []Pull {
	if p.Pulls == nil {
		return nil
	}
	d := Decoder{reader: reader{b: p.Pulls, most: 1 << 10}, P: new(Document)}
	return d.pulls()
}

// ReadPulls reads them once more and notes what is wrong with them; for strict reading.
func (d *Decoder) ReadPulls() []Pull {
	if d.P.Pulls == nil || d.broken {
		return nil
	}
	r := Decoder{reader: reader{b: d.b, i: d.P.PullsAt, most: d.most, path: []step{{key: "pulls", index: -1}}}, P: d.P}
	list := r.pulls()
	d.Problems = append(d.Problems, r.Problems...)
	return list
}

// pulls reads the requests, without those that something is wrong with.
func (d *Decoder) pulls() (out []Pull) {
	at := d.i
	n := 0
	d.object(KShape, func(key string, at int) {
		n++
		p, wrong, who := Pull{ID: key, At: at}, len(d.Problems), 0
		if len(key) == 0 || len(key) > 64 {
			d.Note(KPullID, at, Quoted(key), "")
		}
		d.object(KShape, func(key string, at int) {
			switch key {
			case "until":
				p.Until = d.time()
			case "player", "client", "match":
				p.Who = Condition{Key: conditionKey(key), Name: key}
				who++
				if d.values(&p.Who) {
					d.pulled(&p.Who, at)
				}
			case "bytes":
				p.Bytes = int(d.integer(KPullBytes, minPullLog, maxPullLog))
			case "goroutines":
				p.Goroutines, _ = d.boolean(KShape)
			default:
				d.unfamiliar(at)
			}
		})
		switch {
		case wrong != len(d.Problems):
			return
		case Unset(p.Until):
			d.Note(KPullEnd, at, "", "")
			return
		case who != 1:
			d.Note(KPullWho, at, "", "")
			return
		}
		out = append(out, p)
	})
	if n > MaxPulls {
		d.Note(KCount, at, "pulls", strconv.Itoa(n))
	}
	return out
}

// pulled wants few, and people by hashes: everybody can read a policy.
func (d *Decoder) pulled(c *Condition, at int) {
	n, most := len(c.Values), MaxPulled
	if c.Key == CondMatch {
		most = 1
	}
	if n > most {
		d.Note(KPullMany, at, strconv.Itoa(n), c.Name)
		return
	}
	for _, v := range c.Values {
		if c.Key != CondMatch && !strings.HasPrefix(v, Hashed) {
			d.Note(KPullPlain, at, Quoted(v), c.Name)
		}
	}
}
