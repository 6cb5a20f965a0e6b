package sampling

import (
	"github.com/krunk-go/krunk/internal/gate"
)

// publish brings what was resolved about a channel into force.
func (p *plan) publish(c *gate.Channel, r *resolved, b *budgets) {
	t := r.Thresholds
	if !r.in {
		t.Send, t.Issue = gate.LevelOff, gate.LevelOff
	}
	if p.killed {
		t = gate.Off()
	}
	s := gate.Settings{PPM: r.ppm, Records: r.records, Closed: !r.in || p.killed, Start: b.start}
	if r.first > 0 && r.records < gate.Million && !s.Closed {
		s.First, s.Novel = r.first, b.novelty()
	}
	if !s.Closed {
		b.limits(&s, r, p)
	}
	c.Publish(t, s)
}
