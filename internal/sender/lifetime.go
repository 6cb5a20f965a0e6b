package sender

import (
	"errors"
	"sync"
)

// lifetime is the transport.Context of one attempt: it ends when it is told to.
type lifetime struct {
	_    [0]func() // no code to compare it
	once sync.Once
	done chan struct{} // closed when the lifetime has ended
	err  error         // immutable after done is closed
}

var (
	errTimeout = errors.New("no answer within 30 seconds")
	errStopped = errors.New("the client was closed")
)

func newLifetime() *lifetime { return &lifetime{done: make(chan struct{})} }

// Done returns a channel that is closed when the lifetime has ended.
func (l *lifetime) Done() <-chan struct{} { return l.done }

// Err returns why the lifetime has ended, or nil.
func (l *lifetime) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return nil
	}
}

// end ends the lifetime with err; later calls do nothing.
//
//go:noinline
func (l *lifetime) end(err error) {
	l.once.Do(func() {
		l.err = err
		close(l.done)
	})
}
