package nethttp

import (
	"errors"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// bare is a transport.Context that is no context.Context.
type bare struct {
	done chan struct{}
	err  error
}

func (b *bare) Done() <-chan struct{} { return b.done }
func (b *bare) Err() error            { return b.err }

func (b *bare) end(err error) {
	b.err = err
	close(b.done)
}

// TestBareContext ends Sends by a context that has no more than the contract asks for; no goroutine stays behind.
func TestBareContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, &Config{DialContext: pipe(hang)})
		before := runtime.NumGoroutine()
		for range 3 {
			ctx, enough := &bare{done: make(chan struct{})}, errors.New("enough")
			time.AfterFunc(time.Second, func() { ctx.end(enough) })
			start := time.Now()
			if _, err := tr.Send(ctx, envelope("http://sentry.invalid")); !errors.Is(err, enough) {
				t.Errorf("got %v, want the context's error", err)
			}
			if d := time.Since(start); d != time.Second {
				t.Errorf("Send took %v, want the second until the context ended", d)
			}
		}
		answers := newTransport(t, &Config{DialContext: pipe(func(c net.Conn) { answerAll(c) })})
		if a, err := answers.Send(&bare{done: make(chan struct{})}, envelope("http://sentry.invalid")); err != nil || a.Status != 200 {
			t.Errorf("got %+v, %v; want status 200", a, err)
		}
		answers.CloseIdle()
		synctest.Wait()
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%d goroutines, %d before", n, before)
		}
	})
}
