package watch

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/internal/notify"
)

// game is a Host that notes when it was told what, since its start.
type game struct {
	bell   notify.Bell
	begin  time.Time
	beats  atomic.Uint32
	paused atomic.Bool
	ended  atomic.Bool
	asked  atomic.Int64 // how often its beats were looked at
	ticks  int64        // owned by Run until it has ended
	told   []string
	done   chan struct{}
}

func start(after time.Duration) *game {
	g := &game{begin: time.Now(), done: make(chan struct{})}
	g.bell.Init()
	g.beats.Store(1)
	go func() {
		defer close(g.done)
		Run(g.host(), &g.bell, after)
	}()
	return g
}

func (g *game) host() *Host {
	return &Host{Beats: g.Beats, Paused: g.Paused, Ended: g.Ended, Tick: g.Tick, Hang: g.Hang, Over: g.Over}
}

func (g *game) Beats() uint32 {
	g.asked.Add(1)
	return g.beats.Load()
}
func (g *game) Paused() bool { return g.paused.Load() }
func (g *game) Ended() bool  { return g.ended.Load() }
func (g *game) Tick()        { g.ticks++ }
func (g *game) Hang()        { g.note("hang") }
func (g *game) Over()        { g.note("over") }

func (g *game) note(what string) {
	g.told = append(g.told, fmt.Sprint(what, " ", time.Since(g.begin).Round(time.Millisecond)))
}

func (g *game) beat() {
	g.beats.Add(1)
	g.bell.Ring()
}

// play beats at 50 Hz.
func (g *game) play(d time.Duration) {
	for range d / (20 * time.Millisecond) {
		time.Sleep(20 * time.Millisecond)
		g.beat()
	}
}

func (g *game) pause(on bool) {
	g.paused.Store(on)
	g.bell.Call()
}

func (g *game) end() {
	g.ended.Store(true)
	g.bell.Call()
	<-g.done
}

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name string
		play func(g *game)
		want string
	}{
		{"beats", func(g *game) { g.play(20 * time.Second) }, "[]"},
		{"beats stop", func(g *game) { g.play(1980 * time.Millisecond); time.Sleep(time.Minute) }, "[hang 7s]"},
		{"beats stop in between of two ticks", func(g *game) { g.play(2100 * time.Millisecond); time.Sleep(time.Minute) }, "[hang 7.25s]"},
		{"one beat", func(g *game) { time.Sleep(time.Minute) }, "[hang 5s]"},
		{"nearly", func(g *game) {
			g.play(980 * time.Millisecond)
			time.Sleep(4900 * time.Millisecond)
			g.play(time.Second)
		}, "[]"},
		{"resumes", func(g *game) {
			g.play(980 * time.Millisecond)
			time.Sleep(9 * time.Second)
			g.beat()
			time.Sleep(time.Second)
		}, "[hang 6s over 9.98s]"},
		{"hangs again", func(g *game) { time.Sleep(6 * time.Second); g.play(time.Second); time.Sleep(9 * time.Second) }, "[hang 5s over 6.02s hang 12.02s]"},
		{"a loading screen", func(g *game) {
			g.play(time.Second)
			g.pause(true)
			time.Sleep(time.Minute)
			g.pause(false)
			g.play(time.Second)
		}, "[]"},
		{"hangs after a loading screen", func(g *game) { g.pause(true); time.Sleep(time.Minute); g.pause(false); time.Sleep(20 * time.Second) }, "[hang 1m5s]"},
		{"beats while paused", func(g *game) { g.pause(true); g.play(20 * time.Second) }, "[]"},
		{"paused in a hang", func(g *game) {
			time.Sleep(6 * time.Second)
			g.pause(true)
			time.Sleep(time.Minute)
			g.pause(false)
			g.play(time.Second)
		}, "[hang 5s over 1m6.02s]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := start(5 * time.Second)
				c.play(g)
				g.end()
				if got := fmt.Sprint(g.told); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		})
	}
}

// Four wake-ups a second while beats come, none while paused and none after a hang, however long.
func TestWakeUps(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(g *game)
		play   func(g *game)
		most   int64
	}{
		{"beating", func(g *game) {}, func(g *game) { g.play(10 * time.Second) }, 41},
		{"hangs", func(g *game) { time.Sleep(10 * time.Second) }, func(g *game) { time.Sleep(time.Hour) }, 0},
		{"paused", func(g *game) { g.pause(true) }, func(g *game) { g.play(10 * time.Second) }, 0},
		{"paused in a hang", func(g *game) { time.Sleep(10 * time.Second); g.pause(true); g.beat() }, func(g *game) { g.play(time.Second) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := start(5 * time.Second)
				c.before(g)
				synctest.Wait()
				before := g.asked.Load()
				c.play(g)
				synctest.Wait()
				if got := g.asked.Load() - before; got > c.most {
					t.Errorf("looked %d times, want at most %d", got, c.most)
				}
				g.end()
			})
		})
	}
}

// A process that was stopped for an hour has one tick that is late, which is one tick.
func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &slow{game: game{begin: time.Now(), done: make(chan struct{})}}
		g.bell.Init()
		g.beats.Store(1)
		go func() { defer close(g.done); Run(g.host(), &g.bell, 5*time.Second) }()
		g.play(980 * time.Millisecond)
		time.Sleep(2 * time.Second)
		g.stop.Store(true)
		time.Sleep(2 * time.Hour)
		g.end()
		if got := fmt.Sprint(g.told); got != "[hang 1h0m6s]" {
			t.Errorf("got %s, want [hang 1h0m6s]", got)
		}
	})
}

// slow is a game whose watchdog loses the processor for an hour.
type slow struct {
	game
	stop atomic.Bool
}

func (g *slow) host() *Host {
	h := g.game.host()
	h.Beats = g.Beats
	return h
}

func (g *slow) Beats() uint32 {
	if g.stop.Swap(false) {
		time.Sleep(time.Hour)
	}
	return g.beats.Load()
}
