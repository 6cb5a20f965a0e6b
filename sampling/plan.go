package sampling

import (
	"errors"
	"math/bits"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// Limits are what no policy may exceed, signed or not. The zero Limits limit nothing.
type Limits struct {
	Trail, Send, Issue string // lowest level a policy may set; empty: no limit
	MaxRate            Rate   // log records and events of all channels together; zero: no limit
	MaxBytesPerHour    int64  // encoded events and log records together, before compression; panics are charged and never refused; zero: no limit
	PanicsAlways       bool   // no policy may turn panics off
}

// origin says who decided a field: a layer of the plan and an entry of it, -1 for the layer's top level.
type origin struct{ layer, entry int16 }

// plan is everything that decides at one moment. It is immutable after build, apart from its budgets.
type plan struct {
	layers  []layer
	index   map[string][]origin // entries of all layers by name, lowest layer first
	ceiling fields
	limits  fields // levels and rate of Limits
	always  bool   // Limits.PanicsAlways
	salt    string
	ids     [3]string
	buckets [3]uint32 // of ids, with salt
	killed  bool
	silence uint32 // panics in ppm while killed by a document that was malformed otherwise
	muted   bool   // silence counts
	// decided once for all channels
	by         idKind
	byOrigin   origin
	clients    uint32
	clientsBy  origin
	panics     uint32
	panicsBy   origin
	nextExpiry time.Time // server time; zero: nothing ends
}

// situation is what a plan is made from.
type situation struct {
	base     layer
	fallback *Policy // compiled default, may be nil
	policy   *Policy // may be nil
	id       *Identity
	hash     func([]byte) [32]byte
	now      time.Time // server time
	ceiling  fields    // of Limits
	always   bool
}

func (s *situation) plan() *plan {
	p := &plan{limits: s.ceiling, always: s.always, clients: gate.Million, panics: gate.Million, layers: make([]layer, 1, 8)}
	p.layers[0] = s.base
	for _, doc := range [...]*Policy{s.fallback, s.policy} {
		if doc == nil {
			continue
		}
		p.salt = doc.salt
		if doc == s.policy {
			p.layers = append(p.layers, doc.layerOf("policy"))
			p.killed, p.ceiling = doc.disabled, doc.ceiling
		} else {
			p.layers = append(p.layers, doc.layerOf("default"))
			if s.policy == nil {
				p.killed, p.ceiling = doc.disabled, doc.ceiling
			}
		}
	}
	if s.policy != nil {
		p.follow(s.policy, s)
		p.soon(s.policy.expires, s.now)
	} else if s.fallback != nil {
		p.follow(s.fallback, s)
	}
	p.decideTop()
	p.gather()
	for k := range p.ids {
		p.ids[k] = s.id.key(idKind(k))
		p.buckets[k] = gate.Bucket(p.salt, p.ids[k])
	}
	return p
}

// follow adds the rules that are alive and match.
func (p *plan) follow(doc *Policy, s *situation) {
	for i := range doc.rules {
		r := &doc.rules[i]
		if !r.alive(s.now) || !r.matches(s.id, doc.salt, s.hash) {
			continue
		}
		p.soon(r.until, s.now)
		p.layers = append(p.layers, r.layerOf())
	}
}

func (r *rule) alive(now time.Time) bool { return !over(r.until, now) }

func (p *plan) soon(t, now time.Time) {
	if !t.IsZero() && !over(t, now) && (p.nextExpiry.IsZero() || over(t, p.nextExpiry)) {
		p.nextExpiry = t
	}
}

// gather makes the index, so that a channel costs one look-up for each part of its name, however many rules match.
func (p *plan) gather() {
	n := 0
	for i := range p.layers {
		n += len(p.layers[i].entries)
	}
	p.index = make(map[string][]origin, n)
	room := make([]origin, n)
	for i := range p.layers {
		for j := range p.layers[i].entries {
			name, o := p.layers[i].entries[j].name, origin{int16(i), int16(j)}
			if old, ok := p.index[name]; ok {
				p.index[name] = append(old, o)
				continue
			}
			room[0] = o
			p.index[name], room = room[:1:1], room[1:]
		}
	}
}

func (p *plan) decideTop() {
	for i := range p.layers {
		t, o := &p.layers[i].top, origin{int16(i), -1}
		if t.has&hasClients != 0 {
			p.clients, p.clientsBy = t.clients, o
		}
		if t.has&hasPanics != 0 {
			p.panics, p.panicsBy = t.panics, o
		}
		if t.has&hasBy != 0 {
			p.by, p.byOrigin = t.by, o
		}
	}
	if p.ceiling.has&hasClients != 0 && !p.layers[p.clientsBy.layer].identity {
		p.clients = min(p.clients, p.ceiling.clients)
	}
}

// resolved are the settings of one channel.
type resolved struct {
	fields
	from   [10]origin // by bit of has
	forced bool       // picked by name
	in     bool
	ppm    uint32 // probability of being in, 0 if forced
	bucket uint32
	star   origin // whose rate "*" has, layer -1 for none
}

func bit(has uint16) int { return bits.TrailingZeros16(has) }

// resolve finds the settings of a channel, whose name is in lower case.
func (p *plan) resolve(name string) (r resolved) {
	r.Thresholds = gate.Defaults()
	r.clients, r.records, r.by = gate.Million, gate.Million, p.by
	r.from[bit(hasBy)] = p.byOrigin
	r.star.layer = -1
	var room [8][]origin
	hits := append(room[:0], p.index["*"])
	for n := 0; n <= len(name) && name != "*"; n++ {
		if n == len(name) || name[n] == '.' {
			if list := p.index[name[:n]]; len(list) > 0 {
				hits = append(hits, list)
			}
		}
	}
	for {
		best := -1
		for i, list := range hits {
			if len(list) > 0 && (best < 0 || list[0].layer < hits[best][0].layer) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		o := hits[best][0]
		hits[best] = hits[best][1:]
		r.take(&p.layers[o.layer].entries[o.entry], o)
	}
	p.bound(&r)
	p.join(&r)
	return r
}

func (r *resolved) take(e *entry, o origin) {
	r.levels(&e.fields)
	if e.has&hasClients != 0 {
		r.clients = e.clients
	}
	if e.has&hasRecords != 0 {
		r.records = e.records
	}
	if e.has&hasRate != 0 {
		r.rate, r.burst = e.rate, e.burst
		if e.name == "*" {
			r.star = o
		}
	}
	if e.has&hasFirst != 0 {
		r.first = e.first
	}
	if e.has&hasBy != 0 {
		r.by = e.by
	}
	if e.has&hasSalt != 0 {
		r.salt = e.salt
	}
	for has := uint(e.has); has != 0; has &= has - 1 {
		r.from[bits.TrailingZeros(has)] = o
	}
}

// picked reports whether a rule that names people decided the field.
func (p *plan) picked(r *resolved, has uint16) bool {
	return p.layers[r.from[bit(has)].layer].identity
}

// bound applies the policy's ceiling, from which those picked by name are exempt, then the compiled limits, then order.
func (p *plan) bound(r *resolved) {
	r.forced = p.layers[p.clientsBy.layer].identity || p.picked(r, hasClients) || p.picked(r, hasSend) || p.picked(r, hasIssue)
	if p.layers[p.clientsBy.layer].identity && r.from[bit(hasClients)].layer < p.clientsBy.layer {
		r.clients = gate.Million // who is picked by name is picked for the channels with a share of their own too
	}
	c := &p.ceiling
	if c.has&hasClients != 0 && r.has&hasClients != 0 && !r.forced {
		r.clients = min(r.clients, c.clients)
	}
	if c.has&hasRecords != 0 && !p.picked(r, hasRecords) {
		r.records = min(r.records, c.records)
	}
	for _, f := range [...]struct {
		has  uint16
		v    *gate.Level
		c, l gate.Level
	}{{hasTrail, &r.Trail, c.Trail, p.limits.Trail}, {hasSend, &r.Send, c.Send, p.limits.Send}, {hasIssue, &r.Issue, c.Issue, p.limits.Issue}} {
		if c.has&f.has != 0 && !p.picked(r, f.has) {
			*f.v = max(*f.v, f.c)
		}
		if p.limits.has&f.has != 0 && r.from[bit(f.has)].layer > 0 {
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
func (p *plan) join(r *resolved) {
	has := p.ids[r.by] != ""
	r.bucket = p.buckets[r.by]
	if r.salt == "" || r.salt == p.salt {
		r.ppm = min(p.clients, r.clients)
		r.in = gate.Inside(r.bucket, r.ppm, has)
	} else {
		own := gate.Bucket(r.salt, p.ids[r.by])
		r.ppm = gate.Product(p.clients, r.clients)
		r.in = gate.Inside(r.bucket, p.clients, has) && gate.Inside(own, r.clients, has)
		r.bucket = own
	}
	if r.forced {
		r.ppm = 0
	}
}

// panicShare returns the share of clients that send panics, 0 if this one was picked by name, and whether it does.
func (p *plan) panicShare() (uint32, bool) {
	share := p.panics
	if p.muted {
		share = p.silence
	}
	if p.always {
		share = gate.Million
	}
	mine := gate.Inside(p.buckets[byClient], share, p.ids[byClient] != "")
	if !p.muted && !p.always && p.layers[p.panicsBy.layer].identity {
		share = 0 // picked by name: stands for nobody else
	}
	return share, mine
}

func (l *Limits) fields() (fields, error) {
	t, err := levels(l.Trail, l.Send, l.Issue)
	if err != nil {
		return fields{}, errors.New("sampling: Options.Limits." + err.Error())
	}
	f := stated(t)
	if l.MaxRate.N > 0 {
		if l.MaxRate.Per != time.Second && l.MaxRate.Per != time.Minute && l.MaxRate.Per != time.Hour {
			return f, errors.New("sampling: Options.Limits.MaxRate.Per: " + strconv.FormatInt(int64(l.MaxRate.Per), 10) + "ns is not a second, a minute or an hour")
		}
		f.rate, f.has = l.MaxRate, f.has|hasRate
	}
	return f, nil
}
