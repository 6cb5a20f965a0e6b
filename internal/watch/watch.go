// Package watch tells when the beats of a loop stop: a frame that never ends. It counts ticks of its own without a beat in between,
// and not time, so that a process which was stopped, suspended or held by a debugger is no hang: its ticks stood still as well.
package watch

import (
	"time"

	"github.com/krunk-go/krunk/internal/notify"
)

// Tick is how often beats are looked for while they come.
const Tick = 250 * time.Millisecond

// Host is whose beats are watched: functions, since an interface would keep all methods of all that the host's type holds. Tick, Hang and
// Over are called by Run's goroutine, the latter two in turns, Hang first.
type Host struct {
	Beats  func() uint32 // so far
	Paused func() bool   // no beats are expected
	Ended  func() bool   // Run shall return
	Tick   func()        // a tick has passed, and neither
	Hang   func()        // no beat has come for too long
	Over   func()        // beats come again
}

// Run watches h until it has ended, and calls Hang when no beat came for after, a tick more at most. The host rings the bell for every
// beat (Ring) and calls it when it was resumed or has ended (Call). Run wakes up four times a second while beats come or are expected, and
// not at all while h is paused or after Hang was called, until a beat comes.
func Run(h *Host, bell *notify.Bell, after time.Duration) {
	var alarm notify.Alarm
	alarm.Init(bell)
	defer alarm.Stop()
	most := max(int((after+Tick-1)/Tick), 1)
	for ticks, hangs, last := 0, false, h.Beats(); !h.Ended(); {
		if wait(h, bell, &alarm, hangs, last) {
			ticks++
			h.Tick()
		}
		now := h.Beats()
		switch {
		case now != last:
			last, ticks = now, 0
			if hangs {
				hangs = false
				h.Over()
			}
		case h.Paused() || hangs:
			ticks = 0
		case ticks >= most:
			ticks, hangs = 0, true
			h.Hang()
		}
	}
}

// wait waits for what comes next and reports whether that was a tick. What may have come before the bell was armed is looked for once
// more.
func wait(h *Host, bell *notify.Bell, alarm *notify.Alarm, hangs bool, last uint32) bool {
	defer bell.Awake()
	switch {
	case h.Paused(): // whatever beats
		bell.Linger()
		if h.Paused() && !h.Ended() {
			<-bell.C()
		}
	case hangs:
		bell.Sleep()
		if h.Beats() == last && !h.Ended() {
			<-bell.C()
		}
	default:
		bell.Linger()
		alarm.Set(Tick)
		if !h.Ended() {
			<-bell.C()
		}
		rang := alarm.Rang()
		alarm.Stop()
		return rang
	}
	return false
}
