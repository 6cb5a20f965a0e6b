package notify

import "sync/atomic"

// Bell wakes one sleeping goroutine. Ring costs one atomic load while its owner is awake; only the first ring after it fell
// asleep touches the channel.
type Bell struct {
	_      [0]func() // no code to compare it
	asleep atomic.Bool
	ch     chan struct{}
}

// NewBell returns a bell.
func NewBell() *Bell { return &Bell{ch: make(chan struct{}, 1)} }

// Ring wakes the owner if it sleeps. It never blocks and does not allocate.
func (b *Bell) Ring() {
	if b.asleep.Load() && b.asleep.CompareAndSwap(true, false) {
		select {
		case b.ch <- struct{}{}:
		default:
		}
	}
}

// Sleep announces that the owner is about to wait on C; it must look for work once more before it does. Awake ends that.
func (b *Bell) Sleep() { b.asleep.Store(true) }

// Awake says that the owner is working again.
func (b *Bell) Awake() { b.asleep.Store(false) }

// C returns the channel that Ring sends on.
func (b *Bell) C() <-chan struct{} { return b.ch }
