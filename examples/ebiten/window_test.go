//go:build !bare && linux

package main

import (
	"bytes"
	"image"
	"image/color"
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

// The game in a window: a panic after which it goes on, a storm, a hang, and a clean end.
func TestWindow(t *testing.T) {
	s, srv := open(t), endpoint(t)
	cmd := exec.Command(filepath.Join(build(t, "game", nil), "game"), "-dsn", srv.DSN())
	var errs strings.Builder
	cmd.Stderr = &errs
	cmd.Env = append(os.Environ(), "LIBGL_ALWAYS_SOFTWARE=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	begun(t, srv)
	time.Sleep(1500 * time.Millisecond) // the line of what Krunk costs is there after a second
	s.press('c')
	crashed(t, srv)
	s.press('s')
	storm(t, srv)
	time.Sleep(1500 * time.Millisecond)
	img, shot := s.shot()
	keep(t, "ebiten-window.png", shot)
	if got, want := img.At(400, 300), (color.RGBA{R: 16, G: 23, B: 34, A: 255}); !near(img, want) {
		t.Errorf("the game is not seen: %v in the middle, want %v or a stone", got, want)
	}
	s.press('h')
	e := arrived(t, srv, "no frame for 5000 ms")
	var stack []string
	for _, f := range e.Exceptions[0].Frames {
		stack = append(stack, f.Function)
	}
	if !strings.Contains(strings.Join(stack, " "), "(*game).faults") {
		t.Errorf("the hang's stack is %v, want the game's", stack)
	}
	time.Sleep(2500 * time.Millisecond) // it takes seven seconds
	s.press(escape)
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("%v\n%s", err, errs.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the game does not end")
	}
	srv.Verify(t)
}

// near reports whether most of the middle has that colour.
func near(img image.Image, want color.RGBA) bool {
	n := 0
	for x := 300; x < 500; x++ {
		if img.At(x, 300) == want {
			n++
		}
	}
	return n > 100
}
