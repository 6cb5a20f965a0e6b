package nethttp

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/krunk-go/krunk/transport"
)

// hidden replaces the key in an error.
const hidden = "[key]"

// explain wraps err, the reason why no answer came, with the server's name and, where one is known, with the option
// that mends it. It returns an error without the key: a server that echoes the request brings it into err's text.
func (t *Transport) explain(ctx, limited transport.Context, l *link, r *transport.Request, u *url.URL, err error) error {
	hint := l.trust.hint(err)
	if limited.Err() != nil && ctx.Err() == nil {
		hint = fmt.Sprintf(" (no answer within Config.Timeout, %v)", t.cfg.Timeout)
	}
	wrapped := fmt.Errorf("nethttp: POST %s: %w%s", place(u), err, hint)
	text := wrapped.Error()
	if clean := hide(text, r, u); clean != text {
		return errors.New(clean) // without the chain, whose texts hold the key
	}
	return wrapped
}

// place returns the part of u that is no secret.
func place(u *url.URL) string { return u.Scheme + "://" + u.Host }

// hint names the option that helps against an unknown certificate, or returns "".
func (t *trust) hint(err error) string {
	var unknown x509.UnknownAuthorityError
	var none x509.SystemRootsError
	switch {
	case !errors.As(err, &unknown) && !errors.As(err, &none):
		return ""
	case !t.only && systemIsEmpty():
		return ": this system has no root certificates (the package ca-certificates is missing): put the server's root into Config.Trust.PEM"
	}
	return ": if the server's authority is a private one, put its root into Config.Trust.PEM"
}

// systemIsEmpty reports whether the system has no roots. On windows, darwin and ios, where the system verifies by
// itself, the pool is never equal to an empty one.
func systemIsEmpty() bool {
	p, err := x509.SystemCertPool()
	return err != nil || p.Equal(x509.NewCertPool())
}

// minSecret is the length below which a secret is not looked for: it would blank out innocent words. Keys have 32.
const minSecret = 8

// hide replaces the secrets of r in text: the header, the key within it, and what the URL's query and user part hold.
func hide(text string, r *transport.Request, u *url.URL) string {
	for _, s := range secrets(r, u) {
		if len(s) >= minSecret {
			text = strings.ReplaceAll(text, s, hidden)
		}
	}
	return text
}

// secrets returns wholes before their parts.
func secrets(r *transport.Request, u *url.URL) []string {
	all := []string{r.Auth, u.RawQuery}
	for field := range strings.FieldsFuncSeq(r.Auth, func(c rune) bool { return c == ',' || c == ' ' }) {
		if name, value, _ := strings.Cut(field, "="); name == "sentry_key" || name == "sentry_secret" {
			all = append(all, value)
		}
	}
	q := u.Query()
	all = append(all, q.Get("sentry_key"), q.Get("sentry_secret"))
	if u.User != nil {
		all = append(all, u.User.String(), u.User.Username())
	}
	return all
}
