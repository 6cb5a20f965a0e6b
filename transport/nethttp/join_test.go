package nethttp

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// tally counts the writes of the connections that its dial makes.
type tally struct{ writes atomic.Int32 }

func (n *tally) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	return tallied{c, n}, err
}

type tallied struct {
	net.Conn
	of *tally
}

func (c tallied) Write(p []byte) (int, error) {
	c.of.writes.Add(1)
	return c.Conn.Write(p)
}

// TestOneWrite: an envelope is one write on an HTTP/1.1 connection, header and body, over TLS one for each 16 KiB, which is the
// longest record there is. What is sent before the first envelope (handshake, CONNECT) is not counted.
func TestOneWrite(t *testing.T) {
	ca := newAuthority(t, "ca")
	var got atomic.Pointer[[]byte]
	keep := func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got.Store(&b)
		ok(w, r)
	}
	plain := serve(t, nil, keep)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(keep))
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{*ca.issue(t)}}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	forward := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { keep(w, r) }))
	t.Cleanup(forward.Close)
	connect, _ := proxy(t, secure.Listener.Addr().String())

	bodies := []struct {
		name string
		body []byte
		tls  int32 // records of header and body
	}{
		{"small", []byte("{}\n"), 1},
		{"event", bytes.Repeat([]byte("x"), 6000), 1},
		{"like the end of a header", []byte("POST /\r\n\r\n"), 1},
		{"batch", bytes.Repeat([]byte("y"), 60<<10), 4},
		{"none", nil, 1},
		{"none and small", []byte("{}"), 1},
	}
	for _, tt := range []struct {
		name, base, proxy string
	}{
		{"http", plain.URL, ""},
		{"https", secure.URL, ""},
		{"http by a proxy", "http://sentry.invalid", forward.URL},
		{"https by a proxy", "https://sentry.invalid", connect.URL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var n tally
			tr := newTransport(t, &Config{Proxy: tt.proxy, DialContext: n.dial, Trust: Trust{PEM: ca.pem, Only: true}})
			mustSend(t, tr, tt.base)
			for _, b := range bodies {
				want := int32(1)
				if strings.HasPrefix(tt.base, "https:") {
					want = b.tls
				}
				tries(t, func() string { // a new connection has writes of its own
					before := n.writes.Load()
					r := envelope(tt.base)
					r.Body = b.body
					if a, err := tr.Send(t.Context(), r); err != nil || a.Status != http.StatusOK {
						t.Fatalf("%s: got %+v, %v; want status 200", b.name, a, err)
					}
					if writes := n.writes.Load() - before; writes != want {
						return fmt.Sprintf("%s: got %d writes, want %d", b.name, writes, want)
					}
					return ""
				})
				if !bytes.Equal(*got.Load(), b.body) {
					t.Errorf("%s: %d bytes arrived, want the %d that were sent", b.name, len(*got.Load()), len(b.body))
				}
			}
		})
	}
}

// TestJoinKeepsLittle: a long envelope does not leave its buffer behind.
func TestJoinKeepsLittle(t *testing.T) {
	client, server := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, server) }()
	defer client.Close()
	j := &join{Conn: client}
	for _, size := range []int{100, 1 << 20} {
		if _, err := j.Write([]byte("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if n, err := j.ReadFrom(bytes.NewReader(make([]byte, size))); n != int64(size) || err != nil {
			t.Errorf("got %d, %v; want %d", n, err, size)
		}
		if cap(j.buf) > maxJoin {
			t.Errorf("after a body of %d bytes %d are kept, want at most %d", size, cap(j.buf), maxJoin)
		}
	}
}

// TestHeldHeaderIsNotLost: whatever follows a header that is held goes out behind it, also by Write.
func TestHeldHeaderIsNotLost(t *testing.T) {
	client, server := net.Pipe()
	all := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(server)
		all <- b
	}()
	j := &join{Conn: client}
	const head = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
	for _, s := range []string{"CONNECT h:1 HTTP/1.1\r\n\r\n", head, "body", "\x17\x03\x03", "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", head, "more"} {
		if n, err := j.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatalf("got %d, %v; want %d", n, err, len(s))
		}
	}
	client.Close()
	want := "CONNECT h:1 HTTP/1.1\r\n\r\n" + head + "body\x17\x03\x03POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + head + "more"
	if got := string(<-all); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
