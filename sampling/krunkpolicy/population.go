package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/signed"
)

// population is who is simulated. Client number i is the same for every policy and on every machine.
type population struct {
	clients   int
	seed      uint64
	matchSize int
	classes   []class
	emissions emissions
	fallback  *sampling.Policy // what programs compile in, nil for nothing
	compiled  []byte           // its text
}

// count is what was counted on one channel. Rates are in millionths of a record per second, so that sums do not depend on
// their order.
type count struct {
	clients            int64
	logs, events, held int64
}

// tally is what a whole population does under one policy.
type tally struct {
	reporting, panics int64
	channels          []count // by name
	rules             []int64 // by rule: clients to which it applies
}

func (t *tally) add(u *tally) {
	t.reporting += u.reporting
	t.panics += u.panics
	for i := range t.channels {
		c, d := &t.channels[i], &u.channels[i]
		c.clients += d.clients
		c.logs += d.logs
		c.events += d.events
		c.held += d.held
	}
	for i := range t.rules {
		t.rules[i] += u.rules[i]
	}
}

// simulate runs every client through the controller that it has in the game. doc nil is the compiled default. Memory does
// not grow with the number of clients.
func (pop *population) simulate(doc []byte, names []string, now time.Time) (*tally, error) {
	tariffs, rules, err := pop.tariffs(doc, names, now)
	if err != nil {
		return nil, err
	}
	workers := max(1, min(runtime.GOMAXPROCS(0), pop.clients/1000))
	parts, errs := make([]*tally, workers), make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		from, to := pop.clients*w/workers, pop.clients*(w+1)/workers
		wg.Go(func() {
			parts[w] = &tally{channels: make([]count, len(names)), rules: make([]int64, rules)}
			errs[w] = pop.walk(parts[w], tariffs, doc, names, now, from, to)
		})
	}
	wg.Wait()
	sum := &tally{channels: make([]count, len(names)), rules: make([]int64, rules)}
	for w := range workers {
		if errs[w] != nil {
			return nil, errs[w]
		}
		sum.add(parts[w])
	}
	return sum, nil
}

func (pop *population) tariffs(doc []byte, names []string, now time.Time) (out []*tariff, rules int, err error) {
	p := &sampling.Policy{}
	if pop.fallback != nil {
		p = pop.fallback // where there is nothing above it
	}
	if doc != nil {
		if p, err = sampling.Parse(doc); err != nil {
			return nil, 0, err
		}
	}
	for i := range pop.classes {
		t, err := newTariff(p, pop.classes[i].id, policy.Under{Default: pop.fallback, Hash: signed.SHA256, Now: now}, names, pop.emissions)
		if err != nil {
			return nil, 0, err
		}
		out, rules = append(out, t), len(t.applies)
	}
	return out, rules, nil
}

// walk takes clients from..to-1 one after the other.
func (pop *population) walk(sum *tally, tariffs []*tariff, doc []byte, names []string, now time.Time, from, to int) error {
	ctl, err := sampling.New(sampling.Identity{ID: "nobody"}, sampling.Options{Default: pop.compiled, Hash: signed.SHA256})
	if err != nil {
		return err
	}
	defer ctl.Close()
	client, err := policy.Simulate(ctl) // first, so that the clock stands
	if err != nil {
		return err
	}
	if doc != nil {
		if err := ctl.Apply(doc, sampling.At{ServerTime: now}); err != nil {
			return err
		}
	}
	w := walker{pop: pop, ctl: ctl, me: client, sum: sum, verdicts: make([]policy.Verdict, len(names)), kept: make([]float64, len(names))}
	for _, name := range names {
		w.channels = append(w.channels, client.Channel(name))
		w.emits = append(w.emits, pop.emissions.of(name))
	}
	for i := from; i < to; i++ {
		w.client(i, tariffs)
	}
	return nil
}

// walker is one client after the other.
type walker struct {
	pop      *population
	ctl      *sampling.Controller
	sum      *tally
	me       *policy.Client
	channels []*policy.Channel
	emits    []emission
	verdicts []policy.Verdict
	kept     []float64
	sums     []float64
	random   rand.PCG
}

// identity makes up client number i and says of which class it is.
func (pop *population) identity(random *rand.PCG, i int) (int, sampling.Identity) {
	random.Seed(pop.seed, uint64(i))
	a, b, draw := random.Uint64(), random.Uint64(), random.Uint64()
	k := pop.pick(float64(draw>>11) / (1 << 53))
	id := pop.classes[k].id
	id.ID = fmt.Sprintf("%016x%016x", a, b)
	id.Player = fmt.Sprintf("player-%x", b)
	if pop.matchSize > 0 {
		id.Match = fmt.Sprintf("match-%d-%d", pop.seed, i/pop.matchSize)
	}
	return k, id
}

func (w *walker) client(i int, tariffs []*tariff) {
	k, who := w.pop.identity(&w.random, i)
	w.ctl.Update(func(id *sampling.Identity) { *id = who })
	reports := false
	for j, ch := range w.channels {
		w.verdicts[j] = w.emits[j].verdict(ch)
		reports = reports || w.verdicts[j].Reports()
	}
	t := tariffs[k]
	for j, applies := range t.applies {
		if applies {
			w.sum.rules[j]++
		}
	}
	if w.me.Panics() {
		w.sum.panics++
	}
	if reports {
		w.sum.reporting++
		w.send(t)
	}
}

func (w *walker) send(t *tariff) {
	if len(w.sums) < len(t.caps) {
		w.sums = make([]float64, len(t.caps))
	}
	t.spend(w.verdicts, w.kept, w.sums[:len(t.caps)])
	for j, v := range w.verdicts {
		if !v.Reports() {
			continue
		}
		c, kept := &w.sum.channels[j], millionths(w.kept[j])
		c.clients++
		c.held += millionths(t.made[j]) - kept
		if v.Send {
			c.logs += kept
		}
		if v.Issue {
			c.events += kept
		}
	}
}

func millionths(x float64) int64 { return int64(x*1e6 + 0.5) }

// pick returns the class at x in [0, 1).
func (pop *population) pick(x float64) int {
	for i := range pop.classes {
		if x -= pop.classes[i].share; x < 0 {
			return i
		}
	}
	return len(pop.classes) - 1
}
