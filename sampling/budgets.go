package sampling

import (
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// budgets keep the limiters through changes of policy and identity, so that neither refills a bucket. They are guarded by
// the controller's mutex.
type budgets struct {
	start time.Time
	byKey map[string]*gate.Limiter
	used  map[string]bool // in the plan being published
	table *gate.Novelty
}

func (b *budgets) novelty() *gate.Novelty {
	if b.table == nil {
		b.table = new(gate.Novelty)
	}
	return b.table
}

// limits collects who must agree to one more record: the entry that states the rate, "*", the policy's ceiling unless the
// client was picked by name, and the compiled limits.
func (b *budgets) limits(s *gate.Settings, r *resolved, p *plan) {
	n := 0
	add := func(l *gate.Limiter) {
		if l != nil && (n == 0 || s.Limits[0] != l) {
			s.Limits[n] = l
			n++
		}
	}
	if r.rate.N > 0 {
		add(b.of(p, r.from[bit(hasRate)]))
	}
	if r.star.layer >= 0 {
		add(b.of(p, r.star))
	}
	if p.ceiling.has&hasRate != 0 && !r.forced {
		add(b.get("ceiling", p.ceiling.rate, p.ceiling.burst))
	}
	if p.limits.has&hasRate != 0 {
		add(b.get("limits", p.limits.rate, 0))
	}
}

// of returns the limiter of an entry, which all channels below share.
func (b *budgets) of(p *plan, o origin) *gate.Limiter {
	l := &p.layers[o.layer]
	if l.budgets == nil {
		l.budgets = make([]*gate.Limiter, len(l.entries))
	}
	if l.budgets[o.entry] == nil {
		e := &l.entries[o.entry]
		l.budgets[o.entry] = b.get(l.name+"/"+e.name, e.rate, e.burst)
	}
	return l.budgets[o.entry]
}

func (b *budgets) get(key string, r Rate, burst uint32) *gate.Limiter {
	if r.N == 0 {
		return nil
	}
	b.used[key] = true
	old := b.byKey[key]
	if old != nil && old.Is(r.N, r.Per, burst) {
		return old
	}
	l := gate.NewLimiter(r.N, r.Per, burst)
	if old != nil {
		l.Owe(old, b.now())
	}
	b.byKey[key] = l
	return l
}

func (b *budgets) now() int64 { return int64(time.Since(b.start)) }

// maxBudgets bounds what policies that come and go leave behind.
const maxBudgets = 1024

// sweep forgets the limiters that no plan uses any more, once they are full again: a rule that ends and comes back must not
// refill its bucket.
func (b *budgets) sweep() {
	now := b.now()
	for key, l := range b.byKey {
		if !b.used[key] && (l.Full(now) || len(b.byKey) > maxBudgets) {
			delete(b.byKey, key)
		}
	}
	clear(b.used)
}
