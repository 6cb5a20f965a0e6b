//krunk:allow go the only client here is the one that is simulated: this program reports nothing of its own

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/krunk-go/krunk/sampling/policyserver"
)

// game is the server and everybody who plays on it.
type game struct {
	options
	policies *policyserver.Server
	fleet    *fleet
	whole    *whole
	tally    *tally
	out      *lines
}

func newGame(o options, out io.Writer) (*game, error) {
	g := &game{options: o, tally: new(tally), out: &lines{w: out}}
	var err error
	if g.policies, err = newPolicies(g.tally, o.clients, func(line string) { g.out.printf("audit %s", line) }); err != nil {
		return nil, err
	}
	l := wire{g.policies}
	if g.fleet, err = newFleet(o.clients, l, g.tally); err != nil {
		return nil, err
	}
	if g.whole, err = newWhole(l); err != nil {
		g.fleet.close()
		return nil, err
	}
	return g, nil
}

// play runs the game until ctx ends.
func play(ctx context.Context, o options, out io.Writer) error {
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("gameserver: %w; write another -addr", err)
	}
	g, err := newGame(o, out)
	if err != nil {
		_ = l.Close() // nobody was served
		return err
	}
	g.out.printf("control page  http://%s/", l.Addr())
	g.out.printf("document      http://%s/policy", l.Addr())
	g.out.printf("%d clients with a heartbeat of %v; whoever is at this machine may publish; Ctrl-C ends it", o.clients, o.beat)
	return g.run(ctx, l)
}

// run returns once everything has stopped.
func (g *game) run(ctx context.Context, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { g.fleet.run(ctx, g.beat) })
	wg.Go(func() { g.whole.run(ctx, g.beat) })
	wg.Go(func() { g.watch(ctx) })
	err := serve(ctx, l, g.policies)
	stop()
	wg.Wait()
	g.fleet.close()
	if e := g.whole.close(); err == nil {
		err = e
	}
	g.out.printf("ended: %d events and %d log records of the whole client arrived", len(g.whole.endpoint.Events()), len(g.whole.endpoint.Logs()))
	return err
}

// watch prints the status lines and tells the server what it predicts from.
func (g *game) watch(ctx context.Context) {
	tick := time.NewTicker(g.every)
	defer tick.Stop()
	old := g.tally.read()
	g.policies.Observe(policyserver.Observation{Clients: g.clients, Groups: groups(g.clients)})
	for ended := false; !ended; {
		select {
		case <-ctx.Done():
			ended = true // the last line says how it was then, also of a game whose time was over before it began
		case <-tick.C:
		}
		now := g.tally.read()
		g.out.printf("%s", g.line(&old, &now))
		g.policies.Observe(policyserver.Observation{Clients: g.clients, Groups: groups(g.clients), Volumes: now.volumes(&old)})
		old = now
	}
}

// line is one status line, such as "version 1.2: 503 of 1000 clients report; records net 70 render 31 ai 29; ...".
func (g *game) line(old, now *counts) string {
	_, v := g.policies.Bytes()
	s := fmt.Sprintf("version %s: %d of %d clients report; records %s; %s; whole client %d events arrived",
		v, g.tally.reporting.Load(), g.clients, now.text(old), g.policies.Convergence().Text, len(g.whole.endpoint.Events()))
	if n := g.tally.refused.Load(); n > 0 {
		s += fmt.Sprintf("; %d policies refused", n)
	}
	return s
}

// lines writes whole lines for several goroutines.
type lines struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

func (l *lines) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format+"\n", args...)
}
