package plan

import (
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// Budgets keep the limiters through changes of policy and identity, so that neither refills a bucket. They are guarded by
// the controller's mutex.
type Budgets struct {
	Start time.Time
	ByKey map[string]*gate.Limiter
	Used  map[string]bool // in the plan being published
	table *gate.Novelty
}

func (b *Budgets) novelty() *gate.Novelty {
	if b.table == nil {
		b.table = new(gate.Novelty)
	}
	return b.table
}

// limits collects who must agree to one more record: the entry that states the rate, "*", the policy's ceiling unless the
// client was picked by name, and the compiled limits.
func (b *Budgets) limits(s *gate.Settings, r *Resolved, p *Plan) {
	n := 0
	add := func(l *gate.Limiter) {
		if l != nil && (n == 0 || s.Limits[0] != l) {
			s.Limits[n] = l
			n++
		}
	}
	if r.Rate.N > 0 {
		add(b.of(p, r.From[bit(HasRate)]))
	}
	if r.star.Layer >= 0 {
		add(b.of(p, r.star))
	}
	if p.Ceiling.Has&HasRate != 0 && !r.Forced {
		add(b.get("ceiling", p.Ceiling.Rate, p.Ceiling.Burst))
	}
	if p.limits.Has&HasRate != 0 {
		add(b.get("limits", p.limits.Rate, 0))
	}
}

// of returns the limiter of an entry, which all channels below share.
func (b *Budgets) of(p *Plan, o Origin) *gate.Limiter {
	l := &p.Layers[o.Layer]
	if l.budgets == nil {
		l.budgets = make([]*gate.Limiter, len(l.Entries))
	}
	if l.budgets[o.Entry] == nil {
		e := &l.Entries[o.Entry]
		l.budgets[o.Entry] = b.get(l.Name+"/"+e.Name, e.Rate, e.Burst)
	}
	return l.budgets[o.Entry]
}

func (b *Budgets) get(key string, r Rate, burst uint32) *gate.Limiter {
	if r.N == 0 {
		return nil
	}
	b.Used[key] = true
	old := b.ByKey[key]
	if old != nil && old.Is(r.N, r.Per, burst) {
		return old
	}
	l := gate.NewLimiter(r.N, r.Per, burst)
	if old != nil {
		l.Owe(old, b.now())
	}
	b.ByKey[key] = l
	return l
}

func (b *Budgets) now() int64 { return int64(time.Since(b.Start)) }

// MaxBudgets bounds what policies that come and go leave behind.
const MaxBudgets = 1024

// Sweep forgets the limiters that no plan uses any more, once they are full again: a rule that ends and comes back must not
// refill its bucket.
func (b *Budgets) Sweep() {
	now := b.now()
	for key, l := range b.ByKey {
		if !b.Used[key] && (l.Full(now) || len(b.ByKey) > MaxBudgets) {
			delete(b.ByKey, key)
		}
	}
	clear(b.Used)
}
