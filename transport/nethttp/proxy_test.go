package nethttp

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// asked collects what a proxy is asked for.
type asked struct {
	mu  sync.Mutex
	all []string
}

func (a *asked) add(s string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, s)
}

// take returns what came since the last take.
func (a *asked) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.all
	a.all = nil
	return all
}

// proxy is a forward proxy that sends everything to one server, so that names need not exist.
func proxy(t *testing.T, server string) (*server, *asked) { return proxyOver(t, nil, server) }

// proxyOver is proxy, over TLS with HTTP/2 on offer if it has a certificate.
func proxyOver(t *testing.T, cert *tls.Certificate, server string) (*server, *asked) {
	t.Helper()
	seen := new(asked)
	return serve(t, cert, func(w http.ResponseWriter, r *http.Request) {
		seen.add(r.Method + " " + r.RequestURI + " " + r.Header.Get("Proxy-Authorization"))
		if r.Method != http.MethodConnect {
			ok(w, r)
			return
		}
		up, err := net.Dial("tcp", server)
		if err != nil {
			t.Error(err)
			return
		}
		down, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(down, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(up, down); _ = up.Close() }()
		go func() { _, _ = io.Copy(down, up); _ = down.Close() }()
	}), seen
}

func TestProxyURL(t *testing.T) {
	ca := newAuthority(t, "ca")
	secure := serve(t, ca.issue(t), ok)
	plain, seenPlain := proxy(t, secure.Listener.Addr().String())
	hidden, seenHidden := proxyOver(t, ca.issue(t), secure.Listener.Addr().String())
	const post, connect = "POST http://sentry.invalid/api/42/envelope/ Basic dXNlcjpwYXNz", "CONNECT sentry.invalid:443 Basic dXNlcjpwYXNz"
	tests := []struct {
		name string
		base string
		p    *server
		seen *asked
		want string // what the proxy is asked
	}{
		{"http", "http://sentry.invalid", plain, seenPlain, post},
		{"https", "https://sentry.invalid", plain, seenPlain, connect},
		{"http by a proxy over TLS", "http://sentry.invalid", hidden, seenHidden, post},
		{"https by a proxy over TLS", "https://sentry.invalid", hidden, seenHidden, connect},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tries(t, func() string {
				tr := newTransport(t, &Config{
					Proxy: strings.Replace(tt.p.URL, "://", "://user:pass@", 1),
					Trust: Trust{PEM: ca.pem, Only: true, Pins: pinsFor(tt.base, ca)},
				})
				before, through := secure.conns.Load(), int32(strings.Count(tt.base, "https"))
				mustSend(t, tr, tt.base)
				mustSend(t, tr, tt.base)
				if got := tt.seen.take()[0]; got != tt.want {
					t.Errorf("the proxy was asked %q, want %q", got, tt.want)
				}
				if got := secure.conns.Load() - before; got != through {
					return fmt.Sprintf("got %d connections through the proxy, want %d", got, through)
				}
				return ""
			})
		})
	}
}

// pinsFor returns ca's pin for https; http cannot be pinned.
func pinsFor(base string, ca *authority) []string {
	if strings.HasPrefix(base, "https:") {
		return []string{Pin(ca.cert)}
	}
	return nil
}

// TestProxyEnvironment checks that the environment is obeyed if asked for and only then. net/http reads it once per
// process and never for loopback, hence a process for each case and a name that does not exist.
func TestProxyEnvironment(t *testing.T) {
	if mode, ok := os.LookupEnv("NETHTTP_PROXY_MODE"); ok {
		direct := func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == "sentry.invalid:80" {
				addr = os.Getenv("NETHTTP_DIRECT")
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
		tr := newTransport(t, &Config{Proxy: mode, DialContext: direct})
		if _, err := tr.Send(t.Context(), envelope("http://sentry.invalid")); err != nil {
			t.Fatal(err)
		}
		return
	}
	target := serve(t, nil, ok)
	p, seen := proxy(t, "")
	tests := []struct {
		name    string
		mode    string
		noProxy string
		want    int // requests that the proxy sees
	}{
		{"not asked for", "", "", 0},
		{"asked for", "environment", "", 1},
		{"asked for, NO_PROXY", "environment", "sentry.invalid", 0},
		{"URL beats the environment", p.URL, "sentry.invalid", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seen.take()
			before := target.conns.Load()
			t.Setenv("HTTP_PROXY", p.URL)
			t.Setenv("http_proxy", "")
			t.Setenv("NO_PROXY", tt.noProxy)
			t.Setenv("no_proxy", "")
			t.Setenv("NETHTTP_PROXY_MODE", tt.mode)
			t.Setenv("NETHTTP_DIRECT", target.Listener.Addr().String())
			if out, err := exec.Command(os.Args[0], "-test.run=^TestProxyEnvironment$").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := len(seen.take()); got != tt.want {
				t.Errorf("the proxy saw %d requests, want %d", got, tt.want)
			}
			if got := int(target.conns.Load() - before); got != 1-tt.want {
				t.Errorf("the server saw %d connections, want %d", got, 1-tt.want)
			}
		})
	}
}
