package nethttp

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/krunk-go/krunk/internal/post"
	"github.com/krunk-go/krunk/transport"
)

// template is a request without context and body. Its URL and header map are immutable after it is made, because
// net/http may read them after a Send that was cut short has returned.
type template struct {
	key templateKey
	req *http.Request // nil: unused
}

// templateKey is a transport.Request without its body.
type templateKey struct{ url, auth, userAgent, contentType, contentEncoding string }

// template returns the template for r, one of the last two or a new one. Its header values are r's own strings.
func (t *Transport) template(r *transport.Request) (template, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := templateKey{r.URL, r.Auth, r.UserAgent, r.ContentType, r.ContentEncoding}
	for i := range t.templates {
		if tpl := t.templates[i]; tpl.req != nil && tpl.key == key {
			return tpl, nil
		}
	}
	u, err := post.ParseURL(r.URL)
	if err != nil {
		return template{}, fmt.Errorf("nethttp: %w", err)
	}
	tpl := &t.templates[t.oldest]
	t.oldest = (t.oldest + 1) % len(t.templates)
	*tpl = template{key: key, req: &http.Request{
		Method: http.MethodPost, URL: u, Header: header(r), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}}
	return *tpl, nil
}

// header returns the headers of r; net/http adds Host and Content-Length.
func header(r *transport.Request) http.Header {
	h := http.Header{"User-Agent": {r.UserAgent}} // an empty one keeps net/http from sending its own
	for _, f := range [...]struct{ name, value string }{
		{"Content-Type", r.ContentType},
		{"Content-Encoding", r.ContentEncoding},
		{"X-Sentry-Auth", r.Auth},
	} {
		if f.value != "" {
			h[f.name] = []string{f.value}
		}
	}
	return h
}

// attach gives req the lent body. GetBody lets net/http repeat a request of which the server has seen nothing, because
// it closed the kept connection at the same moment.
func (t *Transport) attach(req *http.Request, l *loan) *http.Request {
	if len(l.buf) == 0 {
		return req // sent with Content-Length: 0
	}
	req.ContentLength = int64(len(l.buf))
	req.GetBody = func() (io.ReadCloser, error) { return l.open(), nil }
	if t.proxy != nil {
		// Behind a proxy TLS lies above join. A copy of a type that net/http knows to be in memory goes out with the header.
		whole := bytes.Clone(l.buf)
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(whole)), nil }
	}
	req.Body, _ = req.GetBody() // has no error
	return req
}
