package httpsource

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// maxRedirects is how many redirects are followed.
const maxRedirects = 5

// client is what Options.Client is by default: nothing from the environment, and what the game sends along stays with the host
// it was meant for.
func client(o *Options) *http.Client {
	header := o.Header
	return &http.Client{
		Transport: &http.Transport{
			Proxy: o.Proxy, ForceAttemptHTTP2: true, MaxIdleConns: 1, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			first := via[0].URL
			if len(via) > maxRedirects {
				return errors.New("sampling/httpsource: more than 5 redirects; give New the last address")
			}
			if via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https" {
				return fmt.Errorf("sampling/httpsource: redirect from https to %s://%s is not followed; serve the policy over https", r.URL.Scheme, r.URL.Host)
			}
			if r.URL.Host != first.Host {
				for k := range header {
					r.Header.Del(k) // New has spelt them so
				}
				r.Header.Del("Referer") // the address may hold a token
			}
			return nil
		},
	}
}
