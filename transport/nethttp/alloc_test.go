package nethttp

import (
	"bytes"
	"crypto/tls"
	"net"
	"testing"
)

// bodySize is that of a compressed event.
const bodySize = 1500

// whole reports whether b ends a request of the tests.
func whole(b []byte) bool { return bytes.HasSuffix(b, []byte("}\n")) }

// allocFreeServer answers without allocating, so that a test counts the client alone. (Over TLS, crypto/tls allocates on
// the server's side as well.)
func allocFreeServer(t testing.TB, cert *tls.Certificate) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	scheme := "http://"
	if cert != nil {
		scheme, l = "https://", tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*cert}})
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answerAll(c)
		}
	}()
	return scheme + l.Addr().String()
}

// TestSendAllocs holds the promise on the client's side of a Send.
func TestSendAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	const want = 60
	tr := newTransport(t, nil)
	r := envelope(allocFreeServer(t, nil))
	r.Body = append(bytes.Repeat([]byte("x"), bodySize), "}\n"...)
	got := testing.AllocsPerRun(100, func() {
		if a, err := tr.Send(t.Context(), r); err != nil || a.Status != 200 {
			t.Fatalf("got %+v, %v; want status 200", a, err)
		}
	})
	if got > want {
		t.Errorf("got %v allocations per Send, want at most %d", got, want)
	}
}

func BenchmarkSend(b *testing.B) {
	ca := newAuthority(b, "ca")
	for _, bb := range []struct {
		name string
		cert *tls.Certificate
		size int
	}{{"http", nil, bodySize}, {"http/16k", nil, 16 << 10}, {"https", ca.issue(b), bodySize}} {
		b.Run(bb.name, func(b *testing.B) {
			tr := newTransport(b, &Config{Trust: Trust{PEM: ca.pem, Only: true}})
			r := envelope(allocFreeServer(b, bb.cert))
			r.Body = append(bytes.Repeat([]byte("x"), bb.size), "}\n"...)
			b.ReportAllocs()
			for b.Loop() {
				if a, err := tr.Send(b.Context(), r); err != nil || a.Status != 200 {
					b.Fatalf("got %+v, %v; want status 200", a, err)
				}
			}
		})
	}
	b.Run("http/2", func(b *testing.B) { // with the server's allocations
		s := serve(b, ca.issue(b), ok)
		tr := newTransport(b, &Config{Trust: Trust{PEM: ca.pem, Only: true}})
		r := envelope(s.URL)
		r.Body = bytes.Repeat([]byte("x"), bodySize)
		b.ReportAllocs()
		for b.Loop() {
			if a, err := tr.Send(b.Context(), r); err != nil || a.Status != 200 {
				b.Fatalf("got %+v, %v; want status 200", a, err)
			}
		}
	})
}
