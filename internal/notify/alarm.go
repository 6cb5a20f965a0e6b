package notify

import (
	"sync/atomic"
	"time"
)

// Alarm is a timer that rings a bell, so that its owner waits for one channel alone. The channel of a time.Timer carries a
// time.Time besides, which keeps the formatting of times and the time zones alive: 55 KiB of a program for 32-bit ARM that has
// no use for them. It is owned by one goroutine.
type Alarm struct {
	_     [0]func() // no code to compare it
	bell  *Bell
	timer *time.Timer // nil before the first Set
	rang  atomic.Bool
}

// NewAlarm returns an alarm that is not set.
func NewAlarm(bell *Bell) *Alarm {
	a := new(Alarm)
	a.Init(bell)
	return a
}

// Init makes a zero Alarm one that is not set.
func (a *Alarm) Init(bell *Bell) { a.bell = bell }

func (a *Alarm) ring() {
	a.rang.Store(true)
	a.bell.Call()
}

// Rang reports whether the time was over since it was asked last. A ring that was under way when Set or Stop was called may come
// after it.
func (a *Alarm) Rang() bool { return a.rang.Load() && a.rang.Swap(false) }

// Set makes the alarm ring after d, and not when it was to ring before.
func (a *Alarm) Set(d time.Duration) {
	a.Stop()
	if a.timer == nil {
		a.timer = time.AfterFunc(d, a.ring)
		return
	}
	a.timer.Reset(d)
}

// Stop makes the alarm not ring.
func (a *Alarm) Stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.rang.Store(false)
}
