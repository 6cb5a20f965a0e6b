package http1

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
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

var _ io.Reader = (*script)(nil)
