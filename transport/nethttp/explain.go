package nethttp

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/krunk-go/krunk/internal/post"
	"github.com/krunk-go/krunk/transport"
)

// explain wraps err, the reason why no answer came, with the server's name and, where one is known, with the option
// that mends it. It returns an error without the key: a server that echoes the request brings it into err's text.
func (t *Transport) explain(ctx, limited transport.Context, l *link, r *transport.Request, u *url.URL, err error) error {
	hint := l.trust.Hint(err)
	if limited.Err() != nil && ctx.Err() == nil {
		hint = fmt.Sprintf(" (no answer within Config.Timeout, %v)", t.cfg.Timeout)
	}
	wrapped := fmt.Errorf("nethttp: POST %s: %w%s", post.Place(u), err, hint)
	text := wrapped.Error()
	if clean := post.Hide(text, r, u); clean != text {
		return errors.New(clean) // without the chain, whose texts hold the key
	}
	return wrapped
}
