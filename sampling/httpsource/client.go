package httpsource

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"time"
)

// maxRedirects is how many redirects are followed.
const maxRedirects = 5

// client returns Options.Client, or one that takes nothing from the environment. What the game sends along stays with the host it was
// meant for, whosever client it is: net/http takes off no more than Authorization and cookies.
func client(o *Options) *http.Client {
	var c http.Client
	if o.Client != nil {
		c = *o.Client
	} else {
		c.Transport = &http.Transport{
			Proxy: o.Proxy, ForceAttemptHTTP2: true, MaxIdleConns: 1, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		}
	}
	header, theirs := o.Header, c.CheckRedirect
	c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		err := follow(r, via, header)
		if err == nil && theirs != nil {
			err = theirs(r, via)
		}
		return err
	}
	return &c
}

// follow says whether a redirect is followed, and takes the game's headers off one to another host.
func follow(r *http.Request, via []*http.Request, header http.Header) error {
	switch {
	case len(via) > maxRedirects:
		return errors.New("sampling/httpsource: more than 5 redirects; give New the last address")
	case via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https":
		return fmt.Errorf("sampling/httpsource: redirect from https to %s://%s is not followed; serve the policy over https", r.URL.Scheme, r.URL.Host)
	case r.URL.Host != via[0].URL.Host:
		for k := range header {
			r.Header.Del(k) // New has spelt them so
		}
		r.Header.Del("Referer") // the address may hold a token
	}
	return nil
}

// stay keeps a browser, which follows redirects by itself and takes the headers along, from following any.
func stay(h http.Header, own http.Header, system string) {
	if system == "js" && len(own) > 0 {
		h.Set("js.fetch:redirect", "error")
	}
}

// system is what this program runs on.
const system = runtime.GOOS
