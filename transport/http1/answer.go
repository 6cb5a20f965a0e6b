package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/transport"
)

// What an answer may take. A line that is longer than the buffer is no line of a server for envelopes.
const (
	maxHead     = 64 << 10 // of status lines and headers together, also of 1xx answers and trailers
	maxInterims = 16       // 1xx answers in front of the real one
	maxLimits   = 1 << 10  // of rate limits, where another header of them is not looked at any more
	maxBody     = 16 << 10 // that is read and thrown away to keep the connection; Sentry's answers have less than 1 KiB
)

// jsonType is the Content-Type of most answers, which need not be copied.
const jsonType = "application/json"

var errBefore = errors.New("the server sent bytes before it had a request")

// header is what was read of an answer's head.
type header struct {
	status      int
	length      int64 // -1: not told
	chunked     bool
	close       bool // the connection cannot be used again
	retryAfter  string
	rateLimits  string
	location    string
	contentType string
}

func (h *header) response() transport.Response {
	return transport.Response{
		Status: h.status, RetryAfter: h.retryAfter, RateLimits: h.rateLimits, Location: h.location, ContentType: h.contentType,
	}
}

// head reads the head of the answer, and those of 1xx answers before it.
func (c *conn) head() (header, error) {
	budget := maxHead
	for range maxInterims {
		h, err := c.oneHead(&budget)
		if err != nil || h.status == 101 || h.status >= 200 {
			return h, err
		}
	}
	return header{}, fmt.Errorf("the answer begins with more than %d interim ones (status 1xx)", maxInterims)
}

func (c *conn) oneHead(budget *int) (header, error) {
	h := header{length: -1}
	l, err := c.line(budget)
	if err != nil {
		return h, err
	}
	if err := h.statusLine(l); err != nil {
		return h, err
	}
	for {
		if l, err = c.line(budget); err != nil {
			return h, err
		}
		if len(l) == 0 {
			return h, nil
		}
		if err := h.field(l); err != nil {
			return h, err
		}
	}
}

// statusLine reads "HTTP/1.1 200 OK".
func (h *header) statusLine(l []byte) error {
	const form = "HTTP/1.x 200"
	if len(l) < len(form) || string(l[:7]) != "HTTP/1." || l[8] != ' ' || len(l) > len(form) && l[len(form)] != ' ' {
		return errors.New("the answer does not begin with HTTP/1.x and a status: the port is another protocol's, or the scheme is wrong")
	}
	for _, d := range l[9:12] {
		if d < '0' || d > '9' {
			return errors.New("the status of the answer is no number")
		}
		h.status = h.status*10 + int(d-'0')
	}
	if h.status < 100 {
		return errors.New("the status of the answer is below 100")
	}
	h.close = l[7] == '0'
	return nil
}

// field reads one header line.
func (h *header) field(l []byte) error {
	if l[0] == ' ' || l[0] == '\t' { // goes on with the line before, which none that is looked at needs
		return nil
	}
	name, v, ok := bytes.Cut(l, []byte(":"))
	if !ok || len(name) == 0 {
		return errors.New("a header of the answer has no name")
	}
	is := func(s string) bool { return len(name) == len(s) && ascii.EqualFold(string(name), s) }
	v = trimmed(v)
	switch {
	case is("Content-Length"):
		n, err := strconv.ParseInt(string(v), 10, 63)
		if err != nil || n < 0 || h.length >= 0 && n != h.length {
			return errors.New("the answer's Content-Length is no length, or there are two")
		}
		h.length = n
	case is("Transfer-Encoding"):
		if h.chunked = ascii.EqualFold(string(v), "chunked"); !h.chunked {
			h.close = true // its end cannot be known
		}
	case is("Connection"):
		for token := range bytes.SplitSeq(v, []byte(",")) {
			h.close = h.close || ascii.EqualFold(string(trimmed(token)), "close")
		}
	case is("Retry-After"):
		h.retryAfter = string(v)
	case is("X-Sentry-Rate-Limits"):
		if h.rateLimits == "" {
			h.rateLimits = string(v)
		} else if len(h.rateLimits) < maxLimits {
			h.rateLimits += ", " + string(v)
		}
	case is("Location"):
		h.location = string(v)
	case is("Content-Type"):
		if h.contentType = jsonType; string(v) != jsonType {
			h.contentType = string(v)
		}
	}
	return nil
}

// trimmed returns b without spaces and tabs at its ends.
func trimmed(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for n := len(b) - 1; n >= 0 && (b[n] == ' ' || b[n] == '\t'); n-- {
		b = b[:n]
	}
	return b
}

// body reads the answer's body and throws it away, for at most d, and reports whether the connection can be used again. The
// status is known, so what is wrong with the body is a note and no error. An answer without a body has no Content-Type, as a
// server may name the type of nothing.
func (c *conn) body(h *header, d time.Duration) (reusable bool, note string) {
	if h.status == 204 || h.status == 304 || h.length == 0 && !h.chunked { // whatever their header says
		h.contentType = ""
		return c.rest(h)
	}
	if !h.chunked && h.length > 0 && h.length <= int64(c.have()) { // it came with the head, as most do
		c.at += int(h.length)
		return c.rest(h)
	}
	_ = c.raw.SetReadDeadline(time.Now().Add(max(d, 0)))
	var err error
	some := true
	switch {
	case h.chunked:
		some, err = c.chunks()
	case h.length > maxBody:
		return false, ""
	case h.length > 0:
		err = c.skip(h.length)
	default: // it ends with the connection
		if c.have() == 0 {
			some = c.read() == nil
		}
		err = errTooLong
	}
	if !some {
		h.contentType = ""
	}
	switch {
	case err == errTooLong:
		return false, ""
	case err != nil:
		return false, "the answer came, its body did not: " + err.Error()
	}
	reusable, note = c.rest(h)
	return reusable && c.raw.SetReadDeadline(time.Time{}) == nil, note
}

// rest looks at what stands behind an answer.
func (c *conn) rest(h *header) (reusable bool, note string) {
	switch {
	case c.have() > 0:
		return false, "there are bytes behind the answer; the connection was closed"
	case h.close || h.chunked && h.length >= 0: // where the answer ends is told twice
		return false, ""
	}
	return true, ""
}

var errTooLong = errors.New("the body is longer than what is read of it")

// chunks reads a chunked body and its trailers, and reports whether there is anything in it.
func (c *conn) chunks() (some bool, err error) {
	budget, left := maxHead, int64(maxBody)
	for {
		l, err := c.line(&budget)
		if err != nil {
			return true, err
		}
		size, _, _ := bytes.Cut(l, []byte(";"))
		n, err := strconv.ParseInt(string(trimmed(size)), 16, 63)
		switch {
		case err != nil || n < 0:
			return true, errors.New("the size of a chunk is no number")
		case n == 0:
			return left < maxBody, c.trailers(&budget)
		case n > left:
			return true, errTooLong
		}
		left -= n
		if err := c.skip(n); err != nil {
			return true, err
		}
		if l, err = c.line(&budget); err != nil {
			return true, err
		} else if len(l) > 0 {
			return true, errors.New("a chunk is longer than its size")
		}
	}
}

func (c *conn) trailers(budget *int) error {
	for {
		if l, err := c.line(budget); err != nil || len(l) == 0 {
			return err
		}
	}
}

// line returns the next line without its end. It is a view of the buffer, valid until the next read.
func (c *conn) line(budget *int) ([]byte, error) {
	for from := c.at; ; {
		for i := from; i < c.to; i++ {
			if c.buf[i] != '\n' {
				continue
			}
			l := c.buf[c.at:i]
			if *budget -= len(l) + 1; *budget < 0 {
				return nil, fmt.Errorf("the head of the answer is longer than %d bytes", maxHead)
			}
			c.at = i + 1
			if n := len(l); n > 0 && l[n-1] == '\r' {
				l = l[:n-1]
			}
			return l, nil
		}
		n := c.have()
		if n == len(c.buf) {
			return nil, fmt.Errorf("a line of the answer is longer than %d bytes", len(c.buf))
		}
		if err := c.read(); err != nil {
			return nil, err
		}
		from = c.at + n
	}
}

// skip throws n bytes away.
func (c *conn) skip(n int64) error {
	for {
		k := min(n, int64(c.have()))
		c.at += int(k)
		if n -= k; n == 0 {
			return nil
		}
		if err := c.read(); err != nil {
			return err
		}
	}
}

// read adds what comes to the buffer, which has room.
func (c *conn) read() error {
	copy(c.buf[:], c.buf[c.at:c.to])
	c.at, c.to = 0, c.have()
	n, err := c.net.Read(c.buf[c.to:])
	c.to += n
	switch {
	case n > 0:
		c.any = true
		return nil
	case err == nil:
		return io.ErrNoProgress
	case err == io.EOF && (c.any || c.to > 0):
		return io.ErrUnexpectedEOF
	}
	return err
}
