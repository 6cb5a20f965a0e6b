//go:build unix

package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// What a server says or does before it has a request answers nothing: the request is not written.
func TestBytesBeforeTheRequest(t *testing.T) {
	for _, c := range []struct {
		name, greeting, want string
	}{
		{"an answer", ok, "the server sent bytes before it had a request"},
		{"another protocol", "220 mail.example ESMTP\r\n", "the server sent bytes before it had a request"},
		{"one byte", "H", "the server sent bytes before it had a request"},
		{"the end", "", "the server closed the connection without an answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			greeted, got := make(chan bool), make(chan int64, 1)
			base := listen(t, func(n net.Conn) {
				if _, err := io.WriteString(n, c.greeting); err != nil || c.greeting == "" {
					_ = n.(*net.TCPConn).CloseWrite()
				}
				greeted <- true
				count, _ := io.Copy(io.Discard, n)
				got <- count
			})
			tr := newTransport(t, &Config{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				n, err := new(net.Dialer).DialContext(ctx, network, addr)
				if err == nil {
					<-greeted
				}
				return n, err
			}})
			_, err := tr.Send(t.Context(), envelope(base))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if errors.Is(err, io.ErrUnexpectedEOF) != (c.greeting == "") {
				t.Errorf("got %v; want io.ErrUnexpectedEOF for a connection that was closed, only", err)
			}
			if n := <-got; n != 0 {
				t.Errorf("the server got %d bytes, want none", n)
			}
		})
	}
}
