package nethttp

import (
	"errors"
	"io"
	"sync"
)

// loan lends the caller's buffer to net/http for the time of one Send. net/http may go on reading a body after
// RoundTrip has returned: the server answered early, the context ended, an HTTP/2 stream is still being written. After
// revoke such a read gets an error and does not touch the buffer, which then belongs to the caller again.
type loan struct {
	mu      sync.Mutex // guards the two below; held for a copy, never while waiting
	buf     []byte
	revoked bool
}

var errRevoked = errors.New("the request is over, its body is gone")

// lend makes a loan of b. It is not reused: an old reader must not see a new body.
func lend(b []byte) *loan { return &loan{buf: b} }

// revoke takes the buffer back. It waits for a copy in progress, at most.
func (l *loan) revoke() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf, l.revoked = nil, true
}

// open returns a reader at the start of the buffer.
func (l *loan) open() io.ReadCloser { return &loanReader{loan: l} }

// copyAt copies from the buffer at off.
func (l *loan) copyAt(p []byte, off int) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.revoked {
		return 0, errRevoked
	}
	if off >= len(l.buf) {
		return 0, io.EOF
	}
	return copy(p, l.buf[off:]), nil
}

// loanReader is one pass over a loan. It deliberately has no WriteTo, which would hand out the buffer itself.
type loanReader struct {
	loan *loan
	off  int
}

// Read implements io.Reader.
func (r *loanReader) Read(p []byte) (int, error) {
	n, err := r.loan.copyAt(p, r.off)
	r.off += n
	return n, err
}

// Close implements io.Closer.
func (r *loanReader) Close() error { return nil }
