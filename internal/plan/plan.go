// Package plan reads policies and works out what they mean for one client: documents become layers, layers a Plan, and a Plan
// publishes into the gates of channels. Package sampling puts a controller around it for games, package policy words for people.
package plan

import (
	"math/bits"

	"github.com/krunk-go/krunk/internal/gate"
)

// Origin says who decided a field: a layer of the plan and an entry of it, -1 for the layer's top level.
type Origin struct{ Layer, Entry int16 }

// Plan is everything that decides at one moment. It is immutable after build, apart from its budgets.
type Plan struct {
	Layers  []Layer
	Index   map[string][]Origin // entries of all layers by name, lowest layer first
	Ceiling Fields
	compiled
	Salt    string
	IDs     [3]string
	Buckets [3]uint32 // of ids, with salt
	Killed  bool
	Silence uint32 // panics in ppm while killed by a document that was malformed otherwise
	Muted   bool   // silence counts
	// decided once for all channels
	By         IDKind
	byOrigin   Origin
	Clients    uint32
	ClientsBy  Origin
	Panics     uint32
	PanicsBy   Origin
	NextExpiry Moment // when something starts or ends or a ramp takes a step; server time, zero: never
	begun      Moment // see Situation
}

// compiled is what the program sets above every policy.
type compiled struct {
	limits Fields // levels and rate of Limits
	always bool   // Limits.PanicsAlways
}

// Situation is what a plan is made from.
type Situation struct {
	Base     Layer
	Fallback *Document // compiled default, may be nil
	Policy   *Document // may be nil
	ID       *Identity
	Hash     func([]byte) [32]byte
	Now      Moment // server time, the latest that it may be: what has an end ends early rather than late
	Begun    Moment // the earliest that it may be: what has a beginning begins late rather than early
	Ceiling  Fields // of Limits
	Always   bool
}

// Plan works out what holds.
func (s *Situation) Plan() *Plan {
	p := &Plan{compiled: compiled{s.Ceiling, s.Always}, begun: s.Begun, Clients: gate.Million, Panics: gate.Million, Layers: make([]Layer, 1, 8)}
	p.Layers[0] = s.Base
	for _, doc := range [...]*Document{s.Fallback, s.Policy} {
		if doc == nil {
			continue
		}
		p.Salt = doc.Salt
		if doc == s.Policy {
			p.Layers = append(p.Layers, doc.layerOf("policy"))
			p.Killed, p.Ceiling = doc.Disabled, doc.Ceiling
		} else {
			p.Layers = append(p.Layers, doc.layerOf("default"))
			if s.Policy == nil {
				p.Killed, p.Ceiling = doc.Disabled, doc.Ceiling
			}
		}
	}
	if s.Policy != nil {
		p.follow(s.Policy, s)
		if !s.Policy.Disabled { // a kill switch does not end by itself
			p.soon(s.Policy.Expires, s.Now)
		}
	} else if s.Fallback != nil {
		p.follow(s.Fallback, s)
	}
	p.steps(s)
	p.DecideTop()
	p.Gather()
	for k := range p.IDs {
		p.IDs[k] = s.ID.key(IDKind(k))
		p.Buckets[k] = gate.Bucket(p.Salt, p.IDs[k])
	}
	return p
}

// follow adds the rules that are alive and match.
func (p *Plan) follow(doc *Document, s *Situation) {
	for i := range doc.Rules {
		r := &doc.Rules[i]
		if r.Until.Over(s.Now) || !r.Matches(s.ID, doc.Salt, s.Hash) {
			continue
		}
		if !r.Started(s.Begun) {
			p.starts(r.From, s)
			continue
		}
		p.soon(r.Until, s.Now)
		p.Layers = append(p.Layers, r.LayerOf())
	}
}

// Started reports whether the rule's beginning has come.
func (r *Rule) Started(begun Moment) bool { return begun >= r.From || r.From == 0 }

// steps finds the next step of all ramps that hold.
func (p *Plan) steps(s *Situation) {
	for i := range p.Layers {
		l := &p.Layers[i]
		for j := -1; j < len(l.Entries); j++ {
			f := &l.Top
			if j >= 0 {
				f = &l.Entries[j].Fields
			}
			for k := range f.Ramp {
				if at := f.Ramp[k].At; !at.Over(s.Begun) {
					p.starts(at, s)
					break
				}
			}
		}
	}
}

// starts notes when something begins, by the clock that beginnings go by.
func (p *Plan) starts(t Moment, s *Situation) { p.soon(t-s.Begun+s.Now, s.Now) }

func (p *Plan) soon(t, now Moment) {
	if t > now && (p.NextExpiry == 0 || t < p.NextExpiry) {
		p.NextExpiry = t
	}
}

// Gather makes the index, so that a channel costs one look-up for each part of its name, however many rules match.
func (p *Plan) Gather() {
	n := 0
	for i := range p.Layers {
		n += len(p.Layers[i].Entries)
	}
	p.Index = make(map[string][]Origin, n)
	room := make([]Origin, n)
	for i := range p.Layers {
		for j := range p.Layers[i].Entries {
			name, o := p.Layers[i].Entries[j].Name, Origin{int16(i), int16(j)}
			if old, ok := p.Index[name]; ok {
				p.Index[name] = append(old, o)
				continue
			}
			room[0] = o
			p.Index[name], room = room[:1:1], room[1:]
		}
	}
}

// DecideTop settles what holds for all channels.
func (p *Plan) DecideTop() {
	for i := range p.Layers {
		t, o := &p.Layers[i].Top, Origin{int16(i), -1}
		if t.Has&HasClients != 0 {
			p.Clients, p.ClientsBy = t.Share(p.begun), o
		}
		if t.Has&HasPanics != 0 {
			p.Panics, p.PanicsBy = t.Panics, o
		}
		if t.Has&HasBy != 0 {
			p.By, p.byOrigin = t.By, o
		}
	}
	if p.Ceiling.Has&HasClients != 0 && !p.Layers[p.ClientsBy.Layer].identity {
		p.Clients = min(p.Clients, p.Ceiling.Clients)
	}
}

// Resolved are the settings of one channel.
type Resolved struct {
	Fields
	From   [10]Origin // by bit of has
	Forced bool       // picked by name
	In     bool
	Ppm    uint32  // probability of being in, 0 if forced
	exempt bool    // a rule that names people decides about it, so that no ceiling holds
	weight float32 // clients that this one stands for: one over the probability, which is not rounded; -1 if forced
	Bucket uint32
	star   Origin // whose rate "*" has, layer -1 for none
}

func bit(has uint16) int { return bits.TrailingZeros16(has) }

// Resolve finds the settings of a channel, whose name is in lower case.
func (p *Plan) Resolve(name string) Resolved {
	r := p.chain(name)
	p.bound(&r)
	p.join(&r)
	return r
}

// chain lays the entries that cover a name over each other: of each layer "*", then "net", then "net.http".
func (p *Plan) chain(name string) (r Resolved) {
	r.Thresholds = gate.Defaults()
	r.Clients, r.Records, r.By = gate.Million, gate.Million, p.By
	r.From[bit(HasBy)] = p.byOrigin
	r.star.Layer = -1
	var room [8][]Origin
	hits := append(room[:0], p.Index["*"])
	for n := 0; n <= len(name) && name != "*"; n++ {
		if n == len(name) || name[n] == '.' {
			if list := p.Index[name[:n]]; len(list) > 0 {
				hits = append(hits, list)
			}
		}
	}
	for {
		best := -1
		for i, list := range hits {
			if len(list) > 0 && (best < 0 || list[0].Layer < hits[best][0].Layer) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		o := hits[best][0]
		hits[best] = hits[best][1:]
		r.take(&p.Layers[o.Layer].Entries[o.Entry], o, p.begun)
	}
	return r
}

func (r *Resolved) take(e *Entry, o Origin, begun Moment) {
	r.levels(&e.Fields)
	if e.Has&HasClients != 0 {
		r.Clients = e.Share(begun)
	}
	if e.Has&HasRecords != 0 {
		r.Records = e.Records
	}
	if e.Has&HasRate != 0 {
		r.Rate, r.Burst = e.Rate, e.Burst
		if e.Name == "*" {
			r.star = o
		}
	}
	if e.Has&HasFirst != 0 {
		r.First = e.First
	}
	if e.Has&HasBy != 0 {
		r.By = e.By
	}
	if e.Has&HasSalt != 0 {
		r.Salt = e.Salt
	}
	for has := uint(e.Has); has != 0; has &= has - 1 {
		r.From[bits.TrailingZeros(has)] = o
	}
}

// picked reports whether a rule that names people decided the field.
func (p *Plan) picked(r *Resolved, has uint16) bool {
	return p.Layers[r.From[bit(has)].Layer].identity
}

// bound applies the policy's ceiling, from which those picked by name are exempt, then the compiled limits, then order.
func (p *Plan) bound(r *Resolved) {
	// Whom a rule names only to set levels is in by chance like everybody else, and stands for as many.
	r.Forced = p.Layers[p.ClientsBy.Layer].identity || p.picked(r, HasClients)
	r.exempt = r.Forced || p.picked(r, HasSend) || p.picked(r, HasIssue)
	if p.Layers[p.ClientsBy.Layer].identity && r.From[bit(HasClients)].Layer < p.ClientsBy.Layer {
		r.Clients = gate.Million // who is picked by name is picked for the channels with a share of their own too
	}
	c := &p.Ceiling
	if c.Has&HasClients != 0 && r.Has&HasClients != 0 && !r.exempt {
		r.Clients = min(r.Clients, c.Clients)
	}
	if c.Has&HasRecords != 0 && !p.picked(r, HasRecords) {
		r.Records = min(r.Records, c.Records)
	}
	for _, f := range [...]struct {
		has  uint16
		v    *gate.Level
		c, l gate.Level
	}{{HasTrail, &r.Trail, c.Trail, p.limits.Trail}, {HasSend, &r.Send, c.Send, p.limits.Send}, {HasIssue, &r.Issue, c.Issue, p.limits.Issue}} {
		if c.Has&f.has != 0 && !p.picked(r, f.has) {
			*f.v = max(*f.v, f.c)
		}
		if p.limits.Has&f.has != 0 && r.From[bit(f.has)].Layer > 0 {
			*f.v = max(*f.v, f.l)
		}
	}
	if r.Issue < r.Send && r.Send != gate.LevelOff {
		r.Issue = r.Send
	}
	if low := min(r.Send, r.Issue); r.Trail > low && r.Trail != gate.LevelOff {
		r.Trail = low
	}
}

// join decides whether the client is in the channel's cohort. Both percentages are drawn by the id that the channel names;
// with the same salt the cohorts are nested and the smaller one counts, with a salt of its own the channel's is independent.
func (p *Plan) join(r *Resolved) {
	has := p.IDs[r.By] != ""
	r.Bucket = p.Buckets[r.By]
	if r.Salt == "" || r.Salt == p.Salt {
		r.Ppm = min(p.Clients, r.Clients)
		r.In = gate.Inside(r.Bucket, r.Ppm, has)
		r.weight = gate.Million / float32(r.Ppm)
	} else {
		own := gate.Bucket(r.Salt, p.IDs[r.By])
		r.Ppm = gate.Product(p.Clients, r.Clients)
		r.weight = gate.Million / float32(p.Clients) * (gate.Million / float32(r.Clients))
		r.In = gate.Inside(r.Bucket, p.Clients, has) && gate.Inside(own, r.Clients, has)
		r.Bucket = own
	}
	if r.Forced {
		r.Ppm, r.weight = 0, -1
	}
}

// PanicShare returns the share of clients that send panics, 0 if this one was picked by name, and whether it does.
func (p *Plan) PanicShare() (uint32, bool) {
	share := p.Panics
	if p.Muted {
		share = p.Silence
	}
	if p.always {
		share = gate.Million
	}
	mine := gate.Inside(p.Buckets[ByClient], share, p.IDs[ByClient] != "")
	if !p.Muted && !p.always && p.Layers[p.PanicsBy.Layer].identity {
		share = 0 // picked by name: stands for nobody else
	}
	return share, mine
}

// InCohort reports whether the client is in by the top level.
func (p *Plan) InCohort() bool {
	return gate.Inside(p.Buckets[p.By], p.Clients, p.IDs[p.By] != "") && !p.Killed
}
