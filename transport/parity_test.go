package transport_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/nethttp"
)

// Krunk judges an answer by what a transport says of it, so both HTTP transports have to say the same.
func TestTransportsSayTheSame(t *testing.T) {
	const page = "Content-Type: text/html; charset=utf-8\r\n"
	for _, c := range []struct {
		name, answer string
		want         transport.Response
	}{
		{"JSON", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", transport.Response{Status: 200, ContentType: "application/json"}},
		{"page", "HTTP/1.1 200 OK\r\n" + page + "Content-Length: 3\r\n\r\n<p>", transport.Response{Status: 200, ContentType: "text/html; charset=utf-8"}},
		{"page of nothing", "HTTP/1.1 200 OK\r\n" + page + "Content-Length: 0\r\n\r\n", transport.Response{Status: 200}},
		{"page of no chunks", "HTTP/1.1 200 OK\r\n" + page + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", transport.Response{Status: 200}},
		{"page in chunks", "HTTP/1.1 200 OK\r\n" + page + "Transfer-Encoding: chunked\r\n\r\n3\r\n<p>\r\n0\r\n\r\n", transport.Response{Status: 200, ContentType: "text/html; charset=utf-8"}},
		{"page to the end", "HTTP/1.1 200 OK\r\n" + page + "Connection: close\r\n\r\n<p>", transport.Response{Status: 200, ContentType: "text/html; charset=utf-8"}},
		{"nothing to the end", "HTTP/1.1 200 OK\r\n" + page + "Connection: close\r\n\r\n", transport.Response{Status: 200}},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\n" + page + "\r\n<p>", transport.Response{Status: 200, ContentType: "text/html; charset=utf-8"}},
		{"HTTP/1.0, nothing", "HTTP/1.0 200 OK\r\n" + page + "\r\n", transport.Response{Status: 200}},
		{"204", "HTTP/1.1 204 No Content\r\n" + page + "\r\n", transport.Response{Status: 204}},
		{"304", "HTTP/1.1 304 Not Modified\r\n" + page + "\r\n", transport.Response{Status: 304}},
		{"long page", "HTTP/1.1 200 OK\r\n" + page + "Content-Length: 100000\r\n\r\n" + strings.Repeat("x", 100000), transport.Response{Status: 200, ContentType: "text/html; charset=utf-8"}},
		{"interim", "HTTP/1.1 103 Early Hints\r\nRetry-After: 1\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", transport.Response{Status: 202}},
		{"limits", "HTTP/1.1 429 Too Many Requests\r\nretry-after:  60 \r\nX-SENTRY-RATE-LIMITS: 60:error:organization\r\nX-Sentry-Rate-Limits: 10::key\r\nContent-Length: 0\r\n\r\n",
			transport.Response{Status: 429, RetryAfter: "60", RateLimits: "60:error:organization, 10::key"}},
		{"redirect", "HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example/x\r\nContent-Length: 0\r\n\r\n", transport.Response{Status: 301, Location: "https://elsewhere.example/x"}},
		{"error", "HTTP/1.1 500 Oh\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno", transport.Response{Status: 500, ContentType: "text/plain"}},
	} {
		base := answering(t, c.answer)
		for name, tr := range map[string]transport.Transport{"http1": http1.Default(), "nethttp": nethttp.Default()} {
			a, err := tr.Send(t.Context(), &transport.Request{URL: base + "/api/42/envelope/", Body: []byte("{}\n")})
			if err != nil || a != c.want {
				t.Errorf("%s over %s: got %+v, %v; want %+v", c.name, name, a, err, c.want)
			}
			transport.CloseIdle(tr)
		}
	}
}

// answering is a server that answers the first request on a connection with text and closes it.
func answering(t *testing.T, text string) string {
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
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				_, err = io.Copy(io.Discard, r.Body)
				_, err2 := io.WriteString(c, text)
				if errors.Join(err, err2) == nil {
					_ = c.(*net.TCPConn).CloseWrite()
					_, _ = io.Copy(io.Discard, c)
				}
			})
		}
	})
	return "http://" + l.Addr().String()
}
