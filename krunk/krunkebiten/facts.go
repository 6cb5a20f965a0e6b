package krunkebiten

import (
	"math"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
)

// facts is what is told of the engine. What did not change is not told again.
type facts struct {
	library                     ebiten.GraphicsLibrary
	tps, fps, wanted            int
	window                      size
	fullscreen, focused         bool
	monitor                     string
	monitorWidth, monitorHeight int
	scale                       float64
}

// look asks the engine, and tells the client what has changed. It runs on the goroutine of the game, as single-threaded games want it,
// once a second: the engine's answers come from its main thread and take some microseconds.
func (g *game) look() {
	g.watcher.due.Store(false)
	if g.client.get() == nil {
		return
	}
	now := read()
	now.window = g.call.window
	if !g.watched {
		g.watched = true
		go g.watcher.watch()
	} else if now.focused != g.facts.focused {
		g.channel.Debug("focus", krunk.Bool("focused", now.focused))
	}
	if now != g.facts {
		g.facts = now
		now.tell(g.client.get())
	}
}

func read() facts {
	var d ebiten.DebugInfo
	ebiten.ReadDebugInfo(&d)
	f := facts{
		library: d.GraphicsLibrary, tps: round(ebiten.ActualTPS()), fps: round(ebiten.ActualFPS()), wanted: ebiten.TPS(),
		fullscreen: ebiten.IsFullscreen(), focused: ebiten.IsFocused(),
	}
	if m := ebiten.Monitor(); m != nil {
		f.monitor, f.scale = m.Name(), m.DeviceScaleFactor()
		f.monitorWidth, f.monitorHeight = m.Size()
	}
	return f
}

func round(f float64) int { return int(math.Round(f)) }

func (f *facts) tell(c *krunk.Client) {
	c.SetContext("ebitengine",
		krunk.String("graphics_library", f.library.String()),
		krunk.Int("tps", f.tps), krunk.Int("fps", f.fps), krunk.Int("tps_wanted", f.wanted),
		krunk.Int("window_width", round(f.window.w)), krunk.Int("window_height", round(f.window.h)),
		krunk.Bool("fullscreen", f.fullscreen), krunk.Bool("focused", f.focused),
		krunk.String("monitor", f.monitor), krunk.Int("monitor_width", f.monitorWidth), krunk.Int("monitor_height", f.monitorHeight),
		krunk.Float64("monitor_scale", f.scale))
}
