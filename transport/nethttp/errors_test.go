package nethttp

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/krunk-go/krunk/internal/post"
)

func TestReset(t *testing.T) {
	s := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	})
	_, err := newTransport(t, nil).Send(t.Context(), envelope(s.URL))
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset connection", err)
	}
}

// TestLargeHeader checks that a hostile server cannot make the client read its headers for long.
func TestLargeHeader(t *testing.T) {
	s := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", strings.Repeat("9", maxAnswerHeader))
	})
	if got, err := newTransport(t, nil).Send(t.Context(), envelope(s.URL)); err == nil {
		t.Errorf("got %d and %d bytes of Retry-After, want an error", got.Status, len(got.RetryAfter))
	}
}

func TestRefused(t *testing.T) {
	const base = "http://127.0.0.1:1" // a port that was given back may be another's by now
	_, err := newTransport(t, nil).Send(t.Context(), envelope(base))
	if want := "nethttp: POST " + base + ": dial tcp"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q and more", err, want)
	}
}

// TestErrorsHideTheKey sends to servers that echo, and with URLs that cannot be parsed.
func TestErrorsHideTheKey(t *testing.T) {
	tests := []struct {
		name   string
		answer string
		url    string // "" for the server's
	}{
		{"echo of the header", "HTTP/1.1 200 OK\r\n" + testAuth + "\r\n\r\n", ""},
		{"echo of the key", "key=" + testKey + "\r\n\r\n", ""},
		{"echo of the request line", "POST /api/42/envelope/?sentry_key=" + testKey + "&x=1 HTTP/1.1\r\n\r\n", ""},
		{"malformed URL", "", "https://" + testKey + ":x@sentry.example/api/42\x7f/"},
		{"malformed port", "", "https://sentry.example:" + testKey + "/api/42/"},
		{"no scheme", "", testKey + "@sentry.example/api/42/"},
		{"unknown scheme", "", "gopher://" + testKey + "@sentry.example/api/42/"},
		{"no host", "", "https:///" + testKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				c, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(c, tt.answer)
				_ = c.Close()
			})
			r := envelope(s.URL)
			r.URL += "?sentry_key=" + testKey + "&x=1"
			if tt.url != "" {
				r.URL = tt.url
			}
			_, err := newTransport(t, nil).Send(t.Context(), r)
			if err == nil {
				t.Fatal("got no error")
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), testKey) {
					t.Errorf("the key is in %q", e)
				}
			}
			if !strings.HasPrefix(err.Error(), "nethttp: ") {
				t.Errorf("got %q, want the prefix nethttp", err)
			}
			if tt.url == "" && !strings.Contains(err.Error(), post.Hidden) {
				t.Errorf("got %q, want it to contain %s: the server did not echo", err, post.Hidden)
			}
		})
	}
}

func TestConfigErrors(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		want   string
	}{
		{"timeout", Config{Timeout: -1}, "Config.Timeout is -1ns: write a positive duration, or 0 for 15s"},
		{"connect timeout", Config{ConnectTimeout: -1}, "Config.ConnectTimeout"},
		{"idle timeout", Config{IdleTimeout: -1}, "Config.IdleTimeout"},
		{"max response", Config{MaxResponse: -1}, "Config.MaxResponse is -1: write a number of bytes, or 0 for 16384"},
		{"proxy scheme", Config{Proxy: "ftp://127.0.0.1"}, `Config.Proxy has the scheme "ftp"`},
		{"proxy without scheme", Config{Proxy: "proxy.example"}, `Config.Proxy has the scheme ""`},
		{"proxy without host", Config{Proxy: "http://:80"}, "Config.Proxy names no host: write http://host:port"},
		{"proxy malformed", Config{Proxy: "http://user:pass word@\x7f"}, "Config.Proxy is not a URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(&tt.config)
			if err == nil || !strings.HasPrefix(err.Error(), "nethttp: "+tt.want) {
				t.Errorf("got %v, want nethttp: %s", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "pass word") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
	if Default().cfg.Timeout != defaultTimeout {
		t.Error("Default is not New(nil)")
	}
}
