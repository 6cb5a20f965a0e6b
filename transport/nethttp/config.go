package nethttp

import (
	"context"
	"fmt"
	"net"
	"time"
)

// dialFunc is the type of Config.DialContext.
type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// Config configures a Transport. The zero value of each field is its default. Environment variables are read only if
// Proxy asks for it.
type Config struct {
	// Timeout ends a Send, from the search for the server's address to the last byte of its answer, with an error that
	// wraps context.DeadlineExceeded. 0: 15 s. The context of Send may end it earlier.
	Timeout time.Duration

	// ConnectTimeout bounds the connection to the server or proxy, and after that the TLS handshake. 0: 5 s each.
	ConnectTimeout time.Duration

	// IdleTimeout closes a connection that has not been used for so long. 0: 90 s.
	IdleTimeout time.Duration

	// MaxResponse is the number of bytes of an answer's body that are read, and thrown away, to keep the connection
	// reusable. 0: 16 KiB; Sentry's answers have less than 1 KiB. The headers of an answer may have 64 KiB.
	MaxResponse int

	// Proxy is the proxy: "" uses none, "environment" obeys HTTP_PROXY, HTTPS_PROXY and NO_PROXY as net/http does, and
	// anything else is a URL with the scheme http, https, socks5 or socks5h, with user and password where needed.
	Proxy string

	// Trust says whose certificates are accepted. Zero: the system's. SetTrust replaces it later.
	Trust Trust

	// DialContext makes the connections, below TLS. nil: net.Dialer without keep-alive probes, which would wake a
	// handheld's radio. It has to obey its context, which ends after ConnectTimeout.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
}

// check returns an error for the first field with a value that has no meaning.
func (c *Config) check() error {
	durations := []struct {
		name       string
		value, def time.Duration
	}{
		{"Timeout", c.Timeout, defaultTimeout},
		{"ConnectTimeout", c.ConnectTimeout, defaultConnectTimeout},
		{"IdleTimeout", c.IdleTimeout, defaultIdleTimeout},
	}
	for _, d := range durations {
		if d.value < 0 {
			return fmt.Errorf("nethttp: Config.%s is %v: write a positive duration, or 0 for %v", d.name, d.value, d.def)
		}
	}
	if c.MaxResponse < 0 {
		return fmt.Errorf("nethttp: Config.MaxResponse is %d: write a number of bytes, or 0 for %d",
			c.MaxResponse, defaultMaxResponse)
	}
	return nil
}

// withDefaults returns a copy in which no field that has a default is zero.
func (c *Config) withDefaults() Config {
	d := *c
	if d.Timeout == 0 {
		d.Timeout = defaultTimeout
	}
	if d.ConnectTimeout == 0 {
		d.ConnectTimeout = defaultConnectTimeout
	}
	if d.IdleTimeout == 0 {
		d.IdleTimeout = defaultIdleTimeout
	}
	if d.MaxResponse == 0 {
		d.MaxResponse = defaultMaxResponse
	}
	if d.DialContext == nil {
		d.DialContext = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	return d
}

// The defaults of Config.
const (
	defaultTimeout        = 15 * time.Second
	defaultConnectTimeout = 5 * time.Second
	defaultIdleTimeout    = 90 * time.Second
	defaultMaxResponse    = 16 << 10
)
