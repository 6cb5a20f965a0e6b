package nethttp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// maxAnswerHeader bounds the headers of an answer; net/http's own bound is 10 MB.
const maxAnswerHeader = 64 << 10

// client is an http.Transport that can be given up with all its connections. CloseIdleConnections does not do: it
// leaves an HTTP/2 connection alone whose last stream is still being cleaned up, and a dead one would then take every
// later request, up to the time when TCP gives up.
type client struct {
	*http.Transport
	dials atomic.Int32           // attempts to connect
	via   atomic.Pointer[string] // host and port of the proxy over TLS that was asked for last

	mu      sync.Mutex // guards the rest
	conns   map[*conn]struct{}
	busy    int  // Sends that use it
	retired bool // closed as soon as none does
}

// newClient makes a client for one link.
func (t *Transport) newClient(l *link) *client {
	c := &client{conns: make(map[*conn]struct{})}
	c.Transport = &http.Transport{
		TLSClientConfig:        l.tls().Clone(),
		TLSHandshakeTimeout:    t.cfg.ConnectTimeout, // of what goes through a proxy; handshake has it for the rest
		IdleConnTimeout:        t.cfg.IdleTimeout,
		MaxIdleConns:           parallel,
		MaxIdleConnsPerHost:    parallel,
		MaxResponseHeaderBytes: maxAnswerHeader,
		DisableCompression:     true, // the answer is thrown away
		ForceAttemptHTTP2:      true, // net/http gives it up when it sees a TLSClientConfig or DialContext
	}
	dial, limit := t.cfg.DialContext, t.cfg.ConnectTimeout
	c.TLSClientConfig.DynamicRecordSizingDisabled = true // or an envelope would go out in records of 1.4 KB, a write each
	c.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		made, err := c.dial(ctx, dial, limit, network, addr)
		if err != nil {
			return nil, err
		}
		return &join{Conn: made}, nil
	}
	c.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		made, err := c.dial(ctx, dial, limit, network, addr)
		if err != nil {
			return nil, err
		}
		return c.handshake(ctx, made, limit, addr)
	}
	if t.proxy != nil {
		c.Proxy = func(r *http.Request) (*url.URL, error) {
			u, err := t.proxy(r)
			if err == nil && u != nil && u.Scheme == "https" {
				c.via.Store(address(u))
			}
			return u, err
		}
		// A request is in the hand of net/http's own TLS there, and is put together in its buffer.
		c.WriteBufferSize = maxJoin
	}
	return c
}

// handshake puts TLS on a connection to addr. HTTP/2 wants the *tls.Conn itself.
func (c *client) handshake(ctx context.Context, made net.Conn, limit time.Duration, addr string) (net.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cfg := c.TLSClientConfig.Clone() // net/http has put its protocols in
	if cfg.ServerName, _, _ = net.SplitHostPort(addr); cfg.ServerName == "" {
		cfg.ServerName = addr
	}
	if via := c.via.Load(); via != nil && *via == addr {
		cfg.NextProtos = nil // net/http speaks HTTP/1.1 to proxies, also to those that choose another protocol
	}
	secure := tls.Client(made, cfg)
	if err := secure.HandshakeContext(bounded); err != nil {
		_ = made.Close()
		if bounded.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("TLS handshake timeout: %w", err)
		}
		return nil, err
	}
	if secure.ConnectionState().NegotiatedProtocol == "h2" {
		return secure, nil
	}
	return &join{Conn: secure}, nil
}

// address returns host and port of a proxy over TLS, as a dialer gets them.
func address(u *url.URL) *string {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	addr := net.JoinHostPort(u.Hostname(), port)
	return &addr
}

// dial bounds every dialer by limit and keeps account of the connection.
func (c *client) dial(ctx context.Context, dial dialFunc, limit time.Duration, network, addr string) (net.Conn, error) {
	c.dials.Add(1)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	nc, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	made := &conn{Conn: nc, owner: c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.retired && c.busy == 0 { // net/http goes on dialing when the Send has ended
		_ = nc.Close()
		return nil, net.ErrClosed
	}
	c.conns[made] = struct{}{}
	return made, nil
}

// acquire marks c as busy; false when it is retired.
func (c *client) acquire() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.retired {
		c.busy++
	}
	return !c.retired
}

// release ends acquire, and closes the connections if retire came in between.
func (c *client) release() { c.end(func() { c.busy-- }) }

// retire closes the connections, or has release do it. c is not used again.
func (c *client) retire() { c.end(func() { c.retired = true }) }

// end changes a flag under the lock and closes the connections if that was the last one in the way.
func (c *client) end(change func()) {
	c.mu.Lock()
	change()
	var gone map[*conn]struct{}
	if c.retired && c.busy == 0 {
		gone, c.conns = c.conns, nil
	}
	c.mu.Unlock()
	for made := range gone {
		_ = made.Conn.Close()
	}
}

// conn is a connection that its client knows of until it is closed.
type conn struct {
	net.Conn
	owner *client
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.conns, c)
	c.owner.mu.Unlock()
	return c.Conn.Close()
}
