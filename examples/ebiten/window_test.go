//go:build !bare && linux

package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
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

// press presses a key for as long as a player does.
func (s screen) press(sym xproto.Keysym) {
	s.t.Helper()
	setup := xproto.Setup(s.x)
	first, n := setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)
	keys, err := xproto.GetKeyboardMapping(s.x, first, n).Reply()
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range int(n) {
		if keys.Keysyms[i*int(keys.KeysymsPerKeycode)] == sym {
			code := byte(first) + byte(i)
			for _, event := range []byte{xproto.KeyPress, xproto.KeyRelease} {
				if err := xtest.FakeInputChecked(s.x, event, code, 0, setup.DefaultScreen(s.x).Root, 0, 0, 0).Check(); err != nil {
					s.t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
			return
		}
	}
	s.t.Fatalf("no key has the symbol %#x", sym)
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

// end presses a key until the game ends, by a death or without one: it takes no keys before its window has the focus, nor while it hangs.
func (g *started) end(t *testing.T, press func(), death bool) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < patience; {
		press()
		select {
		case err := <-g.ended:
			if (err != nil) != death {
				t.Errorf("the game ended with %v\n%s", err, g.errs.String())
			}
			return
		case <-time.After(time.Second):
		}
	}
	t.Fatal("the game does not end")
}

// The game in a window: a panic after which it goes on, a storm, a hang, a death in a goroutine that nobody looks after, of which the
// next start tells, and a clean end.
func TestWindow(t *testing.T) {
	s, srv := open(t), endpoint(t)
	exe, dir := filepath.Join(build(t, "game", nil), "game"), t.TempDir()
	g := start(t, exe, dir, srv.DSN())
	begun(t, srv)
	time.Sleep(1500 * time.Millisecond)                                                                        // the line of what Krunk costs is there after a second
	for begin := time.Now(); len(srv.Events()) == 0 && time.Since(begin) < patience; time.Sleep(time.Second) { // it takes no keys before its window has the focus
		s.press('c')
	}
	crashed(t, srv)
	pictured(t, srv, arrived(t, srv, "assignment to entry in nil map"))
	s.press('s')
	storm(t, srv)
	time.Sleep(1500 * time.Millisecond)
	img, shot := s.shot()
	keep(t, "ebiten-window.png", shot)
	if sky := (color.RGBA{R: 16, G: 23, B: 34, A: 255}); !mostly(img, sky) {
		t.Errorf("the game is not seen: %v in the middle, want %v", img.At(400, 300), sky)
	}
	s.press('h')
	if got := functions(arrived(t, srv, "no frame for 5000 ms")); !strings.Contains(got, "(*game).faults") {
		t.Errorf("the hang's stack is %s, want the game's", got)
	}
	g.end(t, func() { s.press('d') }, true)
	g = start(t, exe, dir, srv.DSN())
	if got := functions(arrived(t, srv, "the world is gone")); !strings.Contains(got, "(*game).faults.func") {
		t.Errorf("the death's stack is %s, want the game's goroutine", got)
	}
	g.end(t, func() { s.press(escape) }, false)
	srv.Verify(t)
}

// pictured wants a picture of the game beside an event.
func pictured(t *testing.T, srv *sentrytest.Server, e sentrytest.Event) {
	t.Helper()
	a := srv.Attachments(e.ID)
	if len(a) != 1 || a[0].Filename != "screenshot.jpg" {
		t.Fatalf("%d attachments, left out %v; want a picture", len(a), e.Contexts["krunk"]["attachments_left_out"])
	}
	keep(t, "ebiten-screenshot.jpg", a[0].Payload)
	img, err := jpeg.Decode(bytes.NewReader(a[0].Payload))
	if err != nil || img.Bounds().Dx() != 160 || img.Bounds().Dy() != 120 {
		t.Fatalf("%v, %v; want 160x120", img, err)
	}
	if r, g, b, _ := img.At(120, 70).RGBA(); r>>8 > 60 || g>>8 > 60 || b>>8 < 10 || b>>8 > 90 {
		t.Errorf("the sky is %d, %d, %d", r>>8, g>>8, b>>8)
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
