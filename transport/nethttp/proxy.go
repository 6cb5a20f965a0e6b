package nethttp

import (
	"fmt"
	"net/http"
	"net/url"
)

// proxyFunc is the type of http.Transport.Proxy.
type proxyFunc func(*http.Request) (*url.URL, error)

// parseProxy reads Config.Proxy. Its errors do not show the value, which may hold a password.
func parseProxy(s string) (proxyFunc, error) {
	switch s {
	case "":
		return nil, nil
	case "environment":
		return http.ProxyFromEnvironment, nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("nethttp: Config.Proxy is not a URL (%d bytes): write http://host:port, %q, or nothing for no proxy",
			len(s), "environment")
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return nil, fmt.Errorf("nethttp: Config.Proxy has the scheme %q: write http, https, socks5 or socks5h, as in http://host:port",
			u.Scheme)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("nethttp: Config.Proxy names no host: write %s://host:port", u.Scheme)
	}
	return http.ProxyURL(u), nil
}
