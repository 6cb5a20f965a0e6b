package nethttp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/transport"
)

// bare is a transport.Context that is no context.Context.
type bare struct {
	done chan struct{}
	err  error
}

func (b *bare) Done() <-chan struct{} { return b.done }

func (b *bare) Err() error {
	select {
	case <-b.done:
		return b.err
	default:
		return nil
	}
}

func (b *bare) end(err error) {
	b.err = err
	close(b.done)
}

// TestBareContext ends Sends by a context that has no more than the contract asks for; no goroutine stays behind (synctest fails on one).
func TestBareContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, &Config{DialContext: pipe(hang)})
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
	})
}

// TestEndsAreTold: whoever ends a Send, over HTTP/1.1 and HTTP/2, the error wraps why.
func TestEndsAreTold(t *testing.T) {
	ca := newAuthority(t, "ca")
	silent := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	enough := errors.New("enough")
	for name, s := range map[string]*server{"http/1.1": serve(t, nil, silent), "http/2": serve(t, ca.issue(t), silent)} {
		for _, tt := range []struct {
			name    string
			timeout time.Duration
			ctx     func() transport.Context
			want    error
		}{
			{"timeout", 100 * time.Millisecond, func() transport.Context { return t.Context() }, context.DeadlineExceeded},
			{"timeout, bare", 100 * time.Millisecond, func() transport.Context { return &bare{done: make(chan struct{})} }, context.DeadlineExceeded},
			{"deadline", 0, func() transport.Context {
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				t.Cleanup(cancel)
				return ctx
			}, context.DeadlineExceeded},
			{"cancelled", 0, func() transport.Context {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(100*time.Millisecond, cancel)
				return ctx
			}, context.Canceled},
			{"bare", 0, func() transport.Context {
				ctx := &bare{done: make(chan struct{})}
				ctx.end(enough)
				return ctx
			}, enough},
		} {
			tr := newTransport(t, &Config{Timeout: tt.timeout, Trust: Trust{PEM: ca.pem, Only: true}})
			if _, err := tr.Send(tt.ctx(), envelope(s.URL)); !errors.Is(err, tt.want) {
				t.Errorf("%s, %s: got %v, want it to wrap %v", name, tt.name, err, tt.want)
			}
		}
	}
}
