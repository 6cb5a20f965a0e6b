// Package deflate wraps a transport with gzip, the one encoding that Sentry, Bugsink and Spotlight all read. An event of
// 16.6 KB shrinks to 1.5 KB in 25 µs.
//
// It uses the stateless compressor of klauspost/compress, which needs no writer of 1 MB and 80 KiB of program. While
// compressing it uses 320 KiB of tables from pools of that package; the garbage collector empties the pools when nothing
// was sent for two of its cycles.
package deflate

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

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

// Transport compresses bodies and hands them to another transport. It does not allocate once its buffers and the compressor's
// pools are warm.
type Transport struct {
	next    transport.Transport
	minSize int
	plain   atomic.Bool // a server refused what was compressed and took the same as it is
	work    sync.Pool   // of *work
}

// work is what a Send that compresses needs; owned by that Send.
type work struct {
	out gzipBuffer        // the compressed body
	req transport.Request // what next gets
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
//
// A server or a proxy that answers a compressed body with 415 or 400 gets it once more as it is. If that helps, nothing is
// compressed any more, and Note of the answer says so.
func (t *Transport) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	if r.ContentEncoding != "" || len(r.Body) < t.minSize || t.plain.Load() {
		return t.next.Send(ctx, r)
	}
	a, err := t.compressed(ctx, r)
	if err != nil || a.Status != 415 && a.Status != 400 {
		return a, err
	}
	refused := a.Status
	if a, err = t.next.Send(ctx, r); err == nil && a.Status != 415 && a.Status != 400 {
		t.plain.Store(true)
		a.Note = "deflate: status " + strconv.Itoa(refused) + " for what is compressed: envelopes are sent plain from now on"
	}
	return a, err
}

// compressed sends r compressed, where that makes it smaller.
func (t *Transport) compressed(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	w, _ := t.work.Get().(*work)
	if w == nil {
		w = new(work)
	}
	defer t.release(w)
	if !w.out.compress(r.Body) {
		return t.next.Send(ctx, r)
	}
	w.req = *r
	w.req.ContentEncoding = "gzip"
	w.req.Body = w.out.b
	return t.next.Send(ctx, &w.req)
}

// release forgets the caller's request, and the buffer if one large envelope made it large.
func (t *Transport) release(w *work) {
	w.req = transport.Request{}
	if cap(w.out.b) > maxKept {
		w.out.b = nil
	}
	t.work.Put(w)
}

// Parallel returns how many Sends the next transport takes at once.
func (t *Transport) Parallel() int { return transport.Parallel(t.next) }

// CloseIdle ends what the next transport keeps.
func (t *Transport) CloseIdle() { transport.CloseIdle(t.next) }
