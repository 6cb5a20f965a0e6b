package nethttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/krunk-go/krunk/transport"
)

const (
	testKey  = "0123456789abcdef0123456789abcdef"
	testAuth = "Sentry sentry_version=7, sentry_client=krunk.go/0.3.0, sentry_key=" + testKey
)

// envelope returns a request to the server at base.
func envelope(base string) *transport.Request {
	return &transport.Request{
		URL: base + "/api/42/envelope/", Auth: testAuth, UserAgent: "krunk.go/0.3.0",
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

func mustSend(t testing.TB, tr *Transport, base string) {
	t.Helper()
	if got, err := tr.Send(t.Context(), envelope(base)); err != nil || got.Status != http.StatusOK {
		t.Fatalf("got %+v, %v; want status 200", got, err)
	}
}

// tries repeats what counts connections until it has nothing to say, five times at most: net/http gives up a connection whose answer
// came 50 ms before the end of its own write, which happens where a busy machine takes the processor away in between.
func tries(t *testing.T, f func() (said string)) {
	t.Helper()
	said := ""
	for range 5 {
		if said = f(); said == "" {
			return
		}
	}
	t.Error(said)
}

func TestSendRequest(t *testing.T) {
	ca := newAuthority(t, "ca")
	var got *http.Request
	var body string
	handler := func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got, body = r, string(b)
	}
	plain, secure := serve(t, nil, handler), serve(t, ca.issue(t), handler)
	tr := newTransport(t, &Config{Trust: Trust{PEM: ca.pem}})

	gzipped := func(r *transport.Request) { r.ContentEncoding, r.Body = "gzip", []byte("\x1f\x8b…") }
	bare := func(r *transport.Request) {
		*r = transport.Request{URL: strings.Replace(r.URL, "://", "://someone:word@", 1)}
	}
	tests := []struct {
		name   string
		change func(*transport.Request)
		base   string
		proto  string
	}{
		{"plain", func(*transport.Request) {}, plain.URL, "HTTP/1.1"},
		{"gzip", gzipped, plain.URL, "HTTP/1.1"},
		{"empty fields are not sent", bare, plain.URL, "HTTP/1.1"},
		{"http/2", func(*transport.Request) {}, secure.URL, "HTTP/2.0"},
		{"http/2 gzip", gzipped, secure.URL, "HTTP/2.0"},
		{"http/2 empty fields", bare, secure.URL, "HTTP/2.0"},
		{"first again", func(*transport.Request) {}, plain.URL, "HTTP/1.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := envelope(tt.base)
			tt.change(r)
			if _, err := tr.Send(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			want := http.Header{}
			for name, v := range map[string]string{
				"Content-Type": r.ContentType, "Content-Encoding": r.ContentEncoding,
				"X-Sentry-Auth": r.Auth, "User-Agent": r.UserAgent, "Content-Length": fmt.Sprint(len(r.Body)),
			} {
				if v != "" {
					want.Set(name, v)
				}
			}
			if fmt.Sprint(got.Header) != fmt.Sprint(want) {
				t.Errorf("headers:\n got %v\nwant %v", got.Header, want)
			}
			if got.Proto != tt.proto || got.Method != "POST" || got.RequestURI != "/api/42/envelope/" {
				t.Errorf("got %s %s %s, want %s POST /api/42/envelope/", got.Proto, got.Method, got.RequestURI, tt.proto)
			}
			if got.ContentLength != int64(len(r.Body)) || len(got.TransferEncoding) != 0 || body != string(r.Body) {
				t.Errorf("got length %d, transfer encoding %v, body %q; want %d, none, %q",
					got.ContentLength, got.TransferEncoding, body, len(r.Body), r.Body)
			}
		})
	}
}

func TestSendResponse(t *testing.T) {
	tests := []struct {
		name   string
		status int
		header http.Header
		want   transport.Response
	}{
		{"200", 200, nil, transport.Response{Status: 200}},
		{"429", 429, http.Header{"Retry-After": {"17"}, "X-Sentry-Rate-Limits": {"60:error:key"}},
			transport.Response{Status: 429, RetryAfter: "17", RateLimits: "60:error:key"}},
		{"several limits, other case", 200, http.Header{"x-sentry-rate-limits": {"60:error:key", "2700::organization"}},
			transport.Response{Status: 200, RateLimits: "60:error:key, 2700::organization"}},
		{"date", 503, http.Header{"Retry-After": {"Wed, 21 Oct 2026 07:28:00 GMT"}},
			transport.Response{Status: 503, RetryAfter: "Wed, 21 Oct 2026 07:28:00 GMT"}},
		{"redirect", 307, http.Header{"Location": {"/elsewhere"}}, transport.Response{Status: 307, Location: "/elsewhere"}},
		{"permanent redirect", 301, http.Header{"Location": {"/elsewhere"}}, transport.Response{Status: 301, Location: "/elsewhere"}},
		{"a type of nothing", 200, http.Header{"Content-Type": {"text/html"}}, transport.Response{Status: 200}},
		{"413", 413, nil, transport.Response{Status: 413}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/42/envelope/" {
					t.Errorf("got a request to %s", r.URL.Path)
				}
				for k, v := range tt.header {
					w.Header()[k] = v
				}
				w.WriteHeader(tt.status)
			})
			got, err := newTransport(t, nil).Send(t.Context(), envelope(s.URL))
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

// TestContentType tells a page from an answer without a body, chunked or not.
func TestContentType(t *testing.T) {
	for _, flush := range []bool{false, true} {
		for body, want := range map[string]string{"<html>log in</html>": "text/html; charset=utf-8", "": ""} {
			s := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				if flush {
					w.(http.Flusher).Flush()
				}
				_, _ = io.WriteString(w, body)
			})
			got, err := newTransport(t, nil).Send(t.Context(), envelope(s.URL))
			if err != nil || got.Status != 200 || got.ContentType != want {
				t.Errorf("body %q, chunked %v: got %+v, %v; want the type %q", body, flush, got, err, want)
			}
		}
	}
}

// TestParallel has as many Sends under way at once as Parallel says; each gets its own answer, and the connections are reused.
func TestParallel(t *testing.T) {
	for _, cert := range certs(t) {
		t.Run(cert.name, func(t *testing.T) {
			tries(t, func() string { return testParallel(t, &cert) })
		})
	}
}

func testParallel(t *testing.T, cert *certSetup) string {
	all := make(chan struct{})
	var inside, meets atomic.Int32
	s := serve(t, cert.cert, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if inside.Add(1)%parallel == 0 { // the last of a round lets all go
			meets.Add(1)
			for range parallel - 1 {
				all <- struct{}{}
			}
		} else {
			<-all
		}
		w.Header().Set("Retry-After", string(b))
	})
	tr := newTransport(t, &Config{Trust: cert.trust})
	var wg sync.WaitGroup
	for i := range tr.Parallel() {
		wg.Go(func() {
			for round := range 20 {
				r := envelope(s.URL)
				r.Body = fmt.Appendf(nil, "%d of %d", i, round)
				if a, err := tr.Send(t.Context(), r); err != nil || a.RetryAfter != string(r.Body) {
					t.Errorf("got %+v, %v; want the answer to %s", a, err, r.Body)
				}
			}
		})
	}
	wg.Wait()
	if meets.Load() != 20 || s.conns.Load() > parallel {
		return fmt.Sprintf("%d rounds over %d connections, want 20 over at most %d", meets.Load(), s.conns.Load(), parallel)
	}
	return ""
}

// TestReuse counts connections over several Sends.
func TestReuse(t *testing.T) {
	tests := []struct {
		name  string
		size  int // of the answer
		flush bool
		want  int32 // connections for three Sends
	}{
		{"empty answer", 0, false, 1},
		{"small answer", 40, false, 1},
		{"as large as the cap", 1000, false, 1},
		{"as large as the cap, chunked", 1000, true, 1},
		{"larger than the cap", 1 << 20, false, 3},
		{"larger than the cap, chunked", 1 << 20, true, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tries(t, func() string {
				s := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					if tt.flush {
						w.(http.Flusher).Flush()
					} else {
						w.Header().Set("Content-Length", fmt.Sprint(tt.size))
					}
					_, _ = w.Write(make([]byte, tt.size))
				})
				tr := newTransport(t, &Config{MaxResponse: 1000})
				for range 3 {
					mustSend(t, tr, s.URL)
				}
				if got := s.conns.Load(); got != tt.want {
					return fmt.Sprintf("got %d connections, want %d", got, tt.want)
				}
				return ""
			})
		})
	}
}

func TestCloseIdle(t *testing.T) {
	s := serve(t, nil, ok)
	tr := newTransport(t, nil)
	tr.CloseIdle() // before the first Send
	mustSend(t, tr, s.URL)
	tr.CloseIdle()
	mustSend(t, tr, s.URL)
	if got := s.conns.Load(); got != 2 {
		t.Errorf("got %d connections, want 2", got)
	}
}

// TestServerClosedIdle checks that a kept connection which the server has closed costs no envelope.
func TestServerClosedIdle(t *testing.T) {
	s := serve(t, nil, ok)
	tr := newTransport(t, nil)
	for range 20 {
		mustSend(t, tr, s.URL)
		s.CloseClientConnections()
	}
	if got := s.conns.Load(); got != 20 {
		t.Errorf("got %d connections, want 20", got)
	}
}

func TestCanceled(t *testing.T) {
	for _, cert := range certs(t) {
		t.Run(cert.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			release := make(chan struct{})
			defer close(release)
			s := serve(t, cert.cert, func(w http.ResponseWriter, r *http.Request) {
				cancel()
				<-release
			})
			tr := newTransport(t, &Config{Trust: cert.trust})
			if _, err := tr.Send(ctx, envelope(s.URL)); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
			if _, err := tr.Send(ctx, envelope(s.URL)); !errors.Is(err, context.Canceled) {
				t.Errorf("with an ended context: got %v, want context.Canceled", err)
			}
		})
	}
}

// TestFreshAfterError checks that a Send after one that got no answer makes a connection of its own; HTTP/2 would go on
// with the dead one.
func TestFreshAfterError(t *testing.T) {
	for _, cert := range certs(t) {
		t.Run(cert.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var hang atomic.Bool
			hang.Store(true)
			s := serve(t, cert.cert, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if hang.Load() {
					cancel()
					<-r.Context().Done() // the connection is gone
				}
			})
			tr := newTransport(t, &Config{Trust: cert.trust})
			if _, err := tr.Send(ctx, envelope(s.URL)); err == nil {
				t.Fatal("got an answer")
			}
			s.open.wait() // the server sees that the dead connection was closed
			hang.Store(false)
			mustSend(t, tr, s.URL)
			if got := s.conns.Load(); got != 2 {
				t.Errorf("got %d connections, want 2", got)
			}
		})
	}
}
