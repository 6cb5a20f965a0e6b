//go:build !bare

package main

import (
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkebiten"
)

// reports is what the game tells, and what that costs.
type reports struct {
	stats func() krunk.Stats // the client itself would bring all that it can do: the linker keeps every method of what a game holds
	world *krunk.Channel
	meter meter
}

func (r *reports) hit(tick, hits int) {
	began := time.Now()
	r.world.Debug("hit", krunk.Int("tick", tick), krunk.Int("hits", hits))
	r.meter.spent += time.Since(began)
}

func (r *reports) failed(err error) {
	began := time.Now()
	r.world.Report(err)
	r.meter.spent += time.Since(began)
}

func (r *reports) costs() string { return r.meter.line }

// play starts Krunk, and lets the game go on behind a panic.
func play() error {
	g := newGame()
	dsn, carrier, runs, shots := carry()
	client, err := krunk.Start(krunk.Config{
		DSN: dsn, Transport: carrier, RunFile: runs, Release: "moonfall@1.4.2",
		Channels: map[string]krunk.Thresholds{"world": {Send: "info"}},
		Frames:   krunk.Frames{Slow: 100 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	defer client.Close(2 * time.Second)
	g.reports.stats, g.reports.world = client.Stats, client.Channel("world")
	ready(client, carrier)
	g.reports.world.Info("the game begins")
	return ebiten.RunGame(outside{krunkebiten.Wrap(inside{g}, client, &krunkebiten.Options{Screenshot: shots, GoOn: func(id krunk.EventID) {
		g.message = "a panic; the code for support is " + id.SupportCode()
	}}), g})
}
