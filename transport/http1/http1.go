// Package http1 carries envelopes over HTTP/1.1 with net and crypto/tls alone: one write an envelope, answers read into fixed
// memory, connections that are kept. It costs half the processor time of package nethttp for an envelope and a tenth of its
// allocations, and about 1.1 MiB less on linux/arm; it has no HTTP/2, no SOCKS and takes nothing from the environment. Take
// nethttp where a program links net/http anyway or a proxy of another kind stands in the way, and this one everywhere else.
//
// An idle Transport costs nothing: no ticker, no keep-alive probes, no goroutine, one timer that closes the connections.
package http1

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/post"
	"github.com/krunk-go/krunk/internal/trust"
	"github.com/krunk-go/krunk/transport"
)

// parallel is how many Sends may be under way at once, and how many connections are kept.
const parallel = 4

// Transport implements [transport.Transport]. All methods may be called by any goroutine, up to four Sends at once.
type Transport struct {
	cfg   Config // with defaults filled in; immutable after New
	proxy *url.URL
	link  atomic.Pointer[link]   // never nil
	url   atomic.Pointer[target] // of the latest Send

	mu    sync.Mutex
	idle  []*conn     // guarded by mu; the one used last is at the end
	timer *time.Timer // guarded by mu; closes what has been idle for too long, nil before the first
}

// target is a URL that was read. It is immutable after its making.
type target struct {
	text string
	url  *url.URL
}

// parse reads the URL of a request; a game has one.
func (t *Transport) parse(text string) (*url.URL, error) {
	if last := t.url.Load(); last != nil && last.text == text {
		return last.url, nil
	}
	u, err := post.ParseURL(text)
	if err == nil {
		t.url.Store(&target{text, u})
	}
	return u, err
}

// link is one trust. A connection belongs to the link it was made under and does not outlive it.
type link struct {
	trust *trust.Checked
	tls   func() *tls.Config // made once, at the first connection
}

// Default returns a Transport with the zero Config, the only one that cannot be wrong.
func Default() *Transport {
	t, err := New(nil)
	if err != nil {
		panic(err) // unreachable: the zero Config is valid
	}
	return t
}

// New returns a Transport; a nil c means the zero Config. It opens no connection and does not read the certificates of the
// system: the first Send over TLS does. The error says which field is wrong and what to write instead. c and what it points to
// are not retained.
func New(c *Config) (*Transport, error) {
	if c == nil {
		c = &Config{}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	proxy, err := parseProxy(c.Proxy)
	if err != nil {
		return nil, err
	}
	l, err := newLink(c.Trust)
	if err != nil {
		return nil, err
	}
	t := &Transport{cfg: c.withDefaults(), proxy: proxy}
	t.link.Store(l)
	return t, nil
}

func newLink(tr Trust) (*link, error) {
	checked, err := trust.Trust(tr).Check()
	if err != nil {
		return nil, fmt.Errorf("http1: %w", err)
	}
	return &link{trust: checked, tls: sync.OnceValue(checked.TLS)}, nil
}

// SetTrust replaces the roots and pins given to New. Kept connections are closed and the next Send makes one under the new
// trust; a Send in flight ends under the old one, and its connection is closed after it. On an error, which says what of tr is
// malformed and what to write instead, nothing has changed. tr is not retained.
func (t *Transport) SetTrust(tr Trust) error {
	l, err := newLink(tr)
	if err != nil {
		return err
	}
	t.link.Store(l)
	t.CloseIdle()
	return nil
}

// Parallel returns 4: so many Sends may be under way at once, over a connection each.
func (t *Transport) Parallel() int { return parallel }

// CloseIdle closes the connections that are kept for the next Send. A game calls it when the device resumes from suspension:
// the server has long forgotten them.
func (t *Transport) CloseIdle() { t.closeIdle(0) }

// closeIdle closes what has been idle for d or longer.
func (t *Transport) closeIdle(d time.Duration) {
	t.mu.Lock()
	now, n := time.Now(), 0
	var gone [parallel]*conn
	kept := t.idle[:0]
	for _, c := range t.idle {
		if now.Sub(c.since) >= d {
			gone[n] = c
			n++
			continue
		}
		kept = append(kept, c)
	}
	clear(t.idle[len(kept):])
	t.idle = kept
	if len(kept) > 0 && t.timer != nil {
		t.timer.Reset(t.cfg.IdleTimeout)
	}
	t.mu.Unlock()
	for _, c := range gone[:n] {
		c.close()
	}
}

// take returns a kept connection for that server, or nil.
func (t *Transport) take(l *link, to *url.URL) *conn {
	for {
		t.mu.Lock()
		n := len(t.idle) - 1
		if n < 0 {
			t.mu.Unlock()
			return nil
		}
		c := t.idle[n]
		t.idle[n] = nil
		t.idle = t.idle[:n]
		t.mu.Unlock()
		if c.link == l && c.scheme == to.Scheme && c.host == to.Host && c.look() == nil {
			return c
		}
		c.close()
	}
}

// keep takes a connection back.
func (t *Transport) keep(c *conn) {
	c.since = time.Now()
	t.mu.Lock()
	if c.link != t.link.Load() || len(t.idle) == parallel {
		t.mu.Unlock()
		c.close()
		return
	}
	t.idle = append(t.idle, c)
	switch {
	case len(t.idle) > 1: // the timer is under way
	case t.timer == nil:
		t.timer = time.AfterFunc(t.cfg.IdleTimeout, func() { t.closeIdle(t.cfg.IdleTimeout) })
	default:
		t.timer.Reset(t.cfg.IdleTimeout)
	}
	t.mu.Unlock()
}

// Send posts r and returns the status of the answer and the headers that Krunk obeys. It follows no redirect: a 3xx is an
// answer like any other. The answer's body is thrown away, up to 16 KiB and for at most a second, as its status is known. When
// Send returns, by whatever way, nothing reads r.Body any more.
//
// If a kept connection turns out to be closed before a byte of an answer came, r is sent once more, on a new one. As the server
// may have read r before it closed, r can arrive twice, as it can when the caller sends again after an error.
//
// Errors start with "http1: ", wrap the cause, and name the server but neither its path, the key nor a proxy's password. After an
// error no connection is reused.
func (t *Transport) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	u, err := t.parse(r.URL)
	if err == nil {
		err = checkFields(r)
	}
	if err != nil {
		return transport.Response{}, fmt.Errorf("http1: %w", err)
	}
	l := t.link.Load()
	if l.trust.Pinned() && u.Scheme != "https" {
		return transport.Response{}, fmt.Errorf("http1: POST %s: Trust.Pins are set and the URL has no TLS: write https://, or remove the pins", post.Place(u))
	}
	until := time.Now().Add(t.cfg.Timeout)
	a, err := t.post(ctx, l, u, r, until)
	if err != nil {
		err = t.explain(ctx, l, r, u, err, until)
	}
	return a, err
}

// post makes an attempt on a kept connection, if there is one, and one on a new connection where that was closed.
func (t *Transport) post(ctx transport.Context, l *link, u *url.URL, r *transport.Request, until time.Time) (a transport.Response, err error) {
	if c := t.take(l, u); c != nil {
		var reusable, again bool
		if a, reusable, again, err = c.exchange(ctx, u, r, until); reusable {
			t.keep(c)
		} else {
			c.close()
		}
		if !again {
			return a, err
		}
	}
	if err := ended(ctx, until); err != nil {
		return a, err
	}
	c, err := t.dial(ctx, l, u, until)
	if err != nil {
		return a, err
	}
	a, reusable, _, err := c.exchange(ctx, u, r, until)
	if reusable {
		t.keep(c)
	} else {
		c.close()
	}
	return a, err
}

// ended returns why a Send has to end.
func ended(ctx transport.Context, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !time.Now().Before(until) {
		return context.DeadlineExceeded
	}
	return nil
}

// explain wraps err with the server's name and, where one is known, with the option that mends it. It returns an error without
// the key: a server that echoes the request brings it into err's text.
func (t *Transport) explain(ctx transport.Context, l *link, r *transport.Request, u *url.URL, err error, until time.Time) error {
	hint := l.trust.Hint(err)
	switch {
	case !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil:
	case time.Now().Before(until):
		hint = fmt.Sprintf(" (no connection within Config.ConnectTimeout, %v)", t.cfg.ConnectTimeout)
	default:
		hint = fmt.Sprintf(" (no answer within Config.Timeout, %v)", t.cfg.Timeout)
	}
	wrapped := fmt.Errorf("http1: POST %s: %w%s", post.Place(u), err, hint)
	text := wrapped.Error()
	clean := post.Hide(text, r, u)
	if t.proxy != nil {
		clean = post.HideUser(clean, t.proxy)
	}
	if clean != text {
		return errors.New(clean) // without the chain, whose texts hold the key
	}
	return wrapped
}

// Pin returns the pin of a certificate: the base64 SHA-256 of its SubjectPublicKeyInfo. It stays the same when the
// certificate is renewed with the same key.
func Pin(c *x509.Certificate) string { return trust.Pin(c) }
