package http1

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"
)

// Config configures a Transport. The zero value of each field is its default. Nothing is read from the environment.
type Config struct {
	// Timeout ends a Send, from the search for the server's address to the last byte of its answer, with an error that
	// wraps context.DeadlineExceeded. 0: 15 s. The context of Send may end it earlier.
	Timeout time.Duration

	// ConnectTimeout bounds the connection to the server or proxy, and after that the TLS handshake. 0: 5 s each.
	ConnectTimeout time.Duration

	// IdleTimeout closes a connection that has not been used for so long. 0: 90 s.
	IdleTimeout time.Duration

	// Proxy is a proxy that takes CONNECT, as http://user:password@host:port; "" uses none.
	Proxy string

	// Trust says whose certificates are accepted. Zero: the system's. SetTrust replaces it later.
	Trust Trust

	// DialContext makes the connections, below TLS. nil: net.Dialer without keep-alive probes, which would wake a
	// handheld's radio. It has to obey its context, which ends after ConnectTimeout.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Trust says which servers are talked to over TLS. The zero value trusts the certificates of the system.
type Trust struct {
	// PEM holds root certificates, one CERTIFICATE block each, with any text between them. They are added to the
	// system's. A server's self-signed certificate will do.
	PEM []byte

	// Only trusts the roots in PEM and none of the system's.
	Only bool

	// Pins are base64 SHA-256 hashes of public keys, as Pin returns them; a "sha256/" in front is allowed. A connection is
	// refused unless a certificate of its verified chain has one of these keys, and so is a URL without TLS. Give two at
	// least, the second for the key that comes next. Empty: no pinning.
	Pins []string
}

// The defaults of Config.
const (
	defaultTimeout        = 15 * time.Second
	defaultConnectTimeout = 5 * time.Second
	defaultIdleTimeout    = 90 * time.Second
)

// check returns an error for the first field with a value that has no meaning.
func (c *Config) check() error {
	for _, d := range [...]struct {
		name       string
		value, def time.Duration
	}{
		{"Timeout", c.Timeout, defaultTimeout},
		{"ConnectTimeout", c.ConnectTimeout, defaultConnectTimeout},
		{"IdleTimeout", c.IdleTimeout, defaultIdleTimeout},
	} {
		if d.value < 0 {
			return fmt.Errorf("http1: Config.%s is %v: write a positive duration, or 0 for %v", d.name, d.value, d.def)
		}
	}
	return nil
}

// withDefaults returns a copy in which no field that has a default is zero.
func (c *Config) withDefaults() Config {
	d := *c
	d.Trust = Trust{} // lives in the link, where SetTrust replaces it
	for _, f := range [...]struct {
		value *time.Duration
		def   time.Duration
	}{{&d.Timeout, defaultTimeout}, {&d.ConnectTimeout, defaultConnectTimeout}, {&d.IdleTimeout, defaultIdleTimeout}} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if d.DialContext == nil {
		d.DialContext = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	return d
}

// parseProxy reads Config.Proxy. Its errors do not show the value, which may hold a password.
func parseProxy(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("http1: Config.Proxy is not a URL (%d bytes): write http://host:port, or nothing for no proxy", len(s))
	case u.Scheme != "http":
		return nil, fmt.Errorf("http1: Config.Proxy has the scheme %q: write http, as in http://host:port, or take package nethttp for others", u.Scheme)
	case u.Hostname() == "":
		return nil, fmt.Errorf("http1: Config.Proxy names no host: write http://host:port")
	}
	return u, nil
}
