package nethttp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"testing"
)

// large is more than the socket buffers of both sides hold, so that net/http is still writing when Send returns.
const large = 24 << 20

// certSetup is plain HTTP or TLS with HTTP/2.
type certSetup struct {
	name  string
	cert  *tls.Certificate
	trust Trust
}

func certs(t *testing.T) []certSetup {
	ca := newAuthority(t, "ca")
	return []certSetup{{name: "http/1.1"}, {"http/2", ca.issue(t), Trust{PEM: ca.pem, Only: true}}}
}

// TestBodyNotRetained lets the server answer early, or the context end, while the body is being written; then the
// buffer gets other bytes, none of which may reach the server. Run with -race it also finds a read of the buffer.
func TestBodyNotRetained(t *testing.T) {
	for _, c := range certs(t) {
		for _, end := range []string{"early answer", "cancel"} {
			t.Run(c.name+" "+end, func(t *testing.T) { testBodyNotRetained(t, c, end == "cancel") })
		}
	}
}

func testBodyNotRetained(t *testing.T, c certSetup, canceled bool) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mangled, rest := make(chan struct{}), make(chan []byte, 1)
	s := serve(t, c.cert, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		if canceled {
			cancel()
		} else {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			_, _ = w.Write(make([]byte, 200)) // over the cap: Send does not wait for the end
			_ = http.NewResponseController(w).Flush()
		}
		<-mangled
		b, _ := io.ReadAll(r.Body) // ends with an error: the client has given up
		rest <- b
	})
	tr := newTransport(t, &Config{Trust: c.trust, MaxResponse: 100})
	r := envelope(s.URL)
	r.Body = bytes.Repeat([]byte{'a'}, large)
	got, err := tr.Send(ctx, r)
	for i := range r.Body {
		r.Body[i] = 'b'
	}
	close(mangled)
	read := <-rest

	if canceled && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if !canceled && (err != nil || got.Status != http.StatusRequestEntityTooLarge) {
		t.Errorf("got %+v, %v; want status 413", got, err)
	}
	if len(read) == large {
		t.Fatal("the server got the whole body: this test tests nothing")
	}
	if i := bytes.IndexByte(read, 'b'); i >= 0 {
		t.Errorf("got a changed byte at %d of %d, want none", i, len(read))
	}
}

// TestLoan checks what the test above cannot force: a read that comes after the end.
func TestLoan(t *testing.T) {
	buf := []byte("abcdef")
	l := lend(buf)
	first, second := l.open(), l.open()
	p := make([]byte, 4)
	if n, err := first.Read(p); n != 4 || err != nil || string(p) != "abcd" {
		t.Errorf("got %q, %v; want abcd", p[:n], err)
	}
	if b, err := io.ReadAll(second); string(b) != "abcdef" || err != nil {
		t.Errorf("a second pass: got %q, %v; want all", b, err)
	}
	if _, isWriterTo := first.(io.WriterTo); isWriterTo {
		t.Error("the reader hands out its buffer by WriteTo")
	}
	l.revoke()
	for name, r := range map[string]io.Reader{"half read": first, "read": second, "opened late": l.open()} {
		if n, err := r.Read(p); n != 0 || !errors.Is(err, errRevoked) {
			t.Errorf("%s: got %d, %v; want 0, %v", name, n, err, errRevoked)
		}
	}
}
