package http1

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/krunk-go/krunk/transport"
)

// conn is one connection. It is owned by the Send that took it, or lies idle.
type conn struct {
	link   *link
	scheme string
	host   string
	raw    net.Conn // below TLS
	net    net.Conn
	since  time.Time // idle since then; guarded by Transport.mu while it lies idle

	out    []byte // request
	buf    [4096]byte
	at, to int  // of buf: what was read and not used
	any    bool // a byte came since the request
	watch  watch
	peek   peek
}

// maxOut is what the buffer of requests may keep.
const maxOut = 64 << 10

func (c *conn) close() {
	c.watch.end()
	_ = c.net.Close()
}

func (c *conn) have() int { return c.to - c.at }

// exchange makes one attempt. It reports whether the connection can be used again, and whether the request may be sent once
// more on another: a kept connection was closed and no byte of an answer came.
func (c *conn) exchange(ctx transport.Context, u *url.URL, r *transport.Request, until time.Time) (a transport.Response, reusable, again bool, err error) {
	kept := !c.since.IsZero()
	c.watch.start(c.raw, ctx, until)
	defer c.watch.stop()
	c.any = false
	if !kept && c.net == c.raw { // a server of TLS may send tickets first
		if err := c.look(); err != nil {
			return a, false, false, unanswered(err)
		}
	}
	c.request(u, r)
	_, written := c.net.Write(c.out)
	if cap(c.out) > maxOut {
		c.out = nil
	}
	// A server may answer before it has read all, and close: its answer is worth more than the error of the write.
	h, err := c.head()
	if err != nil {
		if written != nil {
			err = written
		}
		if !c.any {
			err = unanswered(err)
		}
		return a, false, kept && !c.any && c.watch.cause(nil) == nil, c.watch.cause(err)
	}
	reusable, note := c.body(&h, min(time.Second, time.Until(until)))
	a = h.response()
	if note != "" {
		a.Note = "http1: " + note
	}
	return a, reusable && written == nil && c.watch.cause(nil) == nil, false, nil
}

// unanswered says what io.EOF means where no byte of an answer came.
func unanswered(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the server closed the connection without an answer: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// request writes the request into out, so that it goes out with one system call, over TLS in as few records as it needs.
func (c *conn) request(u *url.URL, r *transport.Request) {
	b := append(c.out[:0], "POST "...)
	b = append(b, u.RequestURI()...)
	b = append(append(b, " HTTP/1.1\r\nHost: "...), u.Host...)
	for _, f := range fields(r) {
		if f.value != "" {
			b = append(append(append(append(b, "\r\n"...), f.name...), ": "...), f.value...)
		}
	}
	b = strconv.AppendInt(append(b, "\r\nContent-Length: "...), int64(len(r.Body)), 10)
	c.out = append(append(b, "\r\n\r\n"...), r.Body...)
}

// fields are the headers of r; empty ones are not sent.
func fields(r *transport.Request) [4]struct{ name, value string } {
	return [...]struct{ name, value string }{
		{"User-Agent", r.UserAgent}, {"Content-Type", r.ContentType}, {"Content-Encoding", r.ContentEncoding}, {"X-Sentry-Auth", r.Auth},
	}
}

// checkFields refuses what would forge a header.
func checkFields(r *transport.Request) error {
	for _, f := range fields(r) {
		for i := range len(f.value) {
			if c := f.value[i]; c < ' ' && c != '\t' || c == 0x7f {
				return fmt.Errorf("the value for the header %s has a control character at byte %d: leave it out", f.name, i)
			}
		}
	}
	return nil
}

// watch ends a connection's reads and writes when a Send has to end. It looks every watchEvery, by a timer that the connection
// keeps: a goroutine for each Send would cost more than the request. A Send that ends leaves the timer alone, as the next one would
// set it again: it runs out once after the last one.
type watch struct {
	_     [0]func()   // no code to compare it
	raw   net.Conn    // immutable after the first start
	timer *time.Timer // nil before the first start

	mu    sync.Mutex        // guards the rest
	ctx   transport.Context // nil while no Send is under way
	until time.Time
	why   error // nil until it has ended the connection
	set   bool  // the timer is under way, for watchEvery at the most
}

const watchEvery = 50 * time.Millisecond

// start begins to watch.
func (w *watch) start(raw net.Conn, ctx transport.Context, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.raw, w.ctx, w.until, w.why = raw, ctx, until, nil
	first := min(watchEvery, max(time.Until(until), 0))
	if w.timer == nil {
		w.timer = time.AfterFunc(first, w.look)
	} else if !w.set || first < watchEvery {
		w.timer.Reset(first)
	}
	w.set = true
}

// look may come late, in the next Send: then it looks at that one.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set = false
	if w.ctx == nil || w.why != nil {
		return
	}
	if w.why = ended(w.ctx, w.until); w.why != nil {
		_ = w.raw.SetDeadline(time.Unix(1, 0)) // long over: whatever waits returns
		return
	}
	w.timer.Reset(min(watchEvery, max(time.Until(w.until), 0)))
	w.set = true
}

// stop ends watching; the connection's deadline is not touched any more.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ctx = nil
}

// end is called once the connection is not used any more.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

// cause returns why the connection was ended, or err.
func (w *watch) cause(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.why != nil {
		return w.why
	}
	return err
}
