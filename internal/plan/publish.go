package plan

import (
	"github.com/krunk-go/krunk/internal/gate"
)

// Publish brings what holds for a channel into force.
func (p *Plan) Publish(c *gate.Channel, b *Budgets) {
	var r Resolved
	p.resolve(&r, c.Name())
	t, doubt := r.Thresholds, p.doubts(&r)
	if !r.In {
		if t.Send = gate.LevelOff; !doubt {
			t.Issue = gate.LevelOff
		}
	}
	if p.Killed {
		t = gate.Off()
	}
	s := gate.Settings{Clients: r.weight, Records: r.Records, Closed: !r.In || p.Killed, Doubt: doubt, Start: b.Start}
	if r.First > 0 && r.Records < gate.Million && !s.Closed {
		s.First, s.Novel = uint16(r.First), b.novelty()
	}
	if !s.Closed {
		b.limits(&s, &r, p)
	}
	c.Publish(t, s)
}
