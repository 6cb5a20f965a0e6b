package notify

import "sync/atomic"

// Bell wakes one goroutine, which is awake, asleep, or lingers: then it comes back by itself soon and is woken only for what cannot
// wait. Ring and Call cost one atomic load while it is awake; only the first one after that touches the channel.
type Bell struct {
	_     [0]func() // no code to compare it
	state atomic.Uint32
	ch    chan struct{}
}

const (
	awake = iota
	lingering
	asleep
)

// NewBell returns a bell.
//
//go:noinline
func NewBell() *Bell {
	b := new(Bell)
	b.Init()
	return b
}

// Init makes a zero Bell one.
func (b *Bell) Init() { b.ch = make(chan struct{}, 1) }

// Ring wakes the owner if it sleeps. It never blocks and does not allocate.
func (b *Bell) Ring() {
	if b.state.Load() == asleep && b.state.CompareAndSwap(asleep, awake) {
		b.send()
	}
}

// Call wakes the owner if it sleeps or lingers. It never blocks and does not allocate.
func (b *Bell) Call() {
	if b.state.Load() != awake && b.state.Swap(awake) != awake {
		b.send()
	}
}

func (b *Bell) send() {
	select {
	case b.ch <- struct{}{}:
	default:
	}
}

// Sleep announces that the owner is about to wait on C; it must look for work once more before it does. Awake ends that.
func (b *Bell) Sleep() { b.state.Store(asleep) }

// Linger is Sleep for an owner that waits on C for a short time only: Ring lets it.
func (b *Bell) Linger() { b.state.Store(lingering) }

// Awake says that the owner is working again.
//
//go:noinline
func (b *Bell) Awake() { b.state.Store(awake) }

// C returns the channel that Ring and Call send on.
func (b *Bell) C() <-chan struct{} { return b.ch }
