package sentrytest

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

func zip(t testing.TB, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, s); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is gzip of more than the 100 MiB that are read: one compressed MiB, again and again.
func bomb(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	ends := [2]int{}
	for i := range ends {
		if _, err := z.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
			t.Fatal(err)
		}
		if err := z.Flush(); err != nil {
			t.Fatal(err)
		}
		ends[i] = b.Len()
	}
	return append(b.Bytes()[:ends[0]:ends[0]], bytes.Repeat(b.Bytes()[ends[0]:ends[1]], 100)...)
}

// newHTTP is a good request over a socket.
func newHTTP(t testing.TB, s *Server, body string) *http.Request {
	t.Helper()
	m := newSend(s, body)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Sentry-Auth", m.Auth)
	r.Header.Set("User-Agent", m.UserAgent)
	r.Header.Set("Content-Type", m.ContentType)
	return r
}

func do(t testing.TB, r *http.Request) (status int, h http.Header, body string) {
	t.Helper()
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, a.Header, string(b)
}

func setBody(r *http.Request, b []byte, encoding string) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
}

func set(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func auth(list string) func(*http.Request) { return set("X-Sentry-Auth", list) }

// page makes a request what a browser sends for a page: a simple one, with its own User-Agent.
func page(query string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del("X-Sentry-Auth")
		r.Header.Set("Origin", "https://game.example")
		r.Header.Set("User-Agent", "Mozilla/5.0")
		r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
		r.URL.RawQuery = query
	}
}

// A browser asks before a request that is not a simple one, and is let in.
func TestPreflight(t *testing.T) {
	s := Start(Options{})
	defer s.Close()
	r := newHTTP(t, s, "")
	r.Method, r.Body, r.ContentLength = http.MethodOptions, nil, 0
	r.Header = http.Header{"Origin": {"https://game.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"content-encoding"}}
	status, h, _ := do(t, r)
	if status != 204 || h.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Content-Encoding") {
		t.Errorf("got %d with %v, want 204 and leave", status, h)
	}
	if s.Requests() != 0 || len(s.Faults()) != 0 {
		t.Errorf("got %d requests and faults %v, want none", s.Requests(), s.Faults())
	}
}

type httpRow struct {
	name   string
	change func(*http.Request)
	where  string
	status int
}

func httpRows(t *testing.T, ev string) []httpRow {
	gz := zip(t, ev)
	var raw, zl bytes.Buffer
	fw, _ := flate.NewWriter(&raw, 6)
	zw := zlib.NewWriter(&zl)
	for _, w := range []io.WriteCloser{fw, zw} {
		_, _ = io.WriteString(w, ev)
		_ = w.Close()
	}
	encoded := func(b []byte, coding string) func(*http.Request) {
		return func(r *http.Request) { setBody(r, b, coding) }
	}
	const a, e = "HTTP X-Sentry-Auth", "HTTP body"
	const good = "sentry_version=7, sentry_client=" + testAgent + ", sentry_key=" + defaultKey
	return []httpRow{
		{"plain", func(*http.Request) {}, "", 200},
		{"gzip", encoded(gz, "gzip"), "", 200},
		{"x-gzip", encoded(gz, "x-gzip"), e, 415},
		{"unknown encoding", encoded([]byte(ev), "foo"), e, 415},
		{"raw deflate", encoded(raw.Bytes(), "deflate"), e, 415},
		{"zlib", encoded(zl.Bytes(), "deflate"), e, 415},
		{"gzip cut short", encoded(gz[:len(gz)-20], "gzip"), e, 400},
		{"gzip without trailer", encoded(gz[:len(gz)-8], "gzip"), e, 400},
		{"gzip of wrong checksum", encoded(append(bytes.Clone(gz[:len(gz)-8]), 1, 2, 3, 4, 5, 6, 7, 8), "gzip"), e, 400},
		{"bytes after gzip", encoded(append(bytes.Clone(gz), 'x'), "gzip"), e, 400},
		{"no gzip at all", encoded([]byte(ev), "gzip"), e, 400},
		{"gzip undeclared", encoded(gz, ""), "header", 400},
		{"bearer beside", set("Authorization", "Bearer x"), "", 200},
		{"basic beside", set("Authorization", "Basic x"), "HTTP", 401},
		{"second sentry", set("Authorization", "Sentry "+good), "HTTP", 401},
		{"auth in query", func(r *http.Request) { r.URL.RawQuery = "sentry_key=" + defaultKey }, "HTTP", 401},
		{"page", page("sentry_version=7&sentry_client=" + testAgent + "&sentry_key=" + defaultKey), "", 200},
		{"page with the wrong key", page("sentry_version=7&sentry_client=" + testAgent + "&sentry_key=x"), "HTTP query", 403},
		{"page with both", func(r *http.Request) {
			page("sentry_key=" + defaultKey)(r)
			r.Header.Set("X-Sentry-Auth", "Sentry "+good)
		}, "HTTP", 401},
		{"page without", page("x=1"), a, 401},
		{"no auth", func(r *http.Request) { r.Header.Del("X-Sentry-Auth") }, a, 401},
		{"two auths", func(r *http.Request) { r.Header.Add("X-Sentry-Auth", "Sentry "+good) }, a, 401},
		{"lower-case sentry", auth("sentry " + good), a, 401},
		{"field twice", auth("Sentry " + good + ", sentry_key=x"), a, 401},
		{"no key", auth("Sentry sentry_version=7, sentry_client=" + testAgent), a, 403},
		{"wrong key", auth("Sentry sentry_version=7, sentry_client=" + testAgent + ", sentry_key=x"), a, 403},
		{"version 8", auth(strings.Replace("Sentry "+good, "=7", "=8", 1)), a, 400},
		{"no client", auth("Sentry sentry_version=7, sentry_key=" + defaultKey), a, 200},
		{"sentry_timestamp", auth("Sentry " + good + ", sentry_timestamp=1"), a, 200},
		{"unknown auth field", auth("Sentry " + good + ", foo=1"), a, 200},
		{"other user agent", set("User-Agent", "krunk.go/0.4.0"), "HTTP User-Agent", 200},
		{"user agent with comment", set("User-Agent", testAgent+" (go1.25; linux)"), "", 200},
		{"client unlike sdk", func(r *http.Request) {
			r.Header.Set("User-Agent", "a/1")
			r.Header.Set("X-Sentry-Auth", strings.Replace("Sentry "+good, testAgent, "a/1", 1))
		}, "header.sdk", 200},
		{"no content type", func(r *http.Request) { r.Header.Del("Content-Type") }, "HTTP Content-Type", 200},
		{"JSON content type", set("Content-Type", "application/json"), "HTTP Content-Type", 200},
		{"chunked", func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(ev))), -1
		}, "HTTP", 200},
		{"no trailing slash", func(r *http.Request) { r.URL.Path = "/api/42/envelope" }, "HTTP", 404},
		{"path prefix", func(r *http.Request) { r.URL.Path = "/tel/api/42/envelope/" }, "HTTP", 404},
		{"other project", func(r *http.Request) { r.URL.Path = "/api/43/envelope/" }, "HTTP", 404},
		{"GET", func(r *http.Request) { r.Method, r.Body, r.ContentLength = "GET", nil, 0 }, "HTTP", 405},
		{"PUT", func(r *http.Request) { r.Method = "PUT" }, "HTTP", 405},
		{"body over 20 MiB", encoded(bytes.Repeat([]byte("x"), sentryrules.MaxWire+1), ""), e, 413},
		{"over 100 MiB inflated", encoded(bomb(t), "gzip"), e, 413},
	}
}

func TestHTTPRows(t *testing.T) {
	s := Start(Options{AnyTime: true})
	defer s.Close()
	ev := eventEnvelope()
	for _, r := range httpRows(t, ev) {
		t.Run(r.name, func(t *testing.T) {
			s.Reset()
			q := newHTTP(t, s, ev)
			r.change(q)
			status, h, _ := do(t, q)
			if status != r.status {
				t.Errorf("got status %d, want %d", status, r.status)
			}
			faults := s.Faults()
			switch {
			case r.where == "" && len(faults) > 0:
				t.Errorf("got %v, want no fault", faults)
			case r.where != "" && (len(faults) == 0 || faults[0].Where != r.where):
				t.Errorf("got %v, want the first at %q", faults, r.where)
			}
			if got, want := len(s.Events()), map[bool]int{true: 1}[status == 200]; got != want {
				t.Errorf("got %d events, want %d", got, want)
			}
			if got := h.Get("X-Sentry-Error"); (got == "") != (status == 200) {
				t.Errorf("got X-Sentry-Error %q with status %d", got, status)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	s := Start(Options{AnyTime: true, RateLimits: "86400:transaction;span:organization"})
	defer s.Close()
	for _, r := range []struct{ name, body, want string }{
		{"event", eventEnvelope(), `{"id":"` + testID + `"}`},
		{"logs", logEnvelope(record()), "{}"},
	} {
		_, h, body := do(t, newHTTP(t, s, r.body))
		if body != r.want {
			t.Errorf("%s: got body %s, want %s", r.name, body, r.want)
		}
		if got := h.Get("X-Sentry-Rate-Limits"); got != "86400:transaction;span:organization" {
			t.Errorf("%s: got rate limits %q", r.name, got)
		}
	}
	s.Verify(t)
}
