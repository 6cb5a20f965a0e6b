package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/nethttp"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// whole is one client as a game ships it: a krunk.Client under the same policy, whose reports go over HTTP to a strict
// endpoint in this process.
type whole struct {
	follower
	client   *krunk.Client
	net      *krunk.Channel
	endpoint *sentrytest.Server
}

// wholeID is the number of its connection, above all simulated ones.
const wholeID = 1 << 32

func newWhole(l link) (*whole, error) {
	http, err := nethttp.New(nil)
	if err != nil {
		return nil, fmt.Errorf("gameserver: %w", err)
	}
	w := &whole{endpoint: sentrytest.Start(sentrytest.Options{Keep: 4 << 20})}
	w.client, err = krunk.Start(krunk.Config{
		DSN: w.endpoint.DSN(), Transport: http, Compress: deflate.Items(), Release: "moonfall@1.5.0", Environment: "demo",
	})
	if err != nil {
		w.endpoint.Close()
		return nil, fmt.Errorf("gameserver: %w", err)
	}
	w.net = w.client.Channel("net")
	w.follower = follower{id: wholeID, link: l, ctl: w.client.Sampling()}
	w.ctl.Update(func(id *sampling.Identity) { id.ID, id.Player = early(), "player-whole" }) // at login
	return w, nil
}

// early returns an install id that is among the first hundredth, so that there is something to see from the start; a real
// game draws its ids at random.
func early() string {
	for n := 0; ; n++ {
		if id := "install-whole-" + strconv.Itoa(n); policy.Bucket("gameserver", id) < policy.Million/100 {
			return id
		}
	}
}

// run plays until ctx ends. Every other heartbeat brings an error; what is sampled out costs next to nothing.
func (w *whole) run(ctx context.Context, beat time.Duration) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for n := 0; ; n++ {
		if err := w.beat(); err != nil {
			w.net.Warn("policy refused", krunk.Err(err))
		}
		w.net.Info("snapshot", krunk.Int("seq", n))
		if n%2 == 0 {
			w.net.Report(errLost, krunk.Int("seq", n))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

var errLost = errors.New("connection to the region lost") // immutable

// close delivers what is left and returns what the endpoint found wrong.
func (w *whole) close() error {
	delivered := w.client.Close(2 * time.Second)
	w.endpoint.Close()
	if faults := w.endpoint.Faults(); len(faults) > 0 {
		return fmt.Errorf("gameserver: %d faults, the first: %v", len(faults), faults[0])
	}
	if !delivered {
		return errors.New("gameserver: not everything was delivered within 2s")
	}
	return nil
}
