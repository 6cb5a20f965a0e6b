package krunk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// A frame that takes too long is a breadcrumb with its length, and the next event tells how many there were.
func TestSlowFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{Frames: krunk.Frames{Slow: 50 * time.Millisecond}})
		for _, took := range []int{16, 49, 50, 16, 120, 16} {
			c.Beat()
			time.Sleep(time.Duration(took) * time.Millisecond)
		}
		c.Beat()
		c.Pause() // a loading screen
		time.Sleep(time.Second)
		c.Resume()
		time.Sleep(time.Second)
		c.Beat()
		c.Report(errors.New("boom"))
		e := one(t, c, srv)
		var got []string
		for _, b := range e.Breadcrumbs {
			got = append(got, fmt.Sprint(b.Category, " ", b.Level, " ", b.Message, " ", b.Data["length"], " ", b.Data["of_frame"]))
		}
		if want := "[frames warning slow frame length=50 of_frame=3 50 3 frames warning slow frame length=120 of_frame=5 120 5]"; fmt.Sprint(got) != want {
			t.Errorf("got %v\nwant %s", got, want)
		}
		if got := e.Contexts["krunk"]["slow_frames"]; got != int64(2) {
			t.Errorf("got slow_frames %v, want 2", got)
		}
		c.Report(errors.New("again"))
		c.Flush(time.Minute)
		if got, told := srv.Events()[1].Contexts["krunk"]["slow_frames"]; told {
			t.Errorf("got slow_frames %v in an event after that, want none", got)
		}
		c.Pause()
	})
}

// frozen is a game loop whose third frame never ends.
func frozen(c *krunk.Client, thaw <-chan struct{}) {
	for i := range 5 {
		c.Beat()
		if i == 2 {
			waitForGPU(thaw)
		}
		time.Sleep(16 * time.Millisecond)
	}
	c.Pause()
}

//go:noinline
func waitForGPU(thaw <-chan struct{}) { <-thaw }

// deep calls itself before it waits: 60 frames are more than a profile of goroutines has.
//
//go:noinline
func deep(n int, thaw <-chan struct{}) {
	if n > 0 {
		deep(n-1, thaw)
		return
	}
	waitForGPU(thaw)
}

// The event of a hang has the whole stack of the loop, and the other goroutines as threads; the watchdog itself is none of them.
func TestHangThreads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{})
		thaw := make(chan struct{})
		go func() { waitForGPU(thaw) }() // another one
		go func() {
			c.Beat()
			deep(60, thaw)
		}()
		time.Sleep(6 * time.Second)
		e := one(t, c, srv)
		x := e.Exceptions[0]
		if n := len(x.Frames); n < 62 || x.Frames[n-1].Function != "waitForGPU" {
			t.Errorf("%d frames that end in %+v, want 62 at least, and where it waits", n, x.Frames[n-1])
		}
		if m := x.Mechanism; m == nil || m.Type != "AppHang" || m.Handled == nil || !*m.Handled || !m.Synthetic {
			t.Errorf("mechanism %+v, want AppHang, handled, synthetic", m)
		}
		loop, others := e.Threads[0], 0
		if !loop.Current || loop.Crashed || loop.State != "chan receive (durable)" && loop.State != "chan receive" {
			t.Errorf("thread %+v, want that of the frames", loop)
		}
		for _, th := range e.Threads[1:] {
			if th.Current || th.ID == loop.ID {
				t.Errorf("thread %+v is the current one as well", th)
			}
			for i, f := range th.Frames {
				if strings.Contains(f.Function, "watched") {
					t.Errorf("thread %+v is the watchdog", th)
				}
				if i == len(th.Frames)-1 && f.Function == "waitForGPU" {
					others++
				}
			}
		}
		if others != 1 {
			t.Errorf("%d other goroutines wait for the GPU, want 1 of %d", others, len(e.Threads))
		}
		close(thaw)
		c.Pause()
	})
}

// A hang is told as soon as it is one, with the stack of the loop as it stands, and once; its length follows.
func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := start(t, krunk.Config{})
		c.Channel("level").Info("boss fight")
		thaw := make(chan struct{})
		go frozen(c, thaw)
		time.Sleep(4900 * time.Millisecond)
		if n := len(srv.Events()); n != 0 {
			t.Errorf("%d events after 4.9 s, want none", n)
		}
		time.Sleep(time.Second)
		e := one(t, c, srv)
		x := e.Exceptions[len(e.Exceptions)-1]
		if x.Type != "AppHang" || x.Value != "no frame for 5000 ms" || e.Level != "error" || e.Logger != "frames" {
			t.Errorf("got %s %q, level %q of %q", x.Type, x.Value, e.Level, e.Logger)
		}
		var names []string
		for _, f := range x.Frames {
			names = append(names, f.Function)
		}
		if s := strings.Join(names, " "); !strings.Contains(s, "frozen waitForGPU") {
			t.Errorf("got the stack %q, want that of the loop", s)
		}
		if len(e.Breadcrumbs) != 1 || e.Breadcrumbs[0].Message != "boss fight" {
			t.Errorf("got %+v, want what came before", e.Breadcrumbs)
		}
		time.Sleep(time.Hour)
		if n := len(srv.Events()); n != 1 {
			t.Errorf("%d events after an hour, want 1", n)
		}
		close(thaw)
		time.Sleep(time.Second)
		c.Report(errors.New("boom"))
		c.Flush(time.Minute)
		e = srv.Events()[1]
		last := e.Breadcrumbs[len(e.Breadcrumbs)-1]
		if got, want := fmt.Sprint(last.Message, last.Data["length"]), "frames go on length=3605884 of_frame=33605884"; got != want {
			t.Errorf("got %+v, want that frames go on after an hour and six seconds", last)
		}
	})
}

func TestNoHang(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  krunk.Config
		play func(c *krunk.Client)
	}{
		{"no beat ever", krunk.Config{}, func(c *krunk.Client) {}},
		{"off", krunk.Config{Frames: krunk.Frames{Hang: -1}}, func(c *krunk.Client) { c.Beat() }},
		{"paused", krunk.Config{}, func(c *krunk.Client) { c.Beat(); c.Pause() }},
		{"longer", krunk.Config{Frames: krunk.Frames{Hang: 2 * time.Hour}}, func(c *krunk.Client) { c.Beat() }},
		{"not to be raised", krunk.Config{Channels: map[string]krunk.Thresholds{"frames": {Issue: "off"}}}, func(c *krunk.Client) { c.Beat() }},
		{"closed", krunk.Config{}, func(c *krunk.Client) { c.Beat(); c.Close(time.Second); c.Beat() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sentrytest.New(sentrytest.Options{})
				tt.cfg.DSN, tt.cfg.Transport = srv.DSN(), srv.Transport()
				c, err := krunk.Start(tt.cfg)
				if err != nil {
					t.Fatal(err)
				}
				tt.play(c)
				time.Sleep(time.Hour)
				c.Close(time.Second)
				if n := len(srv.Events()); n != 0 {
					t.Errorf("%d events, want none", n)
				}
			})
		})
	}
}

// Pause, Resume and Beat may be called by any goroutine, and by a nil client.
func TestFramesOfManyGoroutines(t *testing.T) {
	var none *krunk.Client
	none.Beat()
	none.Pause()
	none.Resume()
	c, _ := start(t, krunk.Config{Frames: krunk.Frames{Slow: time.Nanosecond}})
	done := make(chan struct{})
	for range 8 {
		go func() {
			for range 200 {
				c.Beat()
				c.Pause()
				c.Resume()
			}
			done <- struct{}{}
		}()
	}
	for range 8 {
		<-done
	}
	c.Pause()
}
