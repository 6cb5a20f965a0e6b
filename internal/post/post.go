// Package post has what the HTTP transports share about a request: its URL, and errors that name the server and never the key.
package post

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/krunk-go/krunk/transport"
)

// ParseURL does not show s in its errors: it may hold the key.
func ParseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, fmt.Errorf("the URL (%d bytes) is malformed: write https://host/api/<project>/envelope/", len(s))
	}
	return u, nil
}

// Place returns the part of u that is no secret.
func Place(u *url.URL) string { return u.Scheme + "://" + u.Host }

// Hidden replaces the key in an error.
const Hidden = "[key]"

// minSecret is the length below which a secret is not looked for: it would blank out innocent words. Keys have 32.
const minSecret = 8

// Hide replaces the secrets of r in text: the header, the key within it, and what the URL's query and user part hold.
func Hide(text string, r *transport.Request, u *url.URL) string {
	for _, s := range secrets(r, u) {
		if len(s) >= minSecret {
			text = strings.ReplaceAll(text, s, Hidden)
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
	for field := range strings.SplitSeq(u.RawQuery, "&") {
		if name, value, _ := strings.Cut(field, "="); name == "sentry_key" || name == "sentry_secret" {
			plain, _ := url.QueryUnescape(value)
			all = append(all, value, plain)
		}
	}
	if u.User != nil {
		all = append(all, u.User.String(), u.User.Username())
	}
	return all
}

// HideUser replaces the password of a proxy's URL in text, in plain and as it is sent.
func HideUser(text string, u *url.URL) string {
	if password, ok := u.User.Password(); ok && password != "" {
		text = strings.ReplaceAll(text, u.User.String(), Hidden)
		if len(password) >= minSecret {
			text = strings.ReplaceAll(text, password, Hidden)
		}
	}
	return text
}
