//go:build !bare && linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/krunk-go/krunk/transport/sentrytest"
)

// screen is that of DISPLAY.
type screen struct {
	t *testing.T
	x *xgb.Conn
}

func open(t *testing.T) screen {
	x, err := xgb.NewConn()
	if err != nil {
		t.Skipf("no screen (%v); .ci/xvfb go test", err)
	}
	t.Cleanup(x.Close)
	if err := xtest.Init(x); err != nil {
		t.Skip(err)
	}
	return screen{t, x}
}

// Keysyms of X11.
const escape = 0xff1b

// hold presses a key until what it does is seen: the engine looks at keys once a tick, and what went down and up between two ticks is nothing to it.
func (s screen) hold(sym xproto.Keysym, seen func()) {
	s.t.Helper()
	setup := xproto.Setup(s.x)
	first, n := setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)
	keys, err := xproto.GetKeyboardMapping(s.x, first, n).Reply()
	if err != nil {
		s.t.Fatal(err)
	}
	i := slices.IndexFunc(slices.Collect(slices.Chunk(keys.Keysyms, int(keys.KeysymsPerKeycode))), func(of []xproto.Keysym) bool { return of[0] == sym })
	if i < 0 {
		s.t.Fatalf("no key has the symbol %#x", sym)
	}
	send := func(event byte) {
		if err := xtest.FakeInputChecked(s.x, event, byte(first)+byte(i), 0, setup.DefaultScreen(s.x).Root, 0, 0, 0).Check(); err != nil {
			s.t.Fatal(err)
		}
	}
	send(xproto.KeyPress)
	defer send(xproto.KeyRelease)
	seen()
}

// shot returns what is seen, as a PNG.
func (s screen) shot() (image.Image, []byte) {
	s.t.Helper()
	root := xproto.Setup(s.x).DefaultScreen(s.x)
	w, h := root.WidthInPixels, root.HeightInPixels
	got, err := xproto.GetImage(s.x, xproto.ImageFormatZPixmap, xproto.Drawable(root.Root), 0, 0, w, h, ^uint32(0)).Reply()
	if err != nil {
		s.t.Fatal(err)
	}
	img := image.NewRGBA(image.Rect(0, 0, int(w), int(h)))
	for i := 0; i+3 < len(got.Data) && i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = got.Data[i+2], got.Data[i+1], got.Data[i], 255
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		s.t.Fatal(err)
	}
	return img, out.Bytes()
}

// started is a game in a window.
type started struct {
	*exec.Cmd
	errs  strings.Builder
	ended chan error
}

func start(t *testing.T, game, dir, dsn string) *started {
	t.Helper()
	g := &started{Cmd: exec.Command(game, "-dsn", dsn, "-dir", dir, "-screenshot", "160"), ended: make(chan error, 1)}
	g.Stderr = &g.errs
	g.Env = append(os.Environ(), "LIBGL_ALWAYS_SOFTWARE=1")
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { g.ended <- g.Wait() }()
	t.Cleanup(func() { _ = g.Process.Kill() })
	return g
}

// end presses a key again and again until the game ends, by a death or without one: it takes no keys before its window has the focus, nor while it hangs.
func (g *started) end(t *testing.T, s screen, sym xproto.Keysym, death bool) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(time.Second) {
		ended := false
		s.hold(sym, func() {
			select {
			case err := <-g.ended:
				if ended = true; (err != nil) != death {
					t.Errorf("the game ended with %v\n%s", err, g.errs.String())
				}
			case <-time.After(time.Second):
			}
		})
		if ended {
			return
		}
	}
	t.Fatal("the game does not end")
}

// appears waits until the game is seen, and keeps a picture.
func (s screen) appears(name string) {
	s.t.Helper()
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		img, shot := s.shot()
		if mostly(img, color.RGBA{R: 16, G: 23, B: 34, A: 255}) {
			keep(s.t, name, shot)
			return
		}
		if time.Since(begin) > patience {
			keep(s.t, name, shot)
			s.t.Fatalf("the game is not seen: %v in the middle", img.At(400, 300))
		}
	}
}

// The game in a window: a panic after which it goes on, a storm, a hang, a death in a goroutine that nobody looks after, of which the
// next start tells, and a clean end.
func TestWindow(t *testing.T) {
	s, srv := open(t), endpoint(t)
	exe, dir := filepath.Join(build(t, "game", nil), "game"), t.TempDir()
	g := start(t, exe, dir, srv.DSN())
	begun(t, srv)
	s.appears("ebiten-window-begins.png")
	for begin := time.Now(); len(srv.Events()) == 0 && time.Since(begin) < patience; time.Sleep(100 * time.Millisecond) { // it takes no keys before its window has the focus
		s.hold('c', func() { time.Sleep(time.Second) })
	}
	crashed(t, srv)
	pictured(t, s, srv)
	s.hold('s', func() { storm(t, srv) })
	time.Sleep(1500 * time.Millisecond) // the line of what Krunk costs is new every second
	s.appears("ebiten-window.png")
	hangs(t, s, srv)
	g.end(t, s, 'd', true)
	g = start(t, exe, dir, srv.DSN())
	if got := functions(arrived(t, srv, "the world is gone")); !strings.Contains(got, "(*game).faults.func") {
		t.Errorf("the death's stack is %s, want the game's goroutine", got)
	}
	g.end(t, s, escape, false)
	srv.Verify(t)
}

// hangs has the game hang until that is told: the watchdog counts its own ticks, of which there are too few in the seven seconds of a machine with
// much to do.
func hangs(t *testing.T, s screen, srv *sentrytest.Server) {
	t.Helper()
	told := func(srv *sentrytest.Server) bool {
		return slices.ContainsFunc(srv.Events(), func(e sentrytest.Event) bool {
			return strings.Contains(e.Title(), "no frame for 5000 ms") && strings.Contains(functions(e), "(*game).faults")
		})
	}
	for begin := time.Now(); time.Since(begin) < patience; {
		s.hold('h', func() { time.Sleep(time.Second) })
		ctx, stop := context.WithTimeout(t.Context(), 9*time.Second)
		ok := srv.Wait(ctx, told)
		stop()
		if ok {
			return
		}
	}
	t.Fatalf("no hang of 5000 ms in the game's faults is told, of %d events", len(srv.Events()))
}

// pictured wants a picture of the game beside the event of a panic. An engine with much to do may not answer in time, which the event says; then
// it panics again, a few times, since more than five of a kind are only counted.
func pictured(t *testing.T, s screen, srv *sentrytest.Server) {
	t.Helper()
	for range 4 {
		for _, e := range srv.Events() {
			if !strings.Contains(e.Title(), "nil map") {
				continue
			}
			if a := srv.Attachments(e.ID); len(a) > 0 {
				shows(t, a)
				return
			}
			if left := fmt.Sprint(e.Contexts["krunk"]["attachments_left_out"]); left != "[screenshot.jpg: the engine did not answer]" {
				t.Fatalf("no picture, left out %v", left)
			}
		}
		s.hold('c', func() { time.Sleep(time.Second) })
	}
	t.Log("the engine is too slow for pictures here")
}

// shows wants one picture of the game.
func shows(t *testing.T, a []sentrytest.Item) {
	t.Helper()
	if len(a) != 1 || a[0].Filename != "screenshot.jpg" {
		t.Fatalf("%d attachments, want a picture", len(a))
	}
	keep(t, "ebiten-screenshot.jpg", a[0].Payload)
	img, err := jpeg.Decode(bytes.NewReader(a[0].Payload))
	if err != nil || img.Bounds().Dx() != 160 || img.Bounds().Dy() != 120 {
		t.Fatalf("%v, %v; want 160x120", img, err)
	}
	sky := 0 // stones fall there, too
	for x := range 160 {
		if r, g, b, _ := img.At(x, 70).RGBA(); r>>8 <= 60 && g>>8 <= 60 && b>>8 >= 10 && b>>8 <= 90 {
			sky++
		}
	}
	if sky < 80 {
		t.Errorf("%d of 160 points in a row are sky", sky)
	}
}

// functions returns those of an event's stack.
func functions(e sentrytest.Event) string {
	var out []string
	for _, f := range e.Exceptions[len(e.Exceptions)-1].Frames {
		out = append(out, f.Function)
	}
	return strings.Join(out, " ")
}

// mostly reports whether most of the middle has that colour.
func mostly(img image.Image, want color.RGBA) bool {
	n := 0
	for x := 300; x < 500; x++ {
		if img.At(x, 300) == want {
			n++
		}
	}
	return n > 100
}
