package notify

import "time"

// Alarm is a timer whose channel carries nothing. The channel of a time.Timer carries a time.Time, which keeps the formatting
// of times and the time zones alive: 55 KiB of a program for 32-bit ARM that has no use for them. It is owned by one goroutine.
type Alarm struct {
	ch    chan struct{}
	timer *time.Timer
}

// NewAlarm returns an alarm that is not set.
func NewAlarm() *Alarm {
	a := &Alarm{ch: make(chan struct{}, 1)}
	a.timer = time.AfterFunc(time.Hour, a.ring)
	a.timer.Stop()
	return a
}

func (a *Alarm) ring() {
	select {
	case a.ch <- struct{}{}:
	default:
	}
}

// C returns the channel that gets something once the time is over. A ring that was under way when Set or Stop was called may
// come after it.
func (a *Alarm) C() <-chan struct{} { return a.ch }

// Set makes the alarm ring after d, and not when it was to ring before.
func (a *Alarm) Set(d time.Duration) {
	a.Stop()
	a.timer.Reset(d)
}

// Stop makes the alarm not ring.
func (a *Alarm) Stop() {
	a.timer.Stop()
	select {
	case <-a.ch:
	default:
	}
}
