package main

import (
	"runtime"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

// game is the state of one run. It is owned by the goroutine of the loop.
type game struct {
	client   *krunk.Client // nil on the side without Krunk: every method of it, and of its channels, works and does nothing
	match    *krunk.Channel
	world    *world
	network  *network
	renderer *renderer
	brain    *brain
	mixer    *mixer
	loader   *loader
	book     *book
	options  options
	times    []time.Duration // of the frames so far
}

// result is what the frames of one side leave behind.
type result struct {
	frames []time.Duration // the work of each frame, without waiting for the next one
	book   *book
}

// play runs the loop twice, without Krunk and with it, in turns of a second, and waits for the workers. Whatever the machine
// does meanwhile meets both sides alike; the order is turned over each time. settle is called after a turn with Krunk, so that
// nothing which it left to do in the background falls into the next turn without.
func play(o options, client *krunk.Client, settle func()) (without, with result) {
	runtime.LockOSThread() // as a game does whose graphics library wants one thread
	defer runtime.UnlockOSThread()
	w := newWorld()
	games := [...]*game{newGame(o, nil, w), newGame(o, client, w)} // a nil Client does nothing
	runtime.GC()
	tick := time.NewTicker(time.Second / time.Duration(o.hz))
	defer tick.Stop()
	for turn, from := 0, 0; from < o.frames; turn, from = turn+1, from+o.hz {
		to := min(from+o.hz, o.frames)
		for i := range games {
			g := games[(i+turn)%2]
			g.turn(from, to, tick.C)
			if g.client != nil {
				settle()
			}
		}
	}
	for _, g := range games {
		g.loader.close()
	}
	return games[0].result(), games[1].result()
}

// turn plays the frames from..to.
func (g *game) turn(from, to int, tick <-chan time.Time) {
	for n := from; n < to; n++ {
		<-tick
		g.book.frame()
		start := time.Now()
		g.frame(n)
		g.times = append(g.times, time.Since(start))
	}
}

func (g *game) result() result {
	g.book.add(g.loader.book)
	return result{frames: g.times, book: g.book}
}

// newGame gets every channel once; the calls in the loop are cheap because of that.
func newGame(o options, client *krunk.Client, w *world) *game {
	b := newBook()
	client.SetUser(krunk.User{ID: "player-7f3a", Name: "Ada"})
	client.SetTag("store", "itch")
	client.SetContext("gpu", krunk.String("name", "Radeon 780M"), krunk.Int("memory_mb", 4096), krunk.Bool("vsync", true))
	return &game{
		client:   client,
		match:    client.Channel("match").With(krunk.String("mode", "duel")), // With: on all its records
		world:    w,
		network:  &network{log: client.Channel("net"), book: b},
		renderer: &renderer{client: client, log: client.Channel("render"), book: b, meshes: make([]mesh, 4)},
		brain:    &brain{client: client, log: client.Channel("ai"), book: b},
		mixer:    &mixer{client: client, log: client.Channel("audio"), book: b},
		loader:   newLoader(client),
		book:     b,
		options:  o,
		times:    make([]time.Duration, 0, o.frames),
	}
}

// frame is one turn of the loop.
func (g *game) frame(n int) {
	defer g.client.Recover() // a panic costs the rest of this frame, not the game
	g.client.Beat()          // from here on records carry the number of this frame

	g.world.step()
	g.network.poll(n)
	g.network.storm(g.stormShare(n))
	g.mixer.mix(n)
	g.brain.think(n)
	g.renderer.draw(n)
	g.loader.load(n)
	g.score(n)
	if n == g.options.frames/3 {
		g.client.SetTag("level", "harbour") // on everything captured after this line
	}
	if n%19 == 7 {
		g.book.expectPanic()
		g.world.spawn(-1) // a string panic, which ends in the Recover above
	}
}

// score writes what the studio wants to count: records of the channel match are sent as structured logs.
func (g *game) score(n int) {
	if n%5 != 0 {
		return
	}
	begin := time.Now()
	g.match.Info("goal", krunk.Int("score", n/5), krunk.Float64("distance", g.world.reach()), krunk.Bool("own", n%2 == 0))
	g.book.sent(begin)
}

// stormRate is how many errors a second Disqus once saw arrive from a single fault.
const stormRate = 500

// stormShare spreads the storm over the second that begins in the middle of the run; a short run has less of it.
func (g *game) stormShare(n int) (from, to int) {
	at := n - g.options.frames/2
	if at < 0 || at >= min(g.options.hz, g.options.frames/3) {
		return 0, 0
	}
	return at * stormRate / g.options.hz, (at + 1) * stormRate / g.options.hz
}
