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
	Ceiling *Fields
	limits  *Fields // levels and rate of Limits
	always  bool    // Limits.PanicsAlways
	Salt    string
	ID      *Identity
	Buckets [3]uint32 // of ids, with salt
	stopped
	// decided once for all channels
	By         IDKind
	byOrigin   Origin
	Clients    uint32
	ClientsBy  Origin
	Panics     uint32
	PanicsBy   Origin
	NextExpiry Moment // when something starts or ends or a ramp takes a step; server time, zero: never
	raises     raises
	begun      Moment // see Situation
}

// stopped is what a kill switch says.
type stopped struct {
	_       [0]func() // see Fields
	Killed  bool
	Silence uint32 // panics in ppm while killed by a document that was malformed otherwise
	Muted   bool   // silence counts
}

// Situation is what a plan is made from.
type Situation struct {
	Base     []Entry   // of the program
	Fallback *Document // compiled default, may be nil
	Policy   *Document // may be nil
	ID       *Identity
	Hash     func([]byte) [32]byte
	Now      Moment  // server time, the latest that it may be: what has an end ends early rather than late
	Begun    Moment  // the earliest that it may be: what has a beginning begins late rather than early
	Ceiling  *Fields // of Limits, may be nil
	Always   bool
}

// Plan works out what holds.
func (s *Situation) Plan() *Plan {
	none := new(Fields)
	p := &Plan{limits: s.Ceiling, always: s.Always, begun: s.Begun, Ceiling: none, ID: s.ID, Clients: gate.Million, Panics: gate.Million}
	if p.limits == nil {
		p.limits = none
	}
	p.add("compiled", none, s.Base)
	doc := s.Fallback
	if doc != nil {
		p.add("default", &doc.Top, doc.Channels)
	}
	if s.Policy != nil {
		doc = s.Policy
		p.add("policy", &doc.Top, doc.Channels)
		if !doc.Disabled { // a kill switch does not end by itself
			p.soon(doc.Expires, s.Now)
		}
	}
	if doc != nil {
		p.Salt, p.Killed, p.Ceiling = doc.Salt, doc.Disabled, &doc.Ceiling
		p.follow(doc, s)
	}
	p.steps(s)
	p.DecideTop()
	for k := range p.Buckets {
		p.Buckets[k] = gate.Bucket(p.Salt, p.ID.key(IDKind(k)))
	}
	if doc != nil {
		p.raise(doc, s)
	}
	return p
}

// add lays one more layer over the others.
//
//go:noinline
func (p *Plan) add(name string, top *Fields, entries []Entry) *Layer {
	p.Layers = append(p.Layers, Layer{Name: name, Top: top, Entries: entries})
	return &p.Layers[len(p.Layers)-1]
}

// Add lays a rule over all.
func (p *Plan) Add(r *Rule) {
	l := p.add("rule "+r.ID, &r.Top, r.Channels)
	l.ID, l.identity = r.ID, r.identity()
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
		p.Add(r)
	}
}

// Started reports whether the rule's beginning has come.
func (r *Rule) Started(begun Moment) bool { return begun >= r.From }

// steps finds the next step of all ramps that hold.
func (p *Plan) steps(s *Situation) {
	for i := range p.Layers {
		l := &p.Layers[i]
		for j := -1; j < len(l.Entries); j++ {
			f := l.Top
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
//
//go:noinline
func (p *Plan) starts(t Moment, s *Situation) { p.soon(t-s.Begun+s.Now, s.Now) }

//go:noinline
func (p *Plan) soon(t, now Moment) {
	if t > now && (p.NextExpiry == 0 || t < p.NextExpiry) {
		p.NextExpiry = t
	}
}

// DecideTop settles what holds for all channels.
func (p *Plan) DecideTop() {
	for i := range p.Layers {
		t, o := p.Layers[i].Top, Origin{int16(i), -1}
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

// Shared returns the rate of "*", which all channels share beside their own, zero if there is none, and whose it is. It is for package policy.
func (r *Resolved) Shared(p *Plan) (Rate, Origin) {
	if r.star.Layer < 0 {
		return Rate{}, r.star
	}
	return p.Layers[r.star.Layer].Entries[r.star.Entry].Rate, r.star
}

func bit(has uint16) int { return bits.TrailingZeros16(has) }

// Resolve finds the settings of a channel, whose name is in lower case.
func (p *Plan) Resolve(name string) *Resolved {
	r := new(Resolved)
	p.resolve(r, name)
	return r
}

// resolve is Resolve for who has room for them: that of clients is on the stack, where it needs no descriptor.
func (p *Plan) resolve(r *Resolved, name string) {
	p.chain(r, name)
	p.bound(r)
	p.join(r)
}

// chain lays the entries that cover a name over each other: of each layer "*", then "net", then "net.http".
func (p *Plan) chain(r *Resolved, name string) {
	r.star.Layer = -1
	r.Thresholds = gate.Defaults()
	r.Clients, r.Records, r.By = gate.Million, gate.Million, p.By
	r.From[bit(HasBy)] = p.byOrigin
	for i := range p.Layers {
		p.cover(r, i, "*")
		for n := range name {
			if name[n] == '.' {
				p.cover(r, i, name[:n])
			}
		}
		p.cover(r, i, name)
	}
}

// cover takes over what a layer says about a name.
func (p *Plan) cover(r *Resolved, layer int, name string) {
	l := &p.Layers[layer]
	for i := range l.Entries {
		if e := &l.Entries[i]; e.Name == name {
			r.take(e, Origin{int16(layer), int16(i)}, p.begun)
		}
	}
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
	for i := range r.From {
		if e.Has>>i&1 != 0 {
			r.From[i] = o
		}
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
	c := p.Ceiling
	if c.Has&HasClients != 0 && r.Has&HasClients != 0 && !r.exempt {
		r.Clients = min(r.Clients, c.Clients)
	}
	if c.Has&HasRecords != 0 && !p.picked(r, HasRecords) {
		r.Records = min(r.Records, c.Records)
	}
	mine, most, least := levelsOf(&r.Thresholds), levelsOf(&c.Thresholds), levelsOf(&p.limits.Thresholds)
	for i := range mine {
		has := HasTrail << i
		if c.Has&has != 0 && !p.picked(r, has) {
			mine[i] = max(mine[i], most[i])
		}
		if p.limits.Has&has != 0 && r.From[i].Layer > 0 {
			mine[i] = max(mine[i], least[i])
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
	id := p.ID.key(r.By)
	r.Bucket = p.Buckets[r.By]
	if r.Salt == "" || r.Salt == p.Salt {
		r.Ppm = min(p.Clients, r.Clients)
		r.In = gate.Inside(r.Bucket, r.Ppm, id != "")
		r.weight = gate.Million / float32(r.Ppm)
	} else {
		own := gate.Bucket(r.Salt, id)
		r.Ppm = gate.Product(p.Clients, r.Clients)
		r.weight = gate.Million / float32(p.Clients) * (gate.Million / float32(r.Clients))
		r.In = gate.Inside(r.Bucket, p.Clients, id != "") && gate.Inside(own, r.Clients, id != "")
		r.Bucket = own
	}
	if r.Forced {
		r.Ppm, r.weight = 0, -1
	}
}

// PanicShare returns the share of clients that send panics, 0 if this one was picked by name, and whether it does.
//
//go:noinline
func (p *Plan) PanicShare() (uint32, bool) {
	share := p.Panics
	if p.Muted {
		share = p.Silence
	}
	if p.always {
		share = gate.Million
	}
	mine := gate.Inside(p.Buckets[ByClient], share, p.ID.ID != "")
	if p.panicsNamed() {
		share = 0 // picked by name: stands for nobody else
	}
	return share, mine
}

// panicsNamed reports whether a rule that names people decides about panics.
func (p *Plan) panicsNamed() bool {
	return !p.Muted && !p.always && p.Layers[p.PanicsBy.Layer].identity
}

// InCohort reports whether the client is in by the top level.
func (p *Plan) InCohort() bool {
	return gate.Inside(p.Buckets[p.By], p.Clients, p.Known()) && !p.Killed
}
