package plan

import (
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// Budgets keep the limiters through changes of policy and identity, so that neither refills a bucket. They are guarded by
// the controller's mutex.
type Budgets struct {
	Start time.Time
	ByKey map[string]*Budget
	turn  uint32 // counts the plans that were published
	table *gate.Novelty
}

// Budget is a limiter that is used by the plan of its turn, and maybe by none since.
type Budget struct {
	limiter *gate.Limiter
	turn    uint32
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
	if p.Ceiling.Has&HasRate != 0 && !r.exempt {
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
	one := b.ByKey[key]
	if one == nil {
		one = new(Budget)
		b.ByKey[key] = one
	}
	one.turn = b.turn
	if old := one.limiter; old == nil || !old.Is(r.N, r.Per, burst) {
		one.limiter = gate.NewLimiter(r.N, r.Per, burst)
		if old != nil {
			one.limiter.Owe(old, b.now())
		}
	}
	return one.limiter
}

// Take takes one of what a rate that belongs to no channel lets through.
func (b *Budgets) Take(key string, r Rate) bool {
	l := b.get(key, r, 0)
	return l == nil || l.Take(b.now())
}

func (b *Budgets) now() int64 { return int64(time.Since(b.Start)) }

// MaxBudgets bounds what policies that come and go leave behind.
const MaxBudgets = 1024

// Sweep forgets the limiters that no plan uses any more, once they are full again: a rule that ends and comes back must not
// refill its bucket. What stays moves to a map of its own: to delete from one links 5 KiB more.
func (b *Budgets) Sweep() {
	now, left := b.now(), len(b.ByKey)
	for _, one := range b.ByKey {
		if one.turn != b.turn && (one.limiter.Full(now) || left > MaxBudgets) {
			one.limiter = nil
			left--
		}
	}
	if left < len(b.ByKey) {
		kept := make(map[string]*Budget, left)
		for key, one := range b.ByKey {
			if one.limiter != nil {
				kept[key] = one
			}
		}
		b.ByKey = kept
	}
	b.Next()
}

// Next ends a turn.
func (b *Budgets) Next() { b.turn++ }
