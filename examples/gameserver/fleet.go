//krunk:allow go the only client here is the one that is simulated: this program reports nothing of its own

package main

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// spread is how many pieces a heartbeat's time has: a worker serves a tenth of its players at a time, as they do not all
// call at once.
const spread = 10

// fleet is all simulated clients. A few workers share them: nobody has a goroutine of its own.
type fleet struct {
	workers []*worker
	tally   *tally
}

func newFleet(n int, l link, t *tally) (*fleet, error) {
	f := &fleet{tally: t, workers: make([]*worker, min(4, runtime.GOMAXPROCS(0)))}
	for i := range f.workers {
		f.workers[i] = &worker{tally: t, dice: rand.New(rand.NewPCG(uint64(i), 7))}
	}
	for i := range n {
		p, err := newPlayer(i, l)
		if err != nil {
			f.close()
			return nil, err
		}
		w := f.workers[i%len(f.workers)]
		w.players = append(w.players, p)
	}
	return f, nil
}

// run lets all clients play until ctx ends.
func (f *fleet) run(ctx context.Context, beat time.Duration) {
	var wg sync.WaitGroup
	for _, w := range f.workers {
		wg.Go(func() { w.run(ctx, beat) })
	}
	wg.Wait()
}

// close comes after run.
func (f *fleet) close() {
	for _, w := range f.workers {
		for _, p := range w.players {
			p.ctl.Close()
		}
	}
}

// worker plays for its players.
type worker struct {
	players []*player
	tally   *tally
	dice    *rand.Rand
}

func (w *worker) run(ctx context.Context, beat time.Duration) {
	tick := time.NewTicker(beat / spread)
	defer tick.Stop()
	for turn := 0; ; turn = (turn + 1) % spread {
		w.turn(turn)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// turn is the heartbeat of one tenth of the players, and what they record meanwhile.
func (w *worker) turn(turn int) {
	for i := turn; i < len(w.players); i += spread {
		p := w.players[i]
		if p.beat() != nil {
			w.tally.refused.Add(1)
		}
		w.follow(p)
		w.act(p)
	}
}

// follow counts a player that has begun or ceased to report.
func (w *worker) follow(p *player) {
	if now := p.reporting(); now != p.reports {
		p.reports = now
		if now {
			w.tally.reporting.Add(1)
		} else {
			w.tally.reporting.Add(-1)
		}
	}
}

// act records something on one of the channels.
func (w *worker) act(p *player) {
	channel, level := w.dice.IntN(len(channels)), mix[w.dice.IntN(len(mix))]
	w.tally.calls[channel][level].Add(1)
	if p.record(channel, levels[level], w.dice.Uint64N(50)) {
		w.tally.records[channel].Add(1)
	}
}

// mix is how often players record at which of levels; immutable.
var mix = [...]int{0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3}
