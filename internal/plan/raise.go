package plan

import "github.com/krunk-go/krunk/internal/gate"

// raises says what of a document's kinds that raise one concerns this client.
type raises uint8

const (
	anyRaised    raises = 1 << iota // one is in force
	raisedHere                      // this client sends all of it
	panicsRaised                    // it sends no panics, but those of such a kind
)

// raise looks which kinds are raised now, and until when.
func (p *Plan) raise(doc *Document, s *Situation) {
	for i := range doc.Kinds {
		k := &doc.Kinds[i]
		if k.Clients == 0 || k.Until.Over(s.Now) {
			continue
		}
		p.soon(k.Until, s.Now)
		p.raises |= anyRaised
		share, in := p.Raised(k)
		if !in {
			continue
		}
		p.raises |= raisedHere
		if _, mine := p.PanicShare(); k.Panics && !mine && p.RaisesPanics(share) {
			p.raises |= panicsRaised
		}
	}
}

// Raised returns the share of clients that send all issues of a kind that is raised, and whether this one is among them. It is drawn as the
// cohort is, so that the smaller one of the two is part of the other.
//
//go:noinline
func (p *Plan) Raised(k *KindRule) (ppm uint32, in bool) {
	ppm = k.Share(p.Ceiling)
	return ppm, gate.Inside(p.Buckets[p.By], ppm, p.Known())
}

// Share returns the share of clients that send all issues of a kind that is raised, under a policy's ceiling. One of records thins clients out: who
// sends some of a kind would stand for the rest by a draw that nobody counts.
func (k *KindRule) Share(ceiling *Fields) (ppm uint32) {
	if ppm = k.Clients; ceiling.Has&HasClients != 0 {
		ppm = min(ppm, ceiling.Clients)
	}
	if ceiling.Has&HasRecords != 0 {
		ppm = gate.Product(ppm, ceiling.Records)
	}
	return ppm
}

// PerSecond returns how many events of a raised kind one client sends in a second at most, under a policy's ceiling; below zero: no rate
// bounds them.
func (k *KindRule) PerSecond(ceiling *Fields) float64 {
	most := -1.0
	for _, r := range [...]*Rate{&k.Rate, &ceiling.Rate} {
		if r.N == 0 {
			continue
		}
		if n := float64(r.N) / r.Per.Seconds(); most < 0 || n < most {
			most = n
		}
	}
	return most
}

// RaisesPanics reports whether the share of a kind is above that of panics, which nobody was picked for by name. Panics are drawn by client: of whom
// it is not known whom shares are drawn by, theirs counts.
//
//go:noinline
func (p *Plan) RaisesPanics(share uint32) bool {
	of, _ := p.PanicShare()
	return share > of && !p.panicsNamed() && (p.Known() || share == gate.Million)
}

// PanicsInDoubt reports whether this client sends no panics but those of a kind that is raised.
func (p *Plan) PanicsInDoubt() bool { return p.raises&panicsRaised != 0 && !p.Killed }

// Raises reports whether any kind is raised.
func (p *Plan) Raises() bool { return p.raises != 0 && !p.Killed }

// Nobody leaves nobody in the cohort, nor among those of a kind.
func (p *Plan) Nobody() { p.Clients, p.raises = 0, 0 }

// doubts reports whether it depends on their kind which events of a channel go out. Who was picked by name is not asked. Who is neither in
// the cohort nor among those of a kind sends nothing anyway.
func (p *Plan) doubts(r *Resolved) bool {
	return p.Raises() && !r.Forced && (r.In || p.raises&raisedHere != 0)
}

// Known reports whether it is known whom cohorts are drawn by.
func (p *Plan) Known() bool { return p.ID.key(p.By) != "" }
