// Package deflate wraps a transport with gzip, the one encoding that Sentry, Bugsink and Spotlight all read. An event of
// 16.6 KB shrinks to 1.5 KB in 25 µs.
//
// It uses the stateless compressor of klauspost/compress, which needs no writer of 1 MB and 80 KiB of program. While
// compressing it uses 320 KiB of tables from pools of that package; the garbage collector empties the pools when nothing
// was sent for two of its cycles.
package deflate

import (
	"fmt"

	"github.com/krunk-go/krunk/transport"
)

const (
	defaultMinSize = 1 << 10
	maxKept        = 256 << 10 // a larger buffer is not kept for the next envelope
)

// Config configures Wrap. The zero value of each field is its default.
type Config struct {
	// MinSize is the size in bytes from which a body is compressed. 0: 1 KiB, as below that it fits into one packet
	// anyway. Negative ones are refused.
	MinSize int
}

// Transport compresses bodies and hands them to another transport. Like any transport, it is used by one goroutine at a
// time. It does not allocate once its buffer and the compressor's pools are warm.
type Transport struct {
	next    transport.Transport
	minSize int
	out     gzipBuffer        // the compressed body; owned by Send
	req     transport.Request // what next gets; owned by Send
}

var _ transport.Transport = (*Transport)(nil)

// Wrap returns a transport that gzips bodies of 1 KiB and more and sends them with next.
func Wrap(next transport.Transport) *Transport {
	return &Transport{next: next, minSize: defaultMinSize}
}

// Wrap is the function Wrap with a Config.
func (c Config) Wrap(next transport.Transport) (*Transport, error) {
	t := Wrap(next)
	switch {
	case c.MinSize < 0:
		return nil, fmt.Errorf("deflate: Config.MinSize is %d: write a number of bytes, or 0 for %d", c.MinSize, defaultMinSize)
	case c.MinSize > 0:
		t.minSize = c.MinSize
	}
	return t, nil
}

// Send compresses r.Body and sends a copy of r with ContentEncoding "gzip". A body that is below the minimal size, that
// would not get smaller, or that has a ContentEncoding already, goes to the next transport as it is. r is not changed.
func (t *Transport) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	if r.ContentEncoding != "" || len(r.Body) < t.minSize {
		return t.next.Send(ctx, r)
	}
	defer t.release()
	if !t.out.compress(r.Body) {
		return t.next.Send(ctx, r)
	}
	t.req = *r
	t.req.ContentEncoding = "gzip"
	t.req.Body = t.out.b
	return t.next.Send(ctx, &t.req)
}

// release forgets the caller's request, and the buffer if one large envelope made it large.
func (t *Transport) release() {
	t.req = transport.Request{}
	if cap(t.out.b) > maxKept {
		t.out.b = nil
	}
}
