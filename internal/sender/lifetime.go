package sender

import (
	"errors"
	"sync"
)

// lifetime is the transport.Context of one attempt: it ends when it is told to. A Context must not lead to time.Time, whose methods would
// all be linked.
type lifetime struct {
	_     [0]func() // no code to compare it
	began int64     // nanoseconds since the sender was born, immutable

	mu   sync.Mutex
	done chan struct{} // guarded by mu; closed when the lifetime has ended, nil while nobody has asked for it
	err  error         // guarded by mu; not nil when the lifetime has ended
}

var (
	errTimeout = errors.New("no answer within 30 seconds")
	errStopped = errors.New("the client was closed")
)

// Done returns a channel that is closed when the lifetime has ended.
func (l *lifetime) Done() <-chan struct{} {
	l.mu.Lock()
	if l.done == nil {
		l.done = make(chan struct{})
		if l.err != nil {
			close(l.done)
		}
	}
	done := l.done
	l.mu.Unlock()
	return done
}

// Err returns why the lifetime has ended, or nil.
func (l *lifetime) Err() error {
	l.mu.Lock()
	err := l.err
	l.mu.Unlock()
	return err
}

// end ends the lifetime with err; later calls do nothing.
//
//go:noinline
func (l *lifetime) end(err error) {
	l.mu.Lock()
	if l.err == nil {
		l.err = err
		if l.done != nil {
			close(l.done)
		}
	}
	l.mu.Unlock()
}
