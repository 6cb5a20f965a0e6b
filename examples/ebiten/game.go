package main

import (
	"errors"
	"fmt"
	"image/color"
	"math/rand/v2"
	"time"

	"github.com/hajimehoshi/ebiten/v2"
	"github.com/hajimehoshi/ebiten/v2/ebitenutil"
	"github.com/hajimehoshi/ebiten/v2/inpututil"
)

const (
	shipSize  = 12
	shipSpeed = 3
	maxStones = 40
)

// game is a ship under falling stones. It knows nothing of Krunk: what happens goes to reports, which is nothing in a bare build.
type game struct {
	reports reports
	pixel   *ebiten.Image
	ship    float64
	stones  []stone
	tick    int
	hits    int
	bosses  map[string]int // by level; never made
	message string
}

type stone struct{ x, y, speed, size float64 }

func newGame() *game {
	g := &game{pixel: ebiten.NewImage(1, 1), ship: width / 2}
	g.pixel.Fill(color.White)
	return g
}

// Update is one tick.
func (g *game) Update() error {
	g.tick++
	if inpututil.IsKeyJustPressed(ebiten.KeyEscape) {
		return ebiten.Termination
	}
	g.faults()
	if ebiten.IsKeyPressed(ebiten.KeyArrowLeft) {
		g.ship = max(g.ship-shipSpeed, 0)
	}
	if ebiten.IsKeyPressed(ebiten.KeyArrowRight) {
		g.ship = min(g.ship+shipSpeed, width-shipSize)
	}
	g.fall()
	return nil
}

// fall moves the stones, and counts those that hit.
func (g *game) fall() {
	if g.tick%20 == 0 && len(g.stones) < maxStones {
		g.stones = append(g.stones, stone{x: rand.Float64() * width, speed: 0.5 + rand.Float64(), size: 3 + 6*rand.Float64()})
	}
	for i := range g.stones {
		s := &g.stones[i]
		s.y += s.speed
		if s.y > height-shipSize && s.x+s.size > g.ship && s.x < g.ship+shipSize {
			g.hits++
			g.reports.hit(g.tick, g.hits)
			s.y = height
		}
		if s.y >= height {
			s.x, s.y = rand.Float64()*width, 0
		}
	}
}

// faults are what can go wrong in a game, by key.
func (g *game) faults() {
	switch {
	case inpututil.IsKeyJustPressed(ebiten.KeyC):
		g.bosses["dust"] = g.tick
	case inpututil.IsKeyJustPressed(ebiten.KeyH):
		time.Sleep(7 * time.Second)
	case inpututil.IsKeyJustPressed(ebiten.KeyD):
		go func() { panic(errors.New("the world is gone")) }() //krunk:allow go only the next start tells of this one
	case inpututil.IsKeyJustPressed(ebiten.KeyS):
		began := time.Now()
		for i := range 500 {
			g.reports.failed(fmt.Errorf("inventory %d: %w", i, errItem))
		}
		g.message = fmt.Sprintf("500 errors reported in %v", time.Since(began).Round(time.Microsecond))
	}
}

var errItem = errors.New("item is missing")

// Draw is one frame.
func (g *game) Draw(screen *ebiten.Image) {
	screen.Fill(color.RGBA{R: 16, G: 23, B: 34, A: 255})
	for _, s := range g.stones {
		g.box(screen, s.x, s.y, s.size, color.RGBA{R: 214, G: 158, B: 92, A: 255})
	}
	g.box(screen, g.ship, height-shipSize, shipSize, color.RGBA{R: 127, G: 212, B: 255, A: 255})
	ebitenutil.DebugPrint(screen, fmt.Sprintf("hits %d\n%s\nC panic  H hang  S 500 errors  D die  Esc", g.hits, g.message))
	ebitenutil.DebugPrintAt(screen, g.reports.costs(), 0, height-18)
}

func (g *game) box(screen *ebiten.Image, x, y, size float64, c color.Color) {
	var op ebiten.DrawImageOptions
	op.GeoM.Scale(size, size)
	op.GeoM.Translate(x, y)
	op.ColorScale.ScaleWithColor(c)
	screen.DrawImage(g.pixel, &op)
}

// Layout is the size of the world, whatever the window's is.
func (g *game) Layout(int, int) (int, int) { return width, height }
