package policyserver

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Five hundred callers announce a body that never comes, with and without a right to: all of them are let go, and meanwhile players get
// the policy.
func TestSlowCallers(t *testing.T) {
	s := serving(t, Options{Page: true})
	s.patient = 300 * time.Millisecond
	srv := httptest.NewServer(s)
	defer srv.Close()
	const callers = 500
	held := make([]net.Conn, 0, callers)
	for i := range callers {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		request := [...]string{"PUT /policy?replaces=3.1187", "GET /policy", "POST /policy/draft", "POST /policy/kill", "GET /policy/status", "PUT /", "POST /nowhere", "OPTIONS /policy"}[i%8]
		length := [...]string{"Content-Length: 50000", "Transfer-Encoding: chunked", "Content-Length: 50000\r\nAuthorization: Bearer secret"}[i%3]
		if _, err := fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: game\r\n%s\r\n\r\n", request, length); err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	answer, err := http.Get(srv.URL + "/policy")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(answer.Body); err != nil || len(b) != len(policyDoc(1187, 10)) {
		t.Errorf("a player gets %s, %v", b, err)
	}
	answer.Body.Close()
	for i, c := range held {
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.Copy(io.Discard, c); err != nil && err.(net.Error).Timeout() {
			t.Fatalf("caller %d is held on to", i)
		}
	}
	if _, v := s.Bytes(); v != v3(1187) {
		t.Errorf("serves %v", v)
	}
}
