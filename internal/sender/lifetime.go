package sender

import (
	"context"
	"sync"
	"time"
)

// lifetime is a context that ends when it is told to. Package context has the same in WithCancel, but its types hold a
// context.Context, which keeps the method set of time.Time and with it the time zones alive: 100 KiB on 32-bit ARM.
type lifetime struct {
	done  chan struct{} // closed when the lifetime has ended
	mu    sync.Mutex
	err   error          // guarded by mu
	after map[int]func() // guarded by mu; what AfterFunc was given and is not stopped
	next  int            // guarded by mu
}

func newLifetime() *lifetime { return &lifetime{done: make(chan struct{})} }

// Deadline tells of none: an attempt ends when its timer says so.
func (l *lifetime) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done returns a channel that is closed when the lifetime has ended.
func (l *lifetime) Done() <-chan struct{} { return l.done }

// Value returns nil.
func (l *lifetime) Value(any) any { return nil }

// Err returns why the lifetime has ended, or nil.
func (l *lifetime) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// AfterFunc calls f in a goroutine of its own once the lifetime has ended, unless stop is called before. Package context
// asks for it; without it, every context derived from this one would cost a goroutine.
func (l *lifetime) AfterFunc(f func()) (stop func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		go f()
		return func() bool { return false }
	}
	if l.after == nil {
		l.after = make(map[int]func())
	}
	id := l.next
	l.next++
	l.after[id] = f
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, waiting := l.after[id]
		delete(l.after, id)
		return waiting
	}
}

// end ends the lifetime with err; later calls do nothing.
func (l *lifetime) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.err = err
	close(l.done)
	for _, f := range l.after {
		go f()
	}
	l.after = nil
}

var _ context.Context = (*lifetime)(nil)
