package http1

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

const testKey = "0123456789abcdef0123456789abcdef"

func envelope(base string) *transport.Request {
	return &transport.Request{
		URL: base + "/api/42/envelope/", Auth: "Sentry sentry_version=7, sentry_key=" + testKey, UserAgent: "krunk.go/0.3.0",
		ContentType: "application/x-sentry-envelope", Body: []byte("{}\n{\"type\":\"event\"}\n{}\n"),
	}
}

func newTransport(t testing.TB, c *Config) *Transport {
	t.Helper()
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdle)
	return tr
}

// listen serves each connection by f, in a goroutine of its own, and returns the base URL.
func listen(t testing.TB, f func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				f(c)
			})
		}
	})
	return "http://" + l.Addr().String()
}

// request reads a request as net/http does, or ends.
func request(b *bufio.Reader) (*http.Request, error) {
	r, err := http.ReadRequest(b)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, r.Body)
	return r, err
}

// always answers each request with text, on a connection that stays.
func always(text string) func(net.Conn) {
	return func(c net.Conn) {
		b := bufio.NewReader(c)
		for {
			if _, err := request(b); err != nil {
				return
			}
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

func TestRequest(t *testing.T) {
	var got *http.Request
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Add("X-Sentry-Rate-Limits", "60:error:organization")
		w.Header().Add("X-Sentry-Rate-Limits", "10::key")
		w.Header().Set("Retry-After", "60")
		w.Header().Set("Location", "https://elsewhere.example/")
		w.WriteHeader(429)
	}))
	defer s.Close()
	r := envelope(s.URL)
	r.ContentEncoding = "gzip"
	a, err := newTransport(t, nil).Send(t.Context(), r)
	want := transport.Response{Status: 429, RetryAfter: "60", RateLimits: "60:error:organization, 10::key", Location: "https://elsewhere.example/"}
	if err != nil || a != want {
		t.Errorf("got %+v, %v; want %+v", a, err, want)
	}
	if got.Method != "POST" || got.URL.Path != "/api/42/envelope/" || got.Host != strings.TrimPrefix(s.URL, "http://") ||
		got.ContentLength != int64(len(r.Body)) || !bytes.Equal(body, r.Body) {
		t.Errorf("got %+v with body %q", got, body)
	}
	for name, want := range map[string]string{"X-Sentry-Auth": r.Auth, "User-Agent": r.UserAgent, "Content-Type": r.ContentType, "Content-Encoding": "gzip"} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if len(got.Header) != 5 { // and Content-Length
		t.Errorf("got headers %v", got.Header)
	}
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

// Answers of servers, good and hostile. Each is asked twice, so that what is left of the first shows in the second.
func TestAnswers(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name, answer string
		status       int    // 0: an error
		text         string // in the error or the note
		conns        int    // for two Sends
	}{
		{"length", ok, 200, "", 1},
		{"no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", 1},
		{"no body, told", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", 204, "", 1},
		{"chunked and length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", 200, "", 2},
		{"bare line ends", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", 200, "", 1},
		{"no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", 1},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n", 200, "", 1},
		{"100-continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok, 200, "", 1},
		{"close", "HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 2\r\n\r\n{}", 200, "", 2},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "", 2},
		{"two answers", ok + ok, 200, "bytes behind the answer", 2},
		{"long body", "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + long, 200, "", 2},
		{"long chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" + long, 200, "", 2},
		{"huge chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\n", 200, "the size of a chunk is no number", 2},
		{"negative chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 200, "the size of a chunk is no number", 2},
		{"chunk over its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 200, "a chunk is longer than its size", 2},
		{"endless trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", 20000), 200, "longer than 65536", 2},
		{"unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 200, "", 2},
		{"header of 1 MB", "HTTP/1.1 200 OK\r\nX: " + long + "\r\n\r\n", 0, "a line of the answer is longer than 4096", 2},
		{"many headers", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 20000) + "\r\n", 0, "longer than 65536", 2},
		{"endless 1xx", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), 0, "more than 16 interim", 2},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 0, "Content-Length", 2},
		{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", 0, "Content-Length", 2},
		{"huge length", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n{}", 0, "Content-Length", 2},
		{"no name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", 0, "has no name", 2},
		{"another protocol", "220 mail.example ESMTP\r\n", 0, "another protocol", 2},
		{"TLS alert", "\x15\x03\x01\x00\x02\x02\x16\n", 0, "another protocol", 2},
		{"status no number", "HTTP/1.1 2xx OK\r\n\r\n", 0, "no number", 2},
		{"the key in the status", "HTTP/1.1 2" + testKey + "\r\n\r\n", 0, "does not begin with", 2},
		{"the key as a length", "HTTP/1.1 200 OK\r\nContent-Length: " + testKey + "\r\n\r\n", 0, "Content-Length", 2},
		{"the key as a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + testKey + "\r\n", 200, "the size of a chunk", 2},
		{"status below 100", "HTTP/1.1 099 OK\r\n\r\n", 0, "below 100", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var conns atomic.Int32
			answer := always(c.answer)
			base := listen(t, func(n net.Conn) {
				conns.Add(1)
				answer(n)
			})
			tr := newTransport(t, &Config{Timeout: 20 * time.Second})
			for range 2 {
				a, err := tr.Send(t.Context(), envelope(base))
				if a.Status != c.status || (err != nil) != (c.status == 0) {
					t.Fatalf("got %+v, %v; want status %d", a, err, c.status)
				}
				said := a.Note
				if err != nil {
					said = err.Error()
				}
				if !strings.Contains(said, c.text) || c.text == "" && said != "" || strings.Contains(said, testKey) {
					t.Errorf("got %q, want %q in it and no key", said, c.text)
				}
			}
			if n := int(conns.Load()); n != c.conns {
				t.Errorf("got %d connections, want %d", n, c.conns)
			}
		})
	}
}

// A kept connection that the server has closed, at whatever moment, costs no envelope.
func TestKeptConnectionThatIsClosed(t *testing.T) {
	var requests atomic.Int32
	base := listen(t, func(c net.Conn) { // answers one request, reads the next and closes
		b := bufio.NewReader(c)
		if _, err := request(b); err != nil {
			return
		}
		requests.Add(1)
		_, _ = io.WriteString(c, ok)
		_, _ = b.Peek(1)
	})
	tr := newTransport(t, nil)
	for i := range 5 {
		if a, err := tr.Send(t.Context(), envelope(base)); err != nil || a.Status != 200 {
			t.Fatalf("%d: got %+v, %v", i, a, err)
		}
	}
	if n := requests.Load(); n != 5 {
		t.Errorf("got %d requests, want 5", n)
	}
}

// What comes on an idle connection is the answer to no request.
func TestBytesOnAnIdleConnection(t *testing.T) {
	wrote := make(chan bool)
	base := listen(t, func(c net.Conn) {
		b := bufio.NewReader(c)
		if _, err := request(b); err != nil {
			return
		}
		_, _ = io.WriteString(c, ok)
		_, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
		wrote <- true
		_, _ = b.Peek(1)
	})
	tr := newTransport(t, nil)
	for range 3 {
		a, err := tr.Send(t.Context(), envelope(base))
		if err != nil || a.Status != 200 {
			t.Fatalf("got %+v, %v; want 200", a, err)
		}
		<-wrote
	}
}

// An answer that comes before the request was read is the answer, though the write fails.
func TestEarlyAnswer(t *testing.T) {
	base := listen(t, func(c net.Conn) {
		var b [100]byte
		_, _ = c.Read(b[:])
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	})
	r := envelope(base)
	r.Body = make([]byte, 4<<20)
	if a, err := newTransport(t, nil).Send(t.Context(), r); err != nil || a.Status != 413 {
		t.Errorf("got %+v, %v; want 413", a, err)
	}
}

func TestEnds(t *testing.T) {
	silent := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	ended := make(chan struct{})
	deaf := listen(t, func(c net.Conn) { // never reads, so that a long write waits
		_ = c.(*net.TCPConn).SetReadBuffer(1024)
		var b [1]byte
		_, _ = c.Read(b[:])
		<-ended
	})
	t.Cleanup(func() { close(ended) })
	slow := listen(t, func(c net.Conn) {
		var b [100]byte
		_, _ = c.Read(b[:])
		for {
			if _, err := io.WriteString(c, "H"); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	for _, c := range []struct {
		name, base string
		body       int
	}{{"no answer", silent, 10}, {"a request that is not read", deaf, 64 << 20}, {"one byte after the other", slow, 10}} {
		t.Run(c.name, func(t *testing.T) {
			r := envelope(c.base)
			r.Body = make([]byte, c.body)
			_, err := newTransport(t, &Config{Timeout: 150 * time.Millisecond}).Send(t.Context(), r)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "Config.Timeout") {
				t.Errorf("got %v, want DeadlineExceeded that names Config.Timeout", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(20*time.Millisecond, cancel)
			if _, err := newTransport(t, nil).Send(ctx, r); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want Canceled", err)
			}
		})
	}
}

// The timer that watches a connection is set once for many Sends; each of them ends with its own context all the same.
func TestKeptConnectionIsWatched(t *testing.T) {
	for _, pause := range []time.Duration{0, 2 * watchEvery} { // the timer still runs, or has run out
		answers := 0
		base := listen(t, func(c net.Conn) {
			for r := bufio.NewReader(c); ; answers++ {
				if _, err := request(r); err != nil {
					return
				}
				if answers < 3 {
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				}
			}
		})
		tr, r := newTransport(t, nil), envelope(base)
		for range 3 {
			if _, err := tr.Send(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(pause)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := tr.Send(ctx, r); !errors.Is(err, context.Canceled) {
			t.Errorf("%v after the last answer: got %v, want Canceled", pause, err)
		}
	}
}

// The status is known, so a body that does not come is no reason to send again.
func TestBodyThatDoesNotCome(t *testing.T) {
	base := listen(t, func(c net.Conn) {
		if _, err := request(bufio.NewReader(c)); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
		_, _ = io.Copy(io.Discard, c)
	})
	a, err := newTransport(t, nil).Send(t.Context(), envelope(base))
	if err != nil || a.Status != 200 || !strings.Contains(a.Note, "its body did not") {
		t.Errorf("got %+v, %v; want 200 with a note", a, err)
	}
}

func TestNoServer(t *testing.T) {
	const base = "http://127.0.0.1:1" // a port that was given back may be another's by now
	if _, err := newTransport(t, nil).Send(t.Context(), envelope(base)); err == nil || !strings.HasPrefix(err.Error(), "http1: POST "+base+": ") {
		t.Errorf("got %v, want an error that names the server", err)
	}
}

func TestGoServer(t *testing.T) {
	for _, c := range []struct {
		name    string
		version uint16 // of TLS; 0: none
		alive   bool
		old     bool // the server is asked by HTTP/1.0, and so answers
	}{
		{"plain", 0, true, false}, {"keep-alive off", 0, false, false}, {"HTTP/1.0", 0, false, true},
		{"TLS 1.2", tls.VersionTLS12, true, false}, {"TLS 1.3", tls.VersionTLS13, true, false},
		{"TLS 1.2, keep-alive off", tls.VersionTLS12, false, false}, {"TLS 1.3, keep-alive off", tls.VersionTLS13, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var conns atomic.Int32
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(w, r.Body)
			}))
			s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					conns.Add(1)
				}
			}
			s.Config.SetKeepAlivesEnabled(c.alive || c.old)
			if c.old {
				s.Listener = older{s.Listener}
			}
			cfg := &Config{}
			if c.version == 0 {
				s.Start()
			} else {
				s.TLS = &tls.Config{MinVersion: c.version, MaxVersion: c.version}
				s.StartTLS()
				cfg.Trust = Trust{PEM: certOf(s), Only: true, Pins: []string{Pin(s.Certificate())}}
			}
			defer s.Close()
			tr := newTransport(t, cfg)
			for range 3 {
				if a, err := tr.Send(t.Context(), envelope(s.URL)); err != nil || a.Status != 200 {
					t.Fatalf("got %+v, %v", a, err)
				}
			}
			if n, want := int(conns.Load()), map[bool]int{true: 1, false: 3}[c.alive]; n != want {
				t.Errorf("got %d connections, want %d", n, want)
			}
			tr.CloseIdle()
			if len(tr.idle) != 0 {
				t.Errorf("%d connections are kept after CloseIdle", len(tr.idle))
			}
		})
	}
}

// older makes HTTP/1.0 of the requests that its connections read.
type older struct{ net.Listener }

func (l older) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return olderConn{c}, err
}

type olderConn struct{ net.Conn }

func (c olderConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if i := bytes.Index(b[:n], []byte(" HTTP/1.1\r\n")); i >= 0 {
		b[i+len(" HTTP/1.")] = '0'
	}
	return n, err
}

func certOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func TestTrust(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are refused
	s.StartTLS()
	defer s.Close()
	tr := newTransport(t, nil)
	if _, err := tr.Send(t.Context(), envelope(s.URL)); err == nil || !strings.Contains(err.Error(), "Config.Trust.PEM") {
		t.Errorf("got %v, want an error that says where the root goes", err)
	}
	good := Trust{PEM: certOf(s)}
	if err := tr.SetTrust(good); err != nil {
		t.Fatal(err)
	}
	if a, err := tr.Send(t.Context(), envelope(s.URL)); err != nil || a.Status != 200 {
		t.Errorf("after SetTrust: got %+v, %v", a, err)
	}
	good.Pins = []string{base64.StdEncoding.EncodeToString(make([]byte, 32))}
	if err := tr.SetTrust(good); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Send(t.Context(), envelope(s.URL)); err == nil || !strings.Contains(err.Error(), "Trust.Pins") {
		t.Errorf("wrong pin: got %v", err)
	}
	if _, err := tr.Send(t.Context(), envelope("http://127.0.0.1:1")); err == nil || !strings.Contains(err.Error(), "write https://") {
		t.Errorf("pins and no TLS: got %v", err)
	}
	if err := tr.SetTrust(Trust{Only: true}); err == nil || !strings.HasPrefix(err.Error(), "http1: Trust.Only") {
		t.Errorf("got %v", err)
	}
}

// TestProxy: CONNECT, with user and password, which no error shows.
func TestProxy(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	var target, auth atomic.Pointer[string]
	proxy := listen(t, func(c net.Conn) {
		b := bufio.NewReader(c)
		r, err := http.ReadRequest(b)
		if err != nil {
			return
		}
		a := r.Header.Get("Proxy-Authorization")
		target.Store(&r.Host)
		auth.Store(&a)
		if a == "" {
			_, _ = io.WriteString(c, "HTTP/1.1 407 Who Are You\r\nContent-Length: 0\r\n\r\n")
			return
		}
		to, err := net.Dial("tcp", r.Host)
		if err != nil {
			return
		}
		defer to.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 200 Go On\r\n\r\n")
		go io.Copy(to, b)
		_, _ = io.Copy(c, to)
	})
	with := strings.Replace(proxy, "://", "://anna:s3cr3t-w0rd@", 1)
	tr := newTransport(t, &Config{Proxy: with})
	if a, err := tr.Send(t.Context(), envelope(s.URL)); err != nil || a.Status != 200 {
		t.Fatalf("got %+v, %v", a, err)
	}
	if want := strings.TrimPrefix(s.URL, "http://"); *target.Load() != want {
		t.Errorf("got CONNECT %s, want %s", *target.Load(), want)
	}
	if want := "Basic " + base64.StdEncoding.EncodeToString([]byte("anna:s3cr3t-w0rd")); *auth.Load() != want {
		t.Errorf("got %q, want %q", *auth.Load(), want)
	}
	if _, err := newTransport(t, &Config{Proxy: proxy}).Send(t.Context(), envelope(s.URL)); err == nil || !strings.Contains(err.Error(), "user and password into Config.Proxy") {
		t.Errorf("got %v, want a hint", err)
	}
	bad := strings.Replace(listen(t, always("HTTP/1.1 403 s3cr3t-w0rd\r\n\r\n")), "://", "://anna:s3cr3t-w0rd@", 1)
	if _, err := newTransport(t, &Config{Proxy: bad}).Send(t.Context(), envelope(s.URL)); err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "403") {
		t.Errorf("got %v, want status 403 and no password", err)
	}
}

func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"Timeout", Config{Timeout: -1}, "Config.Timeout is -1ns: write a positive duration"},
		{"scheme of the proxy", Config{Proxy: "socks5://h:1"}, `Config.Proxy has the scheme "socks5"`},
		{"proxy without host", Config{Proxy: "http://"}, "names no host"},
		{"proxy no URL", Config{Proxy: "http://a b:s3cr3t@h"}, "is not a URL"},
		{"pin", Config{Trust: Trust{Pins: []string{"x"}}}, "Trust.Pins[0]"},
	} {
		if _, err := New(&c.cfg); err == nil || !strings.HasPrefix(err.Error(), "http1: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
	tr := newTransport(t, nil)
	for _, c := range []struct {
		name   string
		change func(*transport.Request)
		want   string
	}{
		{"line break in the key", func(r *transport.Request) { r.Auth += "\r\nX: y" }, "X-Sentry-Auth has a control character"},
		{"line break in the agent", func(r *transport.Request) { r.UserAgent = "a\nb" }, "User-Agent has a control character at byte 1"},
		{"line break in the URL", func(r *transport.Request) { r.URL += "\r\nX: y" }, "malformed"},
		{"no host", func(r *transport.Request) { r.URL = "https:///x" }, "malformed"},
	} {
		r := envelope("http://127.0.0.1:1")
		c.change(r)
		if _, err := tr.Send(t.Context(), r); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), testKey) {
			t.Errorf("%s: got %v, want %q in it and no key", c.name, err, c.want)
		}
	}
}

// A server that echoes the request does not bring the key into an error.
func TestKeyIsNotInErrors(t *testing.T) {
	base := listen(t, func(c net.Conn) {
		b := make([]byte, 4096)
		n, _ := c.Read(b)
		_, _ = c.Write(append(b[:n], '\n'))
	})
	if _, err := newTransport(t, nil).Send(t.Context(), envelope(base)); err == nil || strings.Contains(err.Error(), testKey) {
		t.Errorf("got %v, want an error without the key", err)
	}
}

// Four Sends at once, each over a connection of its own, and no more are kept.
func TestParallel(t *testing.T) {
	s := sentrytest.Start(sentrytest.Options{})
	defer s.Close()
	tr := newTransport(t, nil)
	var all sync.WaitGroup
	for g := range transport.Parallel(tr) {
		all.Go(func() {
			key, _, _ := strings.Cut(strings.TrimPrefix(s.DSN(), "http://"), "@")
			project := s.DSN()[strings.LastIndexByte(s.DSN(), '/'):]
			for i := range 25 {
				id := fmt.Sprintf("%016x%016x", g+1, i+1)
				r := envelope("")
				r.URL, r.Auth = s.URL()+"/api"+project+"/envelope/", "Sentry sentry_version=7, sentry_client=t/1, sentry_key="+key
				r.Body = []byte(`{"event_id":"` + id + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"event_id":"` + id + `","timestamp":1790000000,"platform":"go","message":"x"}` + "\n")
				if a, err := tr.Send(t.Context(), r); err != nil || a.Status != 200 {
					t.Errorf("got %+v, %v", a, err)
					return
				}
			}
		})
	}
	all.Wait()
	if n := len(s.Events()); n != 100 {
		t.Errorf("got %d events, want 100", n)
	}
	if n := len(tr.idle); n > parallel {
		t.Errorf("%d connections are kept, want %d at most", n, parallel)
	}
}

// An idle connection is closed after IdleTimeout, and then no timer is left.
func TestIdle(t *testing.T) {
	closed := make(chan bool)
	base := listen(t, func(c net.Conn) {
		always(ok)(c)
		closed <- true
	})
	tr := newTransport(t, &Config{IdleTimeout: 20 * time.Millisecond})
	if _, err := tr.Send(t.Context(), envelope(base)); err != nil {
		t.Fatal(err)
	}
	<-closed
}

// One write carries an envelope, head and body; over TLS one for each 16 KiB, the longest record there is.
func TestOneWrite(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer secure.Close()
	for _, c := range []struct {
		name, base string
		body       int
		writes     int32
	}{
		{"plain", listen(t, always(ok)), 100, 1}, {"plain, long", listen(t, always(ok)), 40 << 10, 1},
		{"TLS", secure.URL, 100, 1}, {"TLS, event", secure.URL, 12 << 10, 1}, {"TLS, long", secure.URL, 40 << 10, 3},
	} {
		var writes atomic.Int32
		tr := newTransport(t, &Config{Trust: Trust{PEM: certOf(secure)}, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			return &counting{c, &writes}, err
		}})
		r := envelope(c.base)
		r.Body = make([]byte, c.body)
		for i := range 4 {
			if a, err := tr.Send(t.Context(), r); err != nil || a.Status != 200 {
				t.Fatalf("%s: got %+v, %v", c.name, a, err)
			}
			if n := writes.Swap(0); n != c.writes && i > 0 { // the first has the handshake
				t.Errorf("%s: got %d writes, want %d", c.name, n, c.writes)
			}
		}
	}
}

type counting struct {
	net.Conn
	writes *atomic.Int32
}

func (c *counting) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// A Send on a kept connection does not allocate.
func TestAllocations(t *testing.T) {
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}")
	base := listen(t, func(c net.Conn) { // allocates nothing itself
		b := make([]byte, 64<<10)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			if bytes.HasSuffix(b[:n], []byte("\n")) {
				_, _ = c.Write(answer)
			}
		}
	})
	tr, r := newTransport(t, nil), envelope(base)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if n := testing.AllocsPerRun(200, func() {
		if _, err := tr.Send(ctx, r); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("got %v allocations a Send, want none", n)
	}
}
