package http1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// An envelope is sent again only if a kept connection was closed and no byte of an answer came: after one byte the server has
// read it.
func TestSentAgainOnlyWithoutAByte(t *testing.T) {
	for _, c := range []struct {
		name, last string // what the second request on a connection gets before the connection is closed
		requests   int32
	}{
		{"no byte", "", 3},
		{"one byte", "H", 2},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-", 2},
		{"no HTTP", "\x00\n", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var requests atomic.Int32
			base := listen(t, func(n net.Conn) {
				b := bufio.NewReader(n)
				for _, answer := range []string{ok, c.last} {
					if _, err := request(b); err != nil {
						return
					}
					requests.Add(1)
					_, _ = io.WriteString(n, answer)
				}
			})
			tr := newTransport(t, nil)
			if a, err := tr.Send(t.Context(), envelope(base)); err != nil || a.Status != 200 {
				t.Fatalf("got %+v, %v; want 200", a, err)
			}
			if a, err := tr.Send(t.Context(), envelope(base)); (err == nil) != (c.last == "") {
				t.Errorf("got %+v, %v", a, err)
			}
			if n := requests.Load(); n != c.requests {
				t.Errorf("got %d requests, want %d", n, c.requests)
			}
		})
	}
}

// A new connection that is closed is no reason to send again: the server may have read the envelope.
func TestNewConnectionIsNotTriedTwice(t *testing.T) {
	var requests atomic.Int32
	base := listen(t, func(c net.Conn) {
		if _, err := request(bufio.NewReader(c)); err == nil {
			requests.Add(1)
		}
	})
	_, err := newTransport(t, nil).Send(t.Context(), envelope(base))
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "without an answer") || requests.Load() != 1 {
		t.Errorf("got %v after %d requests, want an error about the answer after 1", err, requests.Load())
	}
}

// pipe returns a dialer whose connections serve serves in memory, so that time can be made up.
func pipe(serve func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serve(server)
		return client, nil
	}
}

// One byte a second ends with the timeout while the status is not known, and a second after it.
func TestOneByteASecond(t *testing.T) {
	for _, c := range []struct {
		name, head string // head comes at once
		rest       string // for ever
		timeout    time.Duration
		took       time.Duration
		status     int
		note       string
	}{
		{"status", "", "HTTP/1.1 200 OK\r\n", 0, 15 * time.Second, 0, ""},
		{"header", "HTTP/1.1 200 OK\r\n", "A: b\r\n", 0, 15 * time.Second, 0, ""},
		{"interim", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", time.Minute, time.Minute, 0, ""},
		{"body", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x", 0, time.Second, 200, "its body did not"},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 0, time.Second, 200, "its body did not"},
		{"trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n", 0, time.Second, 200, "its body did not"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := newTransport(t, &Config{Timeout: c.timeout, DialContext: pipe(func(n net.Conn) {
					b := make([]byte, 4096)
					_, _ = n.Read(b)
					if c.head != "" {
						_, _ = io.WriteString(n, c.head)
					}
					for i := 0; ; i++ {
						if _, err := n.Write([]byte{c.rest[i%len(c.rest)]}); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				})})
				begin := time.Now()
				a, err := tr.Send(t.Context(), envelope("http://sentry.invalid"))
				if d := time.Since(begin); d != c.took {
					t.Errorf("Send took %v, want %v", d, c.took)
				}
				if a.Status != c.status || !strings.Contains(a.Note, c.note) || (c.status == 0) != errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %+v, %v; want status %d with %q", a, err, c.status, c.note)
				}
				if len(tr.idle) > 0 {
					t.Error("the connection was kept")
				}
				time.Sleep(2 * time.Second) // the server sees that
			})
		})
	}
}

// The hint names the option that ended a Send.
func TestTimeoutsAreNamed(t *testing.T) {
	blocked := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	hang := pipe(func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for _, c := range []struct {
		name, scheme string
		cfg          Config
		took         time.Duration
		want         string
	}{
		{"connect", "http", Config{DialContext: blocked}, 5 * time.Second, "(no connection within Config.ConnectTimeout, 5s)"},
		{"handshake", "https", Config{DialContext: hang}, 5 * time.Second, "TLS handshake: context deadline exceeded (no connection within Config.ConnectTimeout, 5s)"},
		{"connect, shorter timeout", "http", Config{Timeout: time.Second, DialContext: blocked}, time.Second, "(no answer within Config.Timeout, 1s)"},
		{"handshake, shorter timeout", "https", Config{Timeout: time.Second, DialContext: hang}, time.Second, "(no answer within Config.Timeout, 1s)"},
		{"proxy", "http", Config{Proxy: "http://anna:s3cr3t-w0rd@proxy.invalid", DialContext: hang}, 15 * time.Second, "proxy proxy.invalid: context deadline exceeded (no answer within Config.Timeout, 15s)"},
		{"answer", "http", Config{DialContext: hang}, 15 * time.Second, "(no answer within Config.Timeout, 15s)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				_, err := newTransport(t, &c.cfg).Send(t.Context(), envelope(c.scheme+"://sentry.invalid"))
				if d := time.Since(begin); d != c.took {
					t.Errorf("Send took %v, want %v", d, c.took)
				}
				if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("got %v, want %q in it", err, c.want)
				}
			})
		})
	}
}

// A proxy can be as hostile as a server, and no error shows its password or the key.
func TestHostileProxy(t *testing.T) {
	const pair = "YW5uYTpzM2NyM3QtdzByZA=="
	for _, c := range []struct{ name, answer, want string }{
		{"header of 1 MB", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", "longer than 4096"},
		{"endless 1xx", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), "more than 16 interim"},
		{"bytes of the server", "HTTP/1.1 200 OK\r\n\r\n" + ok, "before it had a request"},
		{"none", "", "proxy"},
		{"an echo", "s3cr3t-w0rd " + pair + " " + testKey + "\r\n", "another protocol"},
		{"refused", "HTTP/1.1 403 s3cr3t-w0rd\r\n\r\n", "status 403 to CONNECT"},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: http://anna:s3cr3t-w0rd@h/\r\n\r\n", "status 302 to CONNECT"},
		{"wrong password", "HTTP/1.1 407 s3cr3t-w0rd\r\n\r\n", "status 407: write user and password"},
	} {
		base := listen(t, func(n net.Conn) {
			b := make([]byte, 4096)
			_, _ = n.Read(b)
			_, _ = io.WriteString(n, c.answer)
		})
		tr := newTransport(t, &Config{Proxy: strings.Replace(base, "://", "://anna:s3cr3t-w0rd@", 1)})
		_, err := tr.Send(t.Context(), envelope("http://sentry.invalid"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
			continue
		}
		for _, secret := range []string{"s3cr3t", pair, testKey, "anna"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %q is in the error %v", c.name, secret, err)
			}
		}
		if len(tr.idle) > 0 {
			t.Errorf("%s: the connection was kept", c.name)
		}
	}
}

// Whatever a server sends, a Send takes the same memory: the buffers of its connection.
func TestMemory(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, c := range []struct{ name, answer string }{
		{"good", ok},
		{"header of 1 MB", "HTTP/1.1 200 OK\r\nX: " + long + "\r\n\r\n"},
		{"value of 1 MB", "HTTP/1.1 200 OK\r\nRetry-After: " + long + "\r\n\r\n"},
		{"many rate limits", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Sentry-Rate-Limits: 1::a\r\n", 50000) + "\r\n"},
		{"length of 2^62", "HTTP/1.1 200 OK\r\nContent-Length: 4611686018427387904\r\n\r\n" + long},
		{"chunk of 2^63", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\n" + long},
		{"chunk of 2^62", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4000000000000000\r\n" + long},
		{"chunks of one byte", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", 100000)},
		{"endless 1xx", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 50000)},
		{"endless trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", 100000)},
	} {
		answer := []byte(c.answer)
		tr := newTransport(t, &Config{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return &script{in: bytes.NewReader(answer), step: 4096}, nil
		}})
		r := envelope("http://sentry.invalid")
		const sends = 20
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range sends {
			_, _ = tr.Send(t.Context(), r)
			tr.CloseIdle()
		}
		runtime.ReadMemStats(&after)
		if per := (after.TotalAlloc - before.TotalAlloc) / sends; per > 128<<10 {
			t.Errorf("%s: a Send allocated %d KiB, want 128 at most", c.name, per>>10)
		}
	}
}
