package nethttp

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/krunk-go/krunk/internal/post"
	"github.com/krunk-go/krunk/internal/trust"
)

// link is one trust with the client that works under it. SetTrust replaces the whole link, so no connection outlives
// the trust that let it in.
type link struct {
	trust  *trust.Checked
	tls    func() *tls.Config     // made once, at the first connection
	client atomic.Pointer[client] // nil until the first Send
}

// newLink checks tr.
func newLink(tr Trust) (*link, error) {
	checked, err := trust.Trust(tr).Check()
	if err != nil {
		return nil, fmt.Errorf("nethttp: %w", err)
	}
	l := &link{trust: checked}
	l.tls = sync.OnceValue(l.trust.TLS)
	return l, nil
}

// permits refuses a URL that would go around the pins.
func (l *link) permits(u *url.URL) error {
	if l.trust.Pinned() && u.Scheme != "https" {
		return fmt.Errorf("nethttp: POST %s: Trust.Pins are set and the URL has no TLS: write https://, or remove the pins", post.Place(u))
	}
	return nil
}

// acquire returns a client that is busy for the caller, a new one if there is none or the last one was retired.
func (l *link) acquire(t *Transport) *client {
	for {
		c := l.client.Load()
		if c != nil && c.acquire() {
			return c
		}
		l.client.CompareAndSwap(c, t.newClient(l)) // one that another Send stored will do
	}
}

// retire gives the client up.
func (l *link) retire() {
	if c := l.client.Load(); c != nil {
		c.retire()
	}
}
