package http1

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/krunk-go/krunk/transport"
)

// parent makes a context.Context of a transport.Context, for the dialer.
type parent struct{ transport.Context }

// Deadline returns none: the end comes through Done.
func (parent) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value returns nil.
func (parent) Value(any) any { return nil }

// dial makes a connection to the server of u.
func (t *Transport) dial(ctx transport.Context, l *link, u *url.URL, until time.Time) (*conn, error) {
	base, ok := ctx.(context.Context)
	if !ok {
		base = parent{ctx}
	}
	base, cancel := context.WithDeadline(base, until)
	defer cancel()
	to := u
	if t.proxy != nil {
		to = t.proxy
	}
	bounded, stop := context.WithTimeout(base, t.cfg.ConnectTimeout)
	defer stop()
	raw, err := t.cfg.DialContext(bounded, "tcp", address(to))
	if err != nil {
		return nil, causeOf(base, err)
	}
	c := &conn{link: l, scheme: u.Scheme, host: u.Host, raw: raw, net: raw}
	if t.proxy != nil {
		if err := c.tunnel(ctx, t.proxy, address(u), until); err != nil {
			c.close()
			return nil, err
		}
	}
	if u.Scheme == "https" {
		if err := c.handshake(base, u.Hostname(), t.cfg.ConnectTimeout); err != nil {
			c.close()
			return nil, causeOf(base, err)
		}
	}
	return c, nil
}

// causeOf returns why ctx ended, if that is the reason for err.
func causeOf(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	return err
}

// address returns host and port of u.
func address(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// handshake puts TLS on the connection.
func (c *conn) handshake(ctx context.Context, name string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cfg := c.link.tls().Clone()
	cfg.ServerName = name
	cfg.DynamicRecordSizingDisabled = true // or an envelope would go out in records of 1.4 KB, a write each
	secure := tls.Client(c.raw, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	c.net = secure
	return nil
}

// tunnel asks a proxy for the way to the server.
func (c *conn) tunnel(ctx transport.Context, proxy *url.URL, to string, until time.Time) error {
	b := append(c.out[:0], "CONNECT "+to+" HTTP/1.1\r\nHost: "+to+"\r\n"...)
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		pair := base64.StdEncoding.EncodeToString([]byte(proxy.User.Username() + ":" + password))
		b = append(b, "Proxy-Authorization: Basic "+pair+"\r\n"...)
	}
	c.out = append(b, "\r\n"...)
	c.watch.start(c.raw, ctx, until)
	defer c.watch.stop()
	if _, err := c.net.Write(c.out); err != nil {
		return fmt.Errorf("proxy %s: %w", proxy.Host, c.watch.cause(err))
	}
	a, err := c.head()
	switch {
	case err != nil:
		return fmt.Errorf("proxy %s: %w", proxy.Host, c.watch.cause(err))
	case a.status == 407:
		return fmt.Errorf("proxy %s: status 407: write user and password into Config.Proxy, as in http://user:password@host:port", proxy.Host)
	case a.status < 200 || a.status > 299:
		return fmt.Errorf("proxy %s: status %d to CONNECT", proxy.Host, a.status)
	case c.have() > 0:
		return fmt.Errorf("proxy %s: %w", proxy.Host, errBefore)
	}
	return nil
}
