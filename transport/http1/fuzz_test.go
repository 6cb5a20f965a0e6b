package http1

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/transport"
)

// script is a connection that answers with bytes, a few at a time.
type script struct {
	net.Conn
	in   *bytes.Reader
	step int
}

func (s *script) Read(b []byte) (int, error)       { return s.in.Read(b[:min(len(b), s.step)]) }
func (s *script) Write(b []byte) (int, error)      { return len(b), nil }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }
func (s *script) Close() error                     { return nil }

// No answer hangs or panics, and what is reused has nothing left over.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		ok, "HTTP/1.1 100 Continue\r\n\r\n" + ok, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n\r\n",
		"HTTP/1.0 429 Slow\r\nRetry-After: 3\r\nX-Sentry-Rate-Limits: 60::key\r\nConnection: close\r\n\r\n", "HTTP/1.1 204\n\n", "",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + strings.Repeat("x", 5000), "HTTP/1.1 301 X\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n",
	} {
		f.Add([]byte(s), uint8(7))
	}
	u, err := url.Parse("http://h.example/api/1/envelope/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer []byte, step uint8) {
		s := &script{in: bytes.NewReader(answer), step: int(step) + 1}
		c := &conn{raw: s, net: s, since: time.Unix(1, 0)}
		a, reusable, again, err := c.exchange(t.Context(), u, envelope("http://h.example"), time.Now().Add(time.Hour))
		switch {
		case err == nil && (a.Status < 100 || a.Status > 999):
			t.Errorf("got status %d", a.Status)
		case err != nil && (reusable || a.Status != 0):
			t.Errorf("got %+v, reusable %v with error %v", a, reusable, err)
		case again && len(answer) > 0:
			t.Errorf("sent again though %d bytes of an answer came", len(answer))
		case reusable && (c.have() > 0 || s.in.Len() > 0 && step > 200 && len(answer) < 200):
			t.Errorf("reusable with %d bytes left", c.have())
		}
	})
}

// Where http1 and net/http both read an answer, they read the same, and where http1 keeps the connection, net/http has read as
// much of it.
func FuzzLikeNetHTTP(f *testing.F) {
	for _, s := range []string{
		ok, "HTTP/1.1 100 Continue\r\n\r\n" + ok, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.0 429 Slow\r\nRetry-After: 3\r\nX-Sentry-Rate-Limits: 60::key\r\nx-sentry-rate-limits:  1::\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 204\n\n", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>", "HTTP/1.1 304 X\r\nLocation: https://x/\r\nContent-Length: 5\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	u, err := url.Parse("http://h.example/api/1/envelope/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		c := &conn{raw: &script{in: bytes.NewReader(answer), step: 4096}}
		c.net = c.raw
		a, reusable, _, err := c.exchange(t.Context(), u, envelope("http://h.example"), time.Now().Add(time.Hour))
		if err != nil || bytes.Contains(answer, []byte("\n ")) || bytes.Contains(answer, []byte("\n\t")) {
			return // http1 may be stricter, and folds no lines
		}
		b := bufio.NewReader(bytes.NewReader(answer))
		for {
			r, err := http.ReadResponse(b, &http.Request{Method: "POST"})
			if err != nil {
				return // net/http may be stricter
			}
			n, err := io.Copy(io.Discard, r.Body)
			if r.StatusCode < 200 && r.StatusCode != 101 {
				continue
			}
			want := transport.Response{
				Status: r.StatusCode, RetryAfter: r.Header.Get("Retry-After"), Location: r.Header.Get("Location"),
				ContentType: r.Header.Get("Content-Type"), RateLimits: strings.Join(r.Header.Values("X-Sentry-Rate-Limits"), ", "), Note: a.Note,
			}
			if n == 0 && err == nil {
				want.ContentType = ""
			}
			if a != want && err == nil {
				t.Errorf("got %+v, net/http has %+v", a, want)
			}
			if rest := b.Buffered(); reusable && err == nil && (rest > 0 || r.Close) {
				t.Errorf("the connection is kept; net/http has %d bytes left, close %v", rest, r.Close)
			}
			return
		}
	})
}
