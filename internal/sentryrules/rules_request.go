package sentryrules

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// request judges all but the body.
func (c *check) request(q *Request) {
	c.path = append(c.path[:0], "HTTP"...)
	want := "/api/" + c.opt.Project + "/envelope/"
	switch {
	case q.Path != want:
		c.refuse(http.StatusNotFound, -1, fmt.Sprintf("path %q", Clip(q.Path)), want+" with its trailing slash")
		return
	case q.Method != http.MethodPost:
		c.refuse(http.StatusMethodNotAllowed, -1, "method "+Clip(q.Method), "POST")
		return
	case q.Broken != nil:
		c.refuse(http.StatusBadRequest, -1, "body ends early: "+q.Broken.Error(), "as many bytes as Content-Length says")
		return
	case q.Length < 0:
		c.at(-1, lossNone, "chunked body", "Content-Length")
	}
	c.credentials(q)
	c.contentType(q)
	if browser(q) {
		return // it writes its own User-Agent
	}
	mark := c.in(" User-Agent")
	if ua := q.Header.Get("User-Agent"); c.client != "" && ua != c.client && !strings.HasPrefix(ua, c.client+" (") {
		c.at(-1, lossNone, fmt.Sprintf("%q is unlike sentry_client %q", Clip(ua), Clip(c.client)), "name/version as in sentry_client")
	}
	c.out(mark)
}

// browser reports whether a page sent the request. Then a simple request in the sense of CORS is right, which needs no question to the
// server before it: who sends stands in the query, and the type is text/plain, as Sentry's own client for browsers has it.
func browser(q *Request) bool { return q.Header.Get("Origin") != "" }

func (c *check) contentType(q *Request) {
	want := "application/x-sentry-envelope"
	defer c.out(c.in(" Content-Type"))
	got := q.Header.Values("Content-Type")
	if browser(q) && len(got) == 1 && strings.HasPrefix(got[0], "text/plain") {
		return
	}
	if len(got) != 1 || got[0] != want {
		c.at(-1, lossNone, fmt.Sprintf("%q: Spotlight throws the envelope away", Clip(strings.Join(got, ", "))), want)
	}
}

// credentials judges what tells who sends; a request has to tell it in one way.
func (c *check) credentials(q *Request) {
	auth := q.Header.Values("X-Sentry-Auth")
	if list := queryAuth(q); list != "" && browser(q) && len(auth) == 0 {
		defer c.out(c.in(" query"))
		c.auth(list)
		return
	}
	for name := range q.Query {
		if strings.HasPrefix(name, "sentry_") {
			c.refuse(http.StatusUnauthorized, -1, "query parameter "+Clip(name), "X-Sentry-Auth alone; in the query only from a page, which has an Origin")
		}
	}
	for _, v := range q.Header.Values("Authorization") {
		scheme, _, _ := strings.Cut(v, " ")
		if strings.EqualFold(scheme, "bearer") {
			c.note(&Node{Off: -1}, "Authorization: Bearer", "no Authorization header")
			continue
		}
		c.refuse(http.StatusUnauthorized, -1, "Authorization of scheme "+Clip(scheme)+" beside X-Sentry-Auth", "X-Sentry-Auth alone")
	}
	defer c.out(c.in(" X-Sentry-Auth"))
	if len(auth) != 1 {
		c.refuse(http.StatusUnauthorized, -1, fmt.Sprintf("%d such headers", len(auth)), "one")
		return
	}
	list, ok := strings.CutPrefix(auth[0], "Sentry ")
	if !ok {
		c.refuse(http.StatusUnauthorized, -1, fmt.Sprintf("%q", Clip(auth[0])), `"Sentry " and the fields`)
		return
	}
	c.auth(list)
}

// queryAuth returns the fields of the query as X-Sentry-Auth would list them.
func queryAuth(q *Request) string {
	var fields []string
	for name, values := range q.Query {
		for _, v := range values {
			if strings.HasPrefix(name, "sentry_") {
				fields = append(fields, name+"="+v)
			}
		}
	}
	slices.Sort(fields)
	return strings.Join(fields, ", ")
}

func (c *check) auth(list string) {
	const want = "sentry_version=7, sentry_client=name/version, sentry_key=key"
	got := map[string]string{}
	for _, field := range strings.Split(list, ",") {
		name, value, _ := strings.Cut(strings.Trim(field, " "), "=")
		switch _, twice := got[name]; {
		case twice:
			c.refuse(http.StatusUnauthorized, -1, "field "+Clip(name)+" twice", want)
		case name == "sentry_timestamp":
			c.at(-1, lossNone, "sentry_timestamp", "sent_at in the envelope's header")
		case name != "sentry_version" && name != "sentry_client" && name != "sentry_key" && name != "sentry_secret":
			c.at(-1, lossNone, fmt.Sprintf("unknown field %q", Clip(name)), want)
		}
		got[name] = value
	}
	switch {
	case got["sentry_version"] != "7":
		c.refuse(http.StatusBadRequest, -1, fmt.Sprintf("sentry_version %q", Clip(got["sentry_version"])), "7")
	case got["sentry_key"] != c.opt.Key:
		c.refuse(http.StatusForbidden, -1, fmt.Sprintf("sentry_key %q", Clip(got["sentry_key"])), "the DSN's key "+c.opt.Key)
	}
	c.client = got["sentry_client"]
	if name, version, ok := strings.Cut(c.client, "/"); !ok || name == "" || version == "" {
		c.at(-1, lossNone, fmt.Sprintf("sentry_client %q", Clip(c.client)), "name/version")
	}
}

// decode is the body without its content encoding.
func (c *check) decode(q *Request) []byte {
	if c.status != 0 {
		return nil
	}
	defer c.out(c.in(" body"))
	if len(q.Body) > MaxWire {
		c.refuse(http.StatusRequestEntityTooLarge, -1, "more than 20 MiB", "less")
		return nil
	}
	codings := q.Header.Values("Content-Encoding")
	switch coding := strings.Join(codings, ", "); coding {
	case "":
		return q.Body
	case "gzip":
		return c.gunzip(q.Body)
	default:
		c.refuse(http.StatusUnsupportedMediaType, -1, fmt.Sprintf("Content-Encoding %q", Clip(coding)), "gzip or none: all servers read these alone")
		return nil
	}
}

func (c *check) gunzip(body []byte) []byte {
	src := bytes.NewReader(body)
	z, err := gzip.NewReader(src)
	if err != nil {
		c.refuse(http.StatusBadRequest, 0, "no gzip: "+err.Error(), "one gzip stream")
		return nil
	}
	z.Multistream(false)
	out, err := io.ReadAll(io.LimitReader(z, maxInflated+1))
	switch {
	case err != nil:
		c.refuse(http.StatusBadRequest, len(body)-src.Len(), "broken gzip: "+err.Error(), "one gzip stream with its trailer")
	case len(out) > maxInflated:
		c.refuse(http.StatusRequestEntityTooLarge, 0, "more than 100 MiB decompressed", "less")
	case src.Len() > 0:
		c.refuse(http.StatusBadRequest, len(body)-src.Len(), fmt.Sprintf("%d bytes after the gzip stream", src.Len()), "one gzip stream")
	}
	return out
}
