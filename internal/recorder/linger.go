package recorder

import "time"

const (
	firstStep = 8 * time.Millisecond
	lastStep  = 256 * time.Millisecond
	lingers   = 2 * time.Second
)

// linger is how the recorder waits after an event or a log record: it comes back by itself after growing steps, so that nobody pays
// for waking it, which costs a game's frame more than the rest of a capture call. Two seconds after the last one it sleeps.
type linger struct {
	_     [0]func()     // no code to compare it
	heard bool          // there was one since the last step
	step  time.Duration // the last one, 0: it sleeps
	sum   time.Duration // of the steps since the last event
}

// next returns how long to wait, or 0 for as long as nobody calls.
func (l *linger) next() time.Duration {
	switch {
	case l.heard:
		*l = linger{step: firstStep}
	case l.step == 0:
		return 0
	default:
		l.step = min(2*l.step, lastStep)
	}
	if l.sum += l.step; l.sum > lingers {
		l.step = 0
	}
	return l.step
}
