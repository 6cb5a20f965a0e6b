package krunkebiten

import (
	"errors"
	"unsafe"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
)

// stage is what the engine asks of a game.
type stage uint8

const (
	update stage = iota
	draw
	drawFinal
	layout
	layoutF
)

// game is the game as the engine sees it. The engine calls one method at a time.
type game struct {
	client  hidden
	channel *krunk.Channel
	inner   ebiten.Game
	final   ebiten.FinalScreenDrawer // nil if inner is none
	floats  ebiten.LayoutFer         // nil if inner is none
	goOn    func(krunk.EventID)
	shoot   func(*ebiten.Image) // nil: no pictures are taken

	call    call
	size    size // of the last layout
	failure error
	watched bool
	watcher watcher
	facts   facts
}

// call holds the arguments of the call that is under way: closures would allocate.
type call struct {
	screen *ebiten.Image
	final  ebiten.FinalScreen
	geoM   ebiten.GeoM
	window size
	done   bool
}

type size struct{ w, h float64 }

func wrap(inner ebiten.Game, client *krunk.Client, opts *Options) *game {
	g := &game{client: hidden{unsafe.Pointer(client)}, channel: client.Channel("ebitengine"), inner: inner}
	g.final, _ = inner.(ebiten.FinalScreenDrawer)
	g.floats, _ = inner.(ebiten.LayoutFer)
	if opts != nil {
		g.goOn = opts.GoOn
		if begin := opts.Screenshot.begin; begin != nil && client != nil {
			g.shoot = begin(client)
		}
	}
	g.watcher.init(client, g.channel)
	return g
}

// face has those optional methods that the game has: the engine looks for them.
func (g *game) face() ebiten.Game {
	switch f, d := (floats{g}), (final{g}); {
	case g.floats != nil && g.final != nil:
		return struct {
			*game
			floats
			final
		}{g, f, d}
	case g.floats != nil:
		return struct {
			*game
			floats
		}{g, f}
	case g.final != nil:
		return struct {
			*game
			final
		}{g, d}
	}
	return g
}

type floats struct{ of *game }

func (f floats) LayoutF(w, h float64) (float64, float64) {
	f.of.call.window = size{w, h}
	_ = f.of.run(layoutF)
	return f.of.size.w, f.of.size.h
}

type final struct{ of *game }

func (f final) DrawFinalScreen(screen ebiten.FinalScreen, offscreen *ebiten.Image, geoM ebiten.GeoM) {
	c := &f.of.call
	c.final, c.screen, c.geoM = screen, offscreen, geoM
	_ = f.of.run(drawFinal)
	c.final, c.screen = nil, nil
}

// Update is one tick.
func (g *game) Update() error {
	err := g.run(update)
	if err != nil {
		g.end()
		if !errors.Is(err, ebiten.Termination) {
			g.failure = err
			g.fail(err)
		}
	}
	return err
}

// Draw is one frame.
func (g *game) Draw(screen *ebiten.Image) {
	g.call.screen = screen
	_ = g.run(draw)
	g.call.screen = nil
}

// Layout comes first in a frame.
func (g *game) Layout(w, h int) (int, int) {
	g.call.window = size{float64(w), float64(h)}
	_ = g.run(layout)
	return int(g.size.w), int(g.size.h)
}

// run calls the game. All of its code runs below this function, by which the client's watchdog finds the goroutine that hangs: it is
// the one that calls Beat.
func (g *game) run(s stage) (err error) {
	if g.goOn == nil {
		defer g.client.get().Repanic()
	} else {
		defer g.recovered(s)
	}
	g.enter()
	defer g.leave()
	switch s {
	case update:
		g.client.get().Beat()
		g.watcher.ticks.Add(1)
		err = g.inner.Update()
	case draw:
		g.inner.Draw(g.call.screen)
		if g.shoot != nil {
			g.shoot(g.call.screen)
		}
	case drawFinal:
		g.final.DrawFinalScreen(g.call.final, g.call.screen, g.call.geoM)
	case layout:
		w, h := g.inner.Layout(int(g.call.window.w), int(g.call.window.h))
		g.laidOut(size{float64(w), float64(h)})
	case layoutF:
		w, h := g.floats.LayoutF(g.call.window.w, g.call.window.h)
		g.laidOut(size{w, h})
	}
	g.call.done = true
	return err
}

// laidOut keeps the size for a frame that is dropped. The engine panics where nobody sees it when a size is not positive, so here is
// where that happens, in the same words.
func (g *game) laidOut(s size) {
	if !(s.w > 0 && s.h > 0) {
		panic("ui: Layout must return positive numbers")
	}
	g.size = s
}

// enter says that the game's code runs.
func (g *game) enter() {
	g.call.done = false
	g.watcher.pulse.Add(1)
	if g.watcher.away.Load() {
		g.watcher.back()
	}
	if g.watcher.due.Load() {
		g.look()
	}
}

// leave says that it has ended. A panic that dies goes on for as long as its delivery takes, and no frame comes meanwhile.
func (g *game) leave() {
	g.watcher.pulse.Add(1)
	if !g.call.done {
		g.client.get().Pause()
	}
}

// recovered drops the tick or frame that panicked.
func (g *game) recovered(s stage) {
	v := recover()
	if v == nil {
		return
	}
	g.client.get().Resume()
	if (s == layout || s == layoutF) && g.size == (size{}) { // before the first frame
		g.size = size{max(g.call.window.w, 1), max(g.call.window.h, 1)}
	}
	id := g.client.get().ReportPanic(v)
	defer g.client.get().Recover() // a panic of GoOn
	g.goOn(id)
}

// fail reports an error that ends the game.
func (g *game) fail(err error) {
	g.channel.Report(err)
	g.client.get().Flush(delivery)
}

// end says that no frame will come.
func (g *game) end() {
	g.client.get().Pause()
	g.watcher.end()
}
