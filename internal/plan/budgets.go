package plan

import (
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// Budgets keep the limiters through changes of policy and identity, so that neither refills a bucket. They are guarded by
// the controller's mutex.
type Budgets struct {
	Start time.Time
	List  []Budget
	turn  uint32 // counts the plans that were published
	table *gate.Novelty
}

// Budget is a limiter that is used by the plan of its turn, and maybe by none since.
type Budget struct {
	_       [0]func() // see Fields
	key     string
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
	var list [len(s.Limits)]*gate.Limiter
	if r.Rate.N > 0 {
		list[0] = b.of(p, r.From[bit(HasRate)])
	}
	if r.star.Layer >= 0 {
		list[1] = b.of(p, r.star)
	}
	if p.Ceiling.Has&HasRate != 0 && !r.exempt {
		list[2] = b.get("ceiling", &p.Ceiling.Rate, p.Ceiling.Burst)
	}
	if p.limits.Has&HasRate != 0 {
		list[3] = b.get("limits", &p.limits.Rate, 0)
	}
	n := 0
	for _, l := range list {
		if l != nil && s.Limits[0] != l {
			s.Limits[n] = l
			n++
		}
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
		l.budgets[o.Entry] = b.get(l.Name+"/"+e.Name, &e.Rate, e.Burst)
	}
	return l.budgets[o.Entry]
}

func (b *Budgets) get(key string, r *Rate, burst uint32) *gate.Limiter {
	if r.N == 0 {
		return nil
	}
	i := 0
	for i < len(b.List) && b.List[i].key != key {
		i++
	}
	if i == len(b.List) {
		b.List = append(b.List, Budget{key: key})
	}
	one := &b.List[i]
	one.turn = b.turn
	if old := one.limiter; old == nil || !old.Is(r.N, r.Per, burst) {
		one.limiter = gate.NewLimiter(r.N, r.Per, burst)
		if old != nil {
			one.limiter.Owe(old, b.now())
		}
	}
	return one.limiter
}

// TakeKind takes one of what the rate of a kind lets through, and if it is bounded of the policy's ceiling and of the compiled limits, or
// nothing at all.
func (b *Budgets) TakeKind(p *Plan, k *KindRule, bounded bool) bool {
	list := [3]*gate.Limiter{b.get(KindPath(k.Kind), &k.Rate, 0)}
	if bounded {
		list[1] = b.get("ceiling", &p.Ceiling.Rate, p.Ceiling.Burst)
		list[2] = b.get("limits", &p.limits.Rate, 0)
	}
	now := b.now()
	for i, l := range list {
		if l == nil || l.Take(now) {
			continue
		}
		for _, before := range list[:i] {
			if before != nil {
				before.Back()
			}
		}
		return false
	}
	return true
}

func (b *Budgets) now() int64 { return int64(time.Since(b.Start)) }

// MaxBudgets bounds what policies that come and go leave behind.
const MaxBudgets = 1024

// Sweep forgets the limiters that no plan uses any more, once they are full again: a rule that ends and comes back must not
// refill its bucket.
func (b *Budgets) Sweep() {
	now, kept := b.now(), 0
	for i := range b.List {
		if one := &b.List[i]; one.turn == b.turn || !one.limiter.Full(now) && len(b.List)-i+kept <= MaxBudgets {
			b.List[kept] = *one
			kept++
		}
	}
	b.List = b.List[:kept]
	b.Next()
}

// Next ends a turn.
func (b *Budgets) Next() { b.turn++ }
