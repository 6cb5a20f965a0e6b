//go:build !bare

package main

import (
	"fmt"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
)

// meter adds up what Krunk takes on the game's goroutine: the difference between what the engine waited for the wrapped game (outside)
// and what the game took itself (inside), and the calls of the game. Two readings of the clock for each are in it.
type meter struct {
	spent  time.Duration
	frames int
	since  time.Time
	line   string
}

// frame counts a frame, and writes the line once a second.
func (m *meter) frame(stats func() krunk.Stats) {
	m.frames++
	now := time.Now()
	if took := now.Sub(m.since); took >= time.Second {
		s := stats()
		m.line = fmt.Sprintf("Krunk %.1f us a frame, %.0f fps; sent %d, waiting %d",
			float64(m.spent.Nanoseconds())/1e3/float64(m.frames), float64(m.frames)/took.Seconds(), s.Sent, s.Waiting)
		m.spent, m.frames, m.since = 0, 0, now
	}
}

// inside is the game as Krunk sees it.
type inside struct{ g *game }

func (i inside) time(began time.Time) { i.g.reports.meter.spent -= time.Since(began) }

func (i inside) Update() error {
	defer i.time(time.Now())
	return i.g.Update()
}

func (i inside) Draw(screen *ebiten.Image) {
	defer i.time(time.Now())
	i.g.Draw(screen)
}

func (i inside) Layout(w, h int) (int, int) {
	defer i.time(time.Now())
	return i.g.Layout(w, h)
}

// outside is the wrapped game as the engine sees it.
type outside struct {
	wrapped ebiten.Game
	g       *game
}

func (o outside) time(began time.Time) { o.g.reports.meter.spent += time.Since(began) }

func (o outside) Update() error {
	defer o.time(time.Now())
	return o.wrapped.Update()
}

func (o outside) Draw(screen *ebiten.Image) {
	o.g.reports.meter.frame(o.g.reports.stats)
	defer o.time(time.Now())
	o.wrapped.Draw(screen)
}

func (o outside) Layout(w, h int) (int, int) {
	defer o.time(time.Now())
	return o.wrapped.Layout(w, h)
}
