package sentrytest

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// ServeHTTP takes one request. It reads at most 20 MiB of the body.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.leave()
	if allowOrigin(w, r) {
		return
	}
	q := &sentryrules.Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone(), Length: r.ContentLength}
	q.Body, q.Broken = io.ReadAll(io.LimitReader(r.Body, sentryrules.MaxWire+1))
	a := s.receive(q)
	gone := r.Context().Done()
	switch {
	case a.Hang:
		s.hang(gone)
		panic(http.ErrAbortHandler)
	case !s.pause(gone, a.Delay):
		panic(http.ErrAbortHandler)
	case a.Reply.Reset:
		reset(w)
	default:
		s.write(w, a, gone)
	}
}

// allowOrigin lets pages of any origin in, as Sentry and Bugsink do, and answers the question that a browser asks before a request
// that is not a simple one. It reports whether that was all.
func allowOrigin(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Origin") == "" {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "X-Sentry-Error, X-Sentry-Rate-Limits, Retry-After")
	if r.Method != http.MethodOptions {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "X-Sentry-Auth, Content-Type, Content-Encoding")
	h.Set("Access-Control-Max-Age", "3600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// reset closes the connection, with RST where it can.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func (s *Server) write(w http.ResponseWriter, a answer, gone <-chan struct{}) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	for name, value := range map[string]string{"X-Sentry-Rate-Limits": a.RateLimits, "Retry-After": a.RetryAfter, "X-Sentry-Error": oneLineOf(a.cause)} {
		if value != "" {
			h.Set(name, value)
		}
	}
	w.WriteHeader(a.status)
	s.writeBody(w, a, gone)
}

func oneLineOf(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

// writeBody spreads the body over SlowBody.
func (s *Server) writeBody(w http.ResponseWriter, a answer, gone <-chan struct{}) {
	if a.SlowBody <= 0 {
		_, _ = io.WriteString(w, a.Body) // a client that went away has its reasons
		return
	}
	out := http.NewResponseController(w)
	pieces := max(1, min(8, len(a.Body)))
	for i := range pieces {
		_ = out.Flush()
		if !s.pause(gone, a.SlowBody/time.Duration(pieces)) {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, a.Body[i*len(a.Body)/pieces:(i+1)*len(a.Body)/pieces])
	}
}
