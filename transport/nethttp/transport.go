// Package nethttp carries envelopes over net/http: HTTP/1.1 and HTTP/2, one to four connections that are reused, certificates
// that can be chosen and replaced while the program runs.
//
// It is the only package of Krunk that links net/http. A program that does not import it, because package http1 does or its
// platform brings an HTTP client of its own, does not pay for it.
//
// On HTTP/1.1 an envelope is one write, header and body together; over TLS one for each 16 KiB, the longest record there is.
//
// In a browser (js) it does not work, since net/http uses fetch only without a dialer: there a transport of your own over fetch
// is needed (transport.Func).
//
// An idle Transport costs nothing: no ticker, no keep-alive probes, one timer a connection that closes it.
package nethttp

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/transport"
)

// Transport implements [transport.Transport] over net/http. All methods may be called by several goroutines at once.
type Transport struct {
	cfg   Config // with defaults filled in; immutable after New
	proxy proxyFunc
	link  atomic.Pointer[link] // never nil

	mu        sync.Mutex  // guards the two below
	templates [2]template // plain and compressed bodies alternate
	oldest    int         // the template that is replaced next
}

var _ transport.Transport = (*Transport)(nil)

// Default returns a Transport with the zero Config, the only one that cannot be wrong.
func Default() *Transport {
	t, err := New(nil)
	if err != nil {
		panic(err) // unreachable: the zero Config is valid
	}
	return t
}

// New returns a Transport; a nil c means the zero Config. It opens no connection and does not read the certificates of
// the system, which on Linux costs 4 MB of garbage: the first Send over TLS does. The error says which field is wrong
// and what to write instead. c and what it points to are not retained.
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
	t.cfg.Trust = Trust{} // lives in link, where SetTrust replaces it
	t.link.Store(l)
	return t, nil
}

// SetTrust replaces the roots and pins given to New. The kept connection is closed and the next Send makes one under the
// new trust; a Send in flight ends under the old one, and its connection is closed after it. On an error, which says what
// of tr is malformed and what to write instead, nothing has changed. tr is not retained.
func (t *Transport) SetTrust(tr Trust) error {
	l, err := newLink(tr)
	if err != nil {
		return err
	}
	t.link.Swap(l).retire()
	return nil
}

// Parallel returns 4: so many Sends may be under way at once, each on a connection of its own where the server has HTTP/1.1.
func (t *Transport) Parallel() int { return parallel }

const parallel = 4

// CloseIdle closes the connections that are kept for the next Send, or those of the Sends in flight when they have ended. A
// game calls it when the device resumes from suspension: the server has long forgotten that connection, and the next Send
// would wait on it until its Timeout. Closing a client calls it too.
func (t *Transport) CloseIdle() { t.link.Load().retire() }

// Send posts r and returns the status and the rate-limit headers of the answer. It follows no redirect: a 3xx is an
// answer like any other. The answer's body is read up to Config.MaxResponse, for a second at most, and thrown away. When Send
// returns, by whatever way, nothing reads r.Body any more.
//
// If the kept connection turns out to be closed, r is sent once more, on a new one. As the server may have read r before
// it closed, r can arrive twice, as it can when the caller sends again after an error.
//
// Errors start with "nethttp: ", wrap the cause, and name the server but neither its path nor the key.
// After an error no connection is reused.
func (t *Transport) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	l := t.link.Load()
	tpl, err := t.template(r)
	if err == nil {
		err = l.permits(tpl.req.URL)
	}
	if err != nil {
		return transport.Response{}, err
	}
	limited, cancel := limit(ctx, t.cfg.Timeout)
	defer cancel()
	lent := lend(r.Body)
	defer lent.revoke()

	a, kept, err := t.try(limited, cancel, l, tpl, lent)
	if err != nil && kept && limited.Err() == nil {
		a, _, err = t.try(limited, cancel, l, tpl, lent)
	}
	if err != nil {
		err = t.explain(ctx, limited, l, r, tpl.req.URL, err)
	}
	return a, err
}

// try makes one attempt. It reports whether that was made on a kept connection.
func (t *Transport) try(ctx context.Context, cancel func(), l *link, tpl template, lent *loan) (a transport.Response, kept bool, err error) {
	c := l.acquire(t)
	defer c.release()
	before := c.dials.Load()
	resp, err := c.RoundTrip(t.attach(tpl.req.WithContext(ctx), lent))
	kept = c.dials.Load() == before
	if err != nil {
		c.retire()
		return a, kept, err
	}
	a = answer(resp)
	if drain(resp.Body, t.cfg.MaxResponse, cancel) == 0 {
		a.ContentType = "" // a server may name the type of nothing
	}
	if t.link.Load() != l {
		c.retire() // SetTrust came before acquire and found no client
	}
	return a, kept, nil
}

// restTime is what the rest of an answer may take whose status is known.
const restTime = time.Second

// drain reads the body to its end, so that the connection can be reused, but no more than limit bytes and for no longer than
// restTime: a longer or slower one costs the connection. An error does not matter, for the status is known. It returns how much
// it read.
func drain(body io.ReadCloser, limit int, cancel func()) int64 {
	defer body.Close()
	defer time.AfterFunc(restTime, cancel).Stop()
	n, _ := io.Copy(io.Discard, io.LimitReader(body, int64(limit)+1)) // + 1 to see the end of a body of exactly limit
	return n
}

// answer picks the parts of resp that Krunk obeys.
func answer(resp *http.Response) transport.Response {
	limits := resp.Header["X-Sentry-Rate-Limits"]
	a := transport.Response{
		Status: resp.StatusCode, RetryAfter: resp.Header.Get("Retry-After"),
		Location: resp.Header.Get("Location"), ContentType: resp.Header.Get("Content-Type"),
	}
	if len(limits) > 0 {
		a.RateLimits = strings.Join(limits, ", ") // does not allocate for one
	}
	return a
}
