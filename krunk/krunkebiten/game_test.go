package krunkebiten_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/internal/bridgetest"
	"github.com/krunk-go/krunk/krunk/krunkebiten"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// played is a game whose methods do what a test says.
type played struct {
	update func() error
	draw   func()
	paint  func(screen *ebiten.Image)
	layout func(w, h int) (int, int)
}

func (g *played) Update() error {
	if g.update == nil {
		return nil
	}
	return g.update()
}

func (g *played) Draw(screen *ebiten.Image) {
	if g.paint != nil {
		g.paint(screen)
	}
	if g.draw != nil {
		g.draw()
	}
}

func (g *played) Layout(w, h int) (int, int) {
	if g.layout == nil {
		return 320, 240
	}
	return g.layout(w, h)
}

// fine is a game with both optional methods.
type fine struct {
	played
	final func(ebiten.GeoM)
	float func(w, h float64) (float64, float64)
}

func (g *fine) DrawFinalScreen(_ ebiten.FinalScreen, _ *ebiten.Image, m ebiten.GeoM) { g.final(m) }
func (g *fine) LayoutF(w, h float64) (float64, float64)                              { return g.float(w, h) }

// hidden are games with one of them.
type (
	onlyFinal struct {
		ebiten.Game
		ebiten.FinalScreenDrawer
	}
	onlyFloat struct {
		ebiten.Game
		ebiten.LayoutFer
	}
)

var none = &krunkebiten.Options{}

func TestOptionalMethods(t *testing.T) {
	f := &fine{}
	for _, tt := range []struct {
		name         string
		game         ebiten.Game
		float, final bool
	}{
		{"neither", &f.played, false, false},
		{"LayoutF", onlyFloat{&f.played, f}, true, false},
		{"DrawFinalScreen", onlyFinal{&f.played, f}, false, true},
		{"both", f, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, c := range []*krunk.Client{nil, started(t)} {
				g := krunkebiten.Wrap(tt.game, c, none)
				_, float := g.(ebiten.LayoutFer)
				_, final := g.(ebiten.FinalScreenDrawer)
				if float != tt.float || final != tt.final {
					t.Errorf("LayoutF %t, DrawFinalScreen %t; want %t, %t", float, final, tt.float, tt.final)
				}
			}
		})
	}
}

func started(t *testing.T) *krunk.Client {
	c, _ := bridgetest.Start(t)
	return c
}

func TestPassesOn(t *testing.T) {
	var ticks, frames int
	var moved ebiten.GeoM
	g := &fine{final: func(m ebiten.GeoM) { moved = m }, float: func(w, h float64) (float64, float64) { return w / 2, h / 2 }}
	g.update, g.draw = func() error { ticks++; return nil }, func() { frames++ }
	g.layout = func(w, h int) (int, int) { return w + 1, h + 2 }
	w := krunkebiten.Wrap(g, started(t), none)
	lw, lh := w.Layout(640, 480)
	fw, fh := w.(ebiten.LayoutFer).LayoutF(0.5, 480)
	if err := w.Update(); err != nil {
		t.Fatal(err)
	}
	w.Draw(nil)
	var m ebiten.GeoM
	m.Scale(2, 3)
	w.(ebiten.FinalScreenDrawer).DrawFinalScreen(nil, nil, m)
	if lw != 641 || lh != 482 || fw != 0.25 || fh != 240 || ticks != 1 || frames != 1 || moved != m {
		t.Errorf("Layout %d %d, LayoutF %g %g, %d ticks, %d frames, %v", lw, lh, fw, fh, ticks, frames, moved)
	}
}

// each calls every method of a game in turn, each of which panics.
func each(t *testing.T, client *krunk.Client, goOn func(krunk.EventID), call func(f func())) {
	boom := func() { panic(errors.New("boom")) }
	g := &fine{final: func(ebiten.GeoM) { boom() }, float: func(float64, float64) (float64, float64) { boom(); return 0, 0 }}
	g.update, g.draw = func() error { boom(); return nil }, boom
	g.layout = func(int, int) (int, int) { boom(); return 0, 0 }
	w := krunkebiten.Wrap(g, client, &krunkebiten.Options{GoOn: goOn})
	call(func() {
		if fw, fh := w.(ebiten.LayoutFer).LayoutF(640, 480); fw != 640 || fh != 480 {
			t.Errorf("LayoutF before the first frame: %g %g, want that of the window", fw, fh)
		}
	})
	call(func() { w.Layout(640, 480) })
	call(func() {
		if err := w.Update(); err != nil {
			t.Errorf("Update: %v", err)
		}
	})
	call(func() { w.Draw(nil) })
	call(func() { w.(ebiten.FinalScreenDrawer).DrawFinalScreen(nil, nil, ebiten.GeoM{}) })
}

func TestGoesOn(t *testing.T) {
	c, srv := bridgetest.Start(t)
	var ids []krunk.EventID
	each(t, c, func(id krunk.EventID) { ids = append(ids, id) }, func(f func()) { f() })
	c.Flush(time.Minute)
	events := srv.Events()
	if len(events) != 5 || len(ids) != 5 {
		t.Fatalf("%d events, %d ids; want 5 of each", len(events), len(ids))
	}
	for i, e := range events {
		if e.ID != ids[i].String() || e.Title() != "error: boom" || e.Top().Function != "each.func1" {
			t.Errorf("event %s %q at %s; want id %s, at the game", e.ID, e.Title(), e.Top().Function, ids[i])
		}
	}
}

func TestDies(t *testing.T) {
	for _, c := range []*krunk.Client{nil, started(t)} {
		each(t, c, nil, func(f func()) {
			defer func() {
				if v := recover(); fmt.Sprint(v) != "boom" {
					t.Errorf("the panic went on as %v", v)
				}
			}()
			f()
		})
	}
}

// A game behaves the same without reporting.
func TestGoesOnWithoutClient(t *testing.T) {
	n := 0
	each(t, nil, func(krunk.EventID) { n++ }, func(f func()) { f() })
	if n != 5 {
		t.Errorf("GoOn was called %d times, want 5", n)
	}
}

func TestPanicOfGoOn(t *testing.T) {
	c, srv := bridgetest.Start(t)
	g := &played{update: func() error { panic("one") }}
	w := krunkebiten.Wrap(g, c, &krunkebiten.Options{GoOn: func(krunk.EventID) { panic("two") }})
	if err := w.Update(); err != nil {
		t.Error(err)
	}
	c.Flush(time.Minute)
	if events := srv.Events(); len(events) != 2 || !strings.Contains(events[0].Title()+events[1].Title(), "two") {
		t.Errorf("%d events, want both panics", len(events))
	}
}

func TestLayoutKeepsItsSize(t *testing.T) {
	var out [2]int
	g := &played{layout: func(int, int) (int, int) { return out[0], out[1] }}
	var ids int
	w := krunkebiten.Wrap(g, started(t), &krunkebiten.Options{GoOn: func(krunk.EventID) { ids++ }})
	for _, tt := range []struct {
		name  string
		out   [2]int
		want  [2]int
		fails int
	}{{"zero at first", [2]int{}, [2]int{640, 480}, 1}, {"good", [2]int{320, 240}, [2]int{320, 240}, 1}, {"negative", [2]int{320, -1}, [2]int{320, 240}, 2}} {
		out = tt.out
		if lw, lh := w.Layout(640, 480); lw != tt.want[0] || lh != tt.want[1] || ids != tt.fails {
			t.Errorf("%s: %d %d, %d reported; want %v, %d", tt.name, lw, lh, ids, tt.want, tt.fails)
		}
	}
}

func TestEnds(t *testing.T) {
	broken := errors.New("the save is broken")
	for _, tt := range []struct {
		name  string
		err   error
		title string
	}{
		{"termination", ebiten.Termination, ""},
		{"wrapped termination", fmt.Errorf("bye: %w", ebiten.Termination), ""},
		{"an error", fmt.Errorf("loading: %w", broken), "error: the save is broken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := sentrytest.New(sentrytest.Options{AnyTime: true})
			var got string
			synctest.Test(t, func(t *testing.T) { // two seconds of a busy machine may be too short
				c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall@1.4.2"})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close(time.Minute)
				w := krunkebiten.Wrap(&played{update: func() error { return tt.err }}, c, nil)
				if err := w.Update(); !errors.Is(err, tt.err) {
					t.Errorf("Update returned %v", err)
				}
				got = titles(srv) // delivered when Update has returned
			})
			srv.Verify(t)
			if !strings.Contains(got, strings.TrimPrefix(tt.title, "error: ")) || (got == "") != (tt.title == "") {
				t.Errorf("events %q, want %q", got, tt.title)
			}
		})
	}
}

// in plays in a bubble with its own clock.
func in(t *testing.T, frames krunk.Frames, g *played, play func(w ebiten.Game)) *sentrytest.Server {
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	synctest.Test(t, func(t *testing.T) {
		c, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall@1.4.2", Frames: frames})
		if err != nil {
			t.Fatal(err)
		}
		w := krunkebiten.Wrap(g, c, nil)
		play(w)
		c.Report(errors.New("last"))
		g.update = func() error { return ebiten.Termination } // ends the watcher, too
		_ = w.Update()
		c.Close(time.Minute)
	})
	srv.Verify(t)
	return srv
}

// frame is what the engine does 60 times a second.
func frame(w ebiten.Game) {
	w.Layout(640, 480)
	_ = w.Update()
	w.Draw(nil)
	time.Sleep(time.Second / 60)
}

func titles(srv *sentrytest.Server) string {
	var out []string
	for _, e := range srv.Events() {
		out = append(out, e.Title())
	}
	return strings.Join(out, ", ")
}

func TestHangs(t *testing.T) {
	for _, tt := range []struct {
		name string
		hang func(g *played, on bool)
		top  string
	}{
		{"Update", func(g *played, on bool) { g.update = func() error { stuck(on); return nil } }, "stuck"},
		{"Draw", func(g *played, on bool) { g.draw = func() { stuck(on) } }, "stuck"},
		{"Layout", func(g *played, on bool) { g.layout = func(w, h int) (int, int) { stuck(on); return w, h } }, "stuck"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := &played{}
			srv := in(t, krunk.Frames{Hang: 2 * time.Second}, g, func(w ebiten.Game) {
				for range 30 {
					frame(w)
				}
				tt.hang(g, true)
				frame(w)
				tt.hang(g, false)
				frame(w)
			})
			events := srv.Events()
			if len(events) != 2 || !strings.Contains(events[0].Title(), "no frame for 2000 ms") {
				t.Fatalf("events %q; want a hang", titles(srv))
			}
			at := false
			for _, f := range events[0].Exceptions[0].Frames {
				at = at || strings.Contains(f.Function, tt.top)
			}
			if !at {
				t.Errorf("the hang's stack %v has no %s", events[0].Exceptions[0].Frames, tt.top)
			}
		})
	}
}

func stuck(on bool) {
	if on {
		time.Sleep(10 * time.Second)
	}
}

// The engine waits where a window is hidden: no hang, no slow frame, a breadcrumb when it goes on, and nothing wakes up meanwhile.
func TestEngineWaits(t *testing.T) {
	srv := in(t, krunk.Frames{Hang: time.Second, Slow: 100 * time.Millisecond}, &played{}, func(w ebiten.Game) {
		for range 30 {
			frame(w)
		}
		time.Sleep(time.Hour)
		for range 30 {
			frame(w)
		}
		time.Sleep(time.Hour)
		frame(w)
	})
	if got := titles(srv); !strings.HasSuffix(got, "last") || strings.Contains(got, ",") {
		t.Fatalf("events %q, want the last one alone", got)
	}
	b := srv.Events()[0].Breadcrumbs
	if len(b) != 1 || !strings.HasPrefix(b[0].Message, "the engine waited") || !strings.Contains(b[0].Message, "×2") {
		t.Errorf("breadcrumbs %v, want one that the engine waited, twice", b)
	}
}

func TestSlowFrame(t *testing.T) {
	g := &played{}
	srv := in(t, krunk.Frames{Slow: 100 * time.Millisecond}, g, func(w ebiten.Game) {
		frame(w)
		g.draw = func() { time.Sleep(180 * time.Millisecond) }
		frame(w)
		g.draw = nil
		frame(w)
	})
	if b := srv.Events()[0].Breadcrumbs; len(b) != 1 || !strings.Contains(b[0].Message, "slow frame") {
		t.Errorf("breadcrumbs %v, want one of the slow frame", b)
	}
}

// ebiten.SetTPS(0) draws without ticks.
func TestFramesWithoutTicks(t *testing.T) {
	defer ebiten.SetTPS(ebiten.TPS())
	ebiten.SetTPS(0)
	srv := in(t, krunk.Frames{Hang: time.Second}, &played{}, func(w ebiten.Game) {
		frame(w)
		for range 600 {
			w.Layout(640, 480)
			w.Draw(nil)
			time.Sleep(time.Second / 60)
		}
	})
	if got := titles(srv); strings.Contains(got, "no frame") {
		t.Errorf("events %q, want no hang", got)
	}
}

func TestContext(t *testing.T) {
	srv := in(t, krunk.Frames{}, &played{}, func(w ebiten.Game) { frame(w) })
	got := srv.Events()[0].Contexts["ebitengine"]
	for _, key := range []string{"graphics_library", "tps", "fps", "tps_wanted", "window_width", "window_height", "fullscreen", "focused", "monitor", "monitor_width", "monitor_scale"} {
		if _, ok := got[key]; !ok {
			t.Errorf("the context %v has no %s", got, key)
		}
	}
}

func TestFrameDoesNotAllocate(t *testing.T) {
	w := krunkebiten.Wrap(&played{}, started(t), nil)
	one := func() {
		w.Layout(640, 480)
		_ = w.Update()
		w.Draw(nil)
	}
	one() // the first one looks at the engine
	if n := testing.AllocsPerRun(1000, one); n != 0 {
		t.Errorf("a frame allocates %g times, want 0", n)
	}
}

// With a picture it does not either, but for the frames that are copied: ten a second.
func TestFrameWithShotsDoesNotAllocate(t *testing.T) {
	w := krunkebiten.Wrap(&played{}, started(t), &krunkebiten.Options{Screenshot: krunkebiten.Shots(160)})
	screen := ebiten.NewImage(320, 240)
	one := func() {
		w.Layout(640, 480)
		_ = w.Update()
		w.Draw(screen)
	}
	one()
	if n := testing.AllocsPerRun(1000, one); n != 0 {
		t.Errorf("a frame allocates %g times, want 0", n)
	}
}

func BenchmarkFrame(b *testing.B) {
	c, err := krunk.Start(krunk.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(time.Minute)
	for _, tt := range []struct {
		name string
		game ebiten.Game
	}{{"bare", &played{}}, {"krunk", krunkebiten.Wrap(&played{}, c, nil)}} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tt.game.Layout(640, 480)
				_ = tt.game.Update()
				tt.game.Draw(nil)
			}
		})
	}
}
