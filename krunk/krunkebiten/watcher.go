package krunkebiten

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
)

// lookEvery is how often the watcher looks. It takes two looks to see that the engine waits, and the client's watchdog four at least.
const lookEvery = 250 * time.Millisecond

// watcher tells the client when no frames come since the engine waits: an unfocused window of a game that does not run then, a hidden
// tab, an app in the background, a loop that draws only when it must. None of them asks the game before, so a goroutine looks.
type watcher struct {
	pulse atomic.Uint32 // odd while the game's code runs
	ticks atomic.Uint32
	away  atomic.Bool // the client is paused until the engine calls again
	due   atomic.Bool // the next call shall look at the engine

	client  hidden
	channel *krunk.Channel
	hidden  atomic.Bool   // away, and the player does not see the game
	since   atomic.Int64  // when the engine began to wait, about; in nanoseconds of Unix time
	wake    chan struct{} // the engine has called again
	done    chan struct{} // closed when the game has ended
	once    sync.Once     // closes done
}

func (w *watcher) init(client *krunk.Client, channel *krunk.Channel) {
	w.client, w.channel = hidden{unsafe.Pointer(client)}, channel
	w.wake, w.done = make(chan struct{}, 1), make(chan struct{})
	w.due.Store(true)
}

func (w *watcher) end() { w.once.Do(func() { close(w.done) }) }

// watch looks until the game has ended. It does not wake up while the engine waits.
func (w *watcher) watch() {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	pulse, ticks := w.pulse.Load(), w.ticks.Load()
	for n := 1; ; n++ {
		select {
		case <-w.done:
			return
		case <-ticker.C:
		}
		p, t := w.pulse.Load(), w.ticks.Load()
		switch {
		case p != pulse && t == ticks && rare(ebiten.TPS()):
			w.client.get().Beat()
		case p == pulse && p%2 == 0:
			ticker.Stop()
			if !w.wait(p) {
				return
			}
			ticker.Reset(lookEvery)
			p, t = w.pulse.Load(), w.ticks.Load()
		}
		pulse, ticks = p, t
		if n%4 == 0 {
			w.due.Store(true)
		}
	}
}

// rare reports whether a game has so few ticks in a second, or none, that frames must beat for them.
func rare(tps int) bool { return tps >= 0 && tps < int(time.Second/lookEvery) }

// unseen reports whether an engine that waits does so since the game is in the background: phones, hidden tabs, and games that do not run
// without the focus. Elsewhere it may be a driver that hangs, and a game that is killed then is not to look as if nobody had seen it.
func unseen() bool { return runtime.GOOS == "js" || !ebiten.IsRunnableOnUnfocused() }

// wait waits for the engine, and reports false if the game has ended. What the engine does between two looks decides who resumes the
// client: whoever takes away.
func (w *watcher) wait(pulse uint32) bool {
	w.since.Store(time.Now().UnixNano())
	if w.hidden.Store(unseen()); w.hidden.Load() {
		w.client.get().Foreground(false)
	} else {
		w.client.get().Pause()
	}
	w.away.Store(true)
	if w.pulse.Load() != pulse {
		w.back()
	}
	select {
	case <-w.done:
		return false
	case <-w.wake:
		return true
	}
}

// back is called when the engine calls the game again, or did so meanwhile.
func (w *watcher) back() {
	if !w.away.CompareAndSwap(true, false) {
		return
	}
	if w.hidden.Load() {
		w.client.get().Foreground(true)
	} else {
		w.client.get().Resume()
	}
	w.channel.Debug("the engine waited", krunk.Duration("length", time.Duration(time.Now().UnixNano()-w.since.Load())))
	w.wake <- struct{}{}
}
