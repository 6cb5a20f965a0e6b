package krunkebiten_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/hajimehoshi/ebiten/v2"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/krunk/krunkebiten"
	"github.com/krunk-go/krunk/krunk/runfile"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// A scene is a game that the engine really plays, in a process of its own: the engine runs on the main goroutine, once.
type scene struct {
	game func(c *krunk.Client, tick func() int) *played
	opts *krunkebiten.Options
}

// hangs is how long a frame takes in the scenes that are about hangs, before it is one: longer than a frame of a machine with much to do. In
// all others none is.
const hangs = 6 * time.Second

func goOn(krunk.EventID) {}

var scenes = map[string]scene{
	"ends": {func(_ *krunk.Client, tick func() int) *played {
		return &played{update: func() error {
			if tick() == 90 {
				return ebiten.Termination
			}
			return nil
		}}
	}, nil},
	"layout": {func(_ *krunk.Client, tick func() int) *played {
		g := &played{update: func() error {
			if tick() == 10 {
				return ebiten.Termination
			}
			return nil
		}}
		g.layout = func(int, int) (int, int) { g.layout = nil; panic("no layout yet") }
		return g
	}, &krunkebiten.Options{GoOn: goOn}},
	"draw": {func(_ *krunk.Client, tick func() int) *played {
		return &played{draw: func() {
			if tick() == 10 {
				panic(errors.New("no shader"))
			}
		}}
	}, nil},
	"goroutine": {func(c *krunk.Client, tick func() int) *played {
		return &played{update: func() error {
			if tick() == 10 {
				c.Go(func() { panic(errors.New("the loader broke")) })
			}
			return nil
		}}
	}, nil},
	"hidden": {func(_ *krunk.Client, tick func() int) *played {
		ebiten.SetRunnableOnUnfocused(false)
		over := make(chan os.Signal, 1)
		signal.Notify(over, os.Interrupt)
		return &played{update: func() error {
			if tick() == 30 {
				fmt.Println("hide me")
			}
			select {
			case <-over: // comes while it is seen again
				return ebiten.Termination
			default:
				return nil
			}
		}}
	}, nil},
	"bare": {func(_ *krunk.Client, tick func() int) *played {
		return &played{update: func() error {
			if tick() == 10 {
				go func() { panic(errors.New("the loader broke")) }()
			}
			return nil
		}}
	}, nil},
	"next": {func(c *krunk.Client, _ func() int) *played {
		fmt.Println(c.LastRun().How)
		return &played{update: func() error { return ebiten.Termination }}
	}, nil},
	"shot": {func(_ *krunk.Client, tick func() int) *played {
		return &played{paint: flag, update: func() error {
			if tick() == 30 {
				panic(errors.New("seen"))
			}
			return nil
		}}
	}, &krunkebiten.Options{Screenshot: krunkebiten.PatientShots(160)}},
	"shot of a frame that was left": {func(_ *krunk.Client, tick func() int) *played {
		return &played{paint: func(screen *ebiten.Image) {
			if tick() == 30 {
				screen.Fill(color.White)
				panic(errors.New("seen"))
			}
			flag(screen)
		}}
	}, &krunkebiten.Options{Screenshot: krunkebiten.PatientShots(1600)}},
	"shot while it goes on": {func(c *krunk.Client, tick func() int) *played {
		return &played{paint: flag, update: func() error {
			switch tick() {
			case 30:
				panic(errors.New("seen"))
			case 60:
				c.Report(errors.New("not fatal"))
				return ebiten.Termination
			}
			return nil
		}}
	}, &krunkebiten.Options{GoOn: goOn, Screenshot: krunkebiten.PatientShots(160)}},
	"shot of a hang": {func(c *krunk.Client, tick func() int) *played {
		return &played{paint: flag, update: func() error {
			switch tick() {
			case 30: // until it was told: the watchdog counts its own ticks, which are late on a machine with much to do
				for begin := time.Now(); time.Since(begin) < time.Minute; {
					if s := c.Stats(); s.Events > 0 && s.Sent > 0 {
						break
					}
					time.Sleep(100 * time.Millisecond)
				}
			case 40:
				return ebiten.Termination
			}
			return nil
		}}
	}, &krunkebiten.Options{Screenshot: krunkebiten.PatientShots(160)}},
	"shot before the first frame": {func(*krunk.Client, func() int) *played {
		return &played{layout: func(int, int) (int, int) { panic(errors.New("seen")) }}
	}, &krunkebiten.Options{Screenshot: krunkebiten.PatientShots(160)}},
	"error": {func(_ *krunk.Client, tick func() int) *played {
		return &played{update: func() error { return errors.New("the save is broken") }}
	}, nil},
	"engine": {func(*krunk.Client, func() int) *played { return &played{} },
		&krunkebiten.Options{Engine: &ebiten.RunGameOptions{GraphicsLibrary: ebiten.GraphicsLibraryMetal}}},
}

func TestMain(m *testing.M) {
	s, ok := scenes[os.Getenv("KRUNK_SCENE")]
	if !ok {
		os.Exit(m.Run())
	}
	cfg := krunk.Config{DSN: os.Getenv("KRUNK_DSN"), Transport: http1.Default(), Release: "moonfall@1.4.2", Frames: krunk.Frames{Hang: time.Hour}, Panics: krunk.Panics{Wait: time.Minute}}
	if name := os.Getenv("KRUNK_SCENE"); name == "hidden" || name == "shot of a hang" {
		cfg.Frames.Hang = hangs
	}
	if dir := os.Getenv("KRUNK_DIR"); dir != "" {
		cfg.RunFile = runfile.In(dir)
	}
	client, err := krunk.Start(cfg)
	if err != nil {
		log.Fatal(err)
	}
	n := 0
	if err := krunkebiten.Run(s.game(client, func() int { n++; return n }), client, s.opts); err != nil {
		client.Close(time.Minute) // Run has waited 2 s
		log.Fatal(err)
	}
	client.Report(errors.New("the end"))
	client.Flush(time.Minute) // with what the run before left
	client.Close(time.Minute)
}

// play plays a scene to its end.
func play(t *testing.T, name, dir string, meanwhile func(line string, game *os.Process)) (*sentrytest.Server, string, int) {
	t.Helper()
	srv := sentrytest.Start(sentrytest.Options{})
	t.Cleanup(srv.Close)
	stderr, exit := playTo(t, srv, name, dir, meanwhile)
	return srv, stderr, exit
}

func playTo(t *testing.T, srv *sentrytest.Server, name, dir string, meanwhile func(line string, game *os.Process)) (string, int) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "KRUNK_SCENE="+name, "KRUNK_DSN="+srv.DSN(), "KRUNK_DIR="+dir)
	var errs strings.Builder
	cmd.Stderr = &errs
	cmd.Stdout = writer(func(line string) {
		if meanwhile != nil {
			meanwhile(line, cmd.Process)
		}
	})
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	srv.Verify(t)
	return errs.String(), cmd.ProcessState.ExitCode()
}

type writer func(line string)

func (w writer) Write(p []byte) (int, error) {
	w(string(p))
	return len(p), nil
}

func TestScenes(t *testing.T) {
	for _, tt := range []struct {
		name, title, stderr string
		exit                int
	}{
		{"ends", "", "", 0},
		{"layout", "no layout yet", "", 0},
		{"draw", "no shader", "panic: ", 2},
		{"goroutine", "the loader broke", "panic: ", 2},
		{"error", "the save is broken", "the save is broken", 1},
		{"engine", "Metal is not supported", "Metal is not supported", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, stderr, exit := play(t, tt.name, "", nil)
			if exit != tt.exit || !strings.Contains(stderr, tt.stderr) {
				t.Fatalf("exit %d, want %d, with %q in\n%s", exit, tt.exit, tt.stderr, stderr)
			}
			events := srv.Events()
			if tt.exit == 0 {
				last := events[len(events)-1]
				events = events[:len(events)-1]
				if c := last.Contexts["ebitengine"]; last.Title() != "error: the end" || c["graphics_library"] != "OpenGL" || c["window_width"] != int64(640) {
					t.Errorf("%s with context %v; want the end, OpenGL, 640", last.Title(), c)
				}
			}
			if (tt.title != "") != (len(events) == 1) || tt.title != "" && !strings.Contains(events[0].Title(), tt.title) {
				t.Errorf("events %q, want %q", titles(srv), tt.title)
			}
		})
	}
}

// flag paints the left half red and the rest blue.
func flag(screen *ebiten.Image) {
	screen.Fill(color.RGBA{B: 255, A: 255})
	b := screen.Bounds()
	b.Max.X = b.Min.X + b.Dx()/2
	screen.SubImage(b).(*ebiten.Image).Fill(color.RGBA{R: 255, A: 255})
}

// A fatal event has a picture of the last frame that was drawn whole, and no other event has one.
func TestShots(t *testing.T) {
	for _, tt := range []struct {
		name, title string
		w, h        int // of the picture; 0: there is none
	}{
		{"shot", "seen", 160, 120},
		{"shot of a frame that was left", "seen", 320, 240},
		{"shot while it goes on", "seen", 160, 120},
		{"shot of a hang", "no frame for", 160, 120},
		{"shot before the first frame", "seen", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, stderr, _ := play(t, tt.name, "", nil)
			found := false
			for _, e := range srv.Events() {
				a, left := srv.Attachments(e.ID), fmt.Sprint(e.Contexts["krunk"]["attachments_left_out"])
				if !strings.Contains(e.Title(), tt.title) {
					if len(a) > 0 {
						t.Errorf("%s has a picture", e.Title())
					}
					continue
				}
				if found = true; tt.w == 0 {
					if len(a) > 0 || left != "[screenshot.jpg: no frame was drawn yet]" {
						t.Errorf("%d attachments, left out %s", len(a), left)
					}
					continue
				}
				if len(a) != 1 || a[0].Filename != "screenshot.jpg" || a[0].ContentType != "image/jpeg" {
					t.Fatalf("attachments %v, left out %s", a, left)
				}
				img, err := jpeg.Decode(bytes.NewReader(a[0].Payload))
				if err != nil || img.Bounds().Dx() != tt.w || img.Bounds().Dy() != tt.h {
					t.Fatalf("%v, %v; want %dx%d", img.Bounds(), err, tt.w, tt.h)
				}
				if l, r := img.At(tt.w/4, tt.h/2), img.At(tt.w*3/4, tt.h/2); !near(l, color.RGBA{R: 255}) || !near(r, color.RGBA{B: 255}) {
					t.Errorf("%v on the left and %v on the right, want red and blue", l, r)
				}
				t.Logf("%d bytes", len(a[0].Payload))
			}
			if !found {
				t.Errorf("events %q, want %q\n%s", titles(srv), tt.title, stderr)
			}
		})
	}
}

func near(got color.Color, want color.RGBA) bool {
	r, g, b, _ := got.RGBA()
	off := func(a uint32, b uint8) bool { return a>>8 > uint32(b)+16 || a>>8+16 < uint32(b) }
	return !off(r, want.R) && !off(g, want.G) && !off(b, want.B)
}

// focus is who has the focus of the screen. The test skips where there is no screen.
type focus struct {
	t *testing.T
	x *xgb.Conn
}

func newFocus(t *testing.T) focus {
	x, err := xgb.NewConn()
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(x.Close)
	return focus{t, x}
}

func (f focus) owner() xproto.Window {
	got, err := xproto.GetInputFocus(f.x).Reply()
	if err != nil {
		f.t.Error(err)
		return 0
	}
	return got.Focus
}

// take gives the focus to a window, or to none.
func (f focus) take(to xproto.Window) {
	if to == 0 {
		to = xproto.Setup(f.x).DefaultScreen(f.x).Root
	}
	if err := xproto.SetInputFocusChecked(f.x, xproto.InputFocusPointerRoot, to, xproto.TimeCurrentTime).Check(); err != nil {
		f.t.Error(err)
	}
}

// A window that lost the focus, of a game that does not run then: the engine asks for no frame, and that is no hang.
func TestHidden(t *testing.T) {
	f := newFocus(t)
	srv, stderr, exit := play(t, "hidden", "", func(_ string, game *os.Process) {
		window := f.owner()
		f.take(0)
		time.Sleep(hangs + 2*time.Second)
		f.take(window)
		_ = game.Signal(os.Interrupt)
	})
	if exit != 0 || titles(srv) != "error: the end" {
		t.Fatalf("exit %d, events %q, want 0 and the end alone\n%s", exit, titles(srv), stderr)
	}
	for _, b := range srv.Events()[0].Breadcrumbs {
		if strings.Contains(b.Message, "the engine waited") {
			return
		}
	}
	t.Errorf("breadcrumbs %v, want one that the engine waited", srv.Events()[0].Breadcrumbs)
}

// What this start could not tell, the next one does: a panic in a goroutine that nobody looks after, a game that was killed in the
// background, which is no crash.
func TestNextStart(t *testing.T) {
	f := newFocus(t)
	for _, tt := range []struct {
		name, how, title string
		meanwhile        func(string, *os.Process)
	}{
		{"bare", "panic", "the loader broke", nil},
		{"hidden", "killed in background", "", func(_ string, game *os.Process) {
			f.take(0)
			time.Sleep(hangs + 2*time.Second)
			_ = game.Kill()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, srv := t.TempDir(), sentrytest.Start(sentrytest.Options{})
			t.Cleanup(srv.Close)
			if stderr, exit := playTo(t, srv, tt.name, dir, tt.meanwhile); exit == 0 {
				t.Fatalf("exit 0, want a death\n%s", stderr)
			}
			var how string
			stderr, exit := playTo(t, srv, "next", dir, func(line string, _ *os.Process) { how += line })
			if exit != 0 || strings.TrimSpace(how) != tt.how {
				t.Errorf("exit %d, the run before ended %q, want 0, %q\n%s", exit, how, tt.how, stderr)
			}
			if got := titles(srv); !strings.Contains(got, tt.title) || (tt.title == "") != (got == "error: the end") {
				t.Errorf("events %q, want %q and the end", got, tt.title)
			}
		})
	}
}
