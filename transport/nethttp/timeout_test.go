package nethttp

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipe returns a DialContext hook whose connections are served in memory by serve, so that time can be made up.
func pipe(serve func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serve(server)
		return client, nil
	}
}

// hang reads and never answers.
func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// half answers the header and half of the body.
func half(c net.Conn) {
	if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\n12345")
	}
	hang(c)
}

func TestTimeouts(t *testing.T) {
	blocked := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	tests := []struct {
		name   string
		scheme string
		config Config
		parent time.Duration // of the context; 0: none
		want   time.Duration
		hint   string
	}{
		{"default", "http", Config{DialContext: pipe(hang)}, 0, 15 * time.Second, "Config.Timeout, 15s"},
		{"own", "http", Config{Timeout: time.Minute, DialContext: pipe(hang)}, 0, time.Minute, "Config.Timeout, 1m0s"},
		{"context is shorter", "http", Config{DialContext: pipe(hang)}, time.Second, time.Second, "deadline exceeded"},
		{"connect default", "http", Config{DialContext: blocked}, 0, 5 * time.Second, "deadline exceeded"},
		{"connect own", "http", Config{ConnectTimeout: time.Second, DialContext: blocked}, 0, time.Second, "deadline exceeded"},
		{"handshake", "https", Config{DialContext: pipe(hang)}, 0, 5 * time.Second, "TLS handshake timeout"},
		{"handshake after the timeout", "https", Config{Timeout: time.Second, DialContext: pipe(hang)}, 0, time.Second, "Config.Timeout, 1s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.parent > 0 {
					c, cancel := context.WithTimeout(ctx, tt.parent)
					defer cancel()
					ctx = c
				}
				start := time.Now()
				_, err := newTransport(t, &tt.config).Send(ctx, envelope(tt.scheme+"://sentry.invalid"))
				if got := time.Since(start); got != tt.want {
					t.Errorf("got an answer after %v, want %v", got, tt.want)
				}
				if err == nil || !strings.Contains(err.Error(), tt.hint) {
					t.Errorf("got %v, want an error with %q", err, tt.hint)
				}
				var timeout net.Error
				if !errors.As(err, &timeout) || !timeout.Timeout() {
					t.Errorf("got %v, want a net.Error with Timeout", err)
				}
			})
		})
	}
}

// TestBodyNeverEnds checks that an answer counts although its body does not come, and that nobody waits for that.
func TestBodyNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTransport(t, &Config{DialContext: pipe(half)})
		start := time.Now()
		got, err := tr.Send(t.Context(), envelope("http://sentry.invalid"))
		if d := time.Since(start); d != restTime {
			t.Errorf("Send took %v, want %v", d, restTime)
		}
		if err != nil || got.Status != http.StatusAccepted {
			t.Errorf("got %+v, %v; want status 202", got, err)
		}
	})
}

// TestExactCap sends the end of an answer apart from the last byte that is read: the connection is reusable only if the
// end is seen.
func TestExactCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		dial := pipe(func(c net.Conn) {
			for in := bufio.NewReader(c); ; {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")
				_, _ = io.WriteString(c, "0\r\n\r\n")
			}
		})
		tr := newTransport(t, &Config{MaxResponse: 5, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials++
			return dial(ctx, network, addr)
		}})
		mustSend(t, tr, "http://sentry.invalid")
		mustSend(t, tr, "http://sentry.invalid")
		if dials != 1 {
			t.Errorf("got %d connections, want 1", dials)
		}
	})
}

// TestLateDial lets a dialer succeed after its Send has ended: the connection is closed at once.
func TestLateDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan time.Time, 1)
		dial := pipe(func(c net.Conn) {
			hang(c)
			closed <- time.Now()
		})
		tr := newTransport(t, &Config{Timeout: time.Second, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			<-time.After(10 * time.Second) // it does not obey its context
			return dial(ctx, network, addr)
		}})
		start := time.Now()
		if _, err := tr.Send(t.Context(), envelope("http://sentry.invalid")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
		if got := (<-closed).Sub(start); got != 10*time.Second {
			t.Errorf("the connection was closed after %v, want 10s", got)
		}
	})
}

// TestIdle checks that an unused connection is closed, and that nothing else happens until then.
func TestIdle(t *testing.T) {
	tests := []struct {
		name string
		idle time.Duration
		want time.Duration
	}{{"default", 0, 90 * time.Second}, {"own", time.Second, time.Second}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				closed := make(chan time.Time, 1)
				tr := newTransport(t, &Config{IdleTimeout: tt.idle, DialContext: pipe(func(c net.Conn) {
					answerAll(c)
					closed <- time.Now()
				})})
				mustSend(t, tr, "http://sentry.invalid")
				start := time.Now()
				if got := (<-closed).Sub(start); got != tt.want {
					t.Errorf("the connection was closed after %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// answerAll answers every request with 200 until c is closed. It does not allocate per request.
func answerAll(c net.Conn) {
	defer c.Close()
	var buf [64 << 10]byte
	n := 0
	for {
		m, err := c.Read(buf[n:])
		if err != nil {
			return
		}
		n += m
		if whole(buf[:n]) {
			n = 0
			if _, err := c.Write(okAnswer); err != nil {
				return
			}
		}
	}
}

var okAnswer = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
