package nethttp

import (
	"bytes"
	"io"
	"net"
)

// join is a connection that writes a request with one call: net/http sends the header of a POST on its own before it reads the
// body, which is a second system call and a second TCP segment or TLS record. A header behind which a body follows is held
// until that comes; everything else passes as it is. It is owned by the goroutine of net/http that writes.
type join struct {
	net.Conn
	buf  []byte
	held bool // buf is a header that was not written yet
}

// maxJoin is what the buffer of a connection may keep.
const maxJoin = 64 << 10

var (
	verb    = []byte("POST ")
	headEnd = []byte("\r\n\r\n")
	noBody  = []byte("\r\nContent-Length: 0\r\n")
)

// Write holds a header and writes anything else, behind the header if one is held.
func (j *join) Write(p []byte) (int, error) {
	if !j.held {
		if !bytes.HasPrefix(p, verb) || bytes.Index(p, headEnd) != len(p)-len(headEnd) || bytes.Contains(p, noBody) {
			return j.Conn.Write(p)
		}
		j.buf, j.held = append(j.buf[:0], p...), true
		return len(p), nil
	}
	j.buf = append(j.buf, p...)
	return len(p), j.flush()
}

// ReadFrom is what net/http calls for a body. It reads r to its end and writes once.
func (j *join) ReadFrom(r io.Reader) (n int64, err error) {
	if !j.held {
		j.buf = j.buf[:0]
	}
	if l, ok := r.(*io.LimitedReader); ok {
		j.reserve(l.N)
	}
	head := len(j.buf)
	for err == nil {
		j.reserve(1)
		var k int
		k, err = r.Read(j.buf[len(j.buf):cap(j.buf)])
		j.buf = j.buf[:len(j.buf)+k]
	}
	n = int64(len(j.buf) - head)
	if err != io.EOF {
		return n, err // the request is over; net/http closes the connection
	}
	return n, j.flush()
}

// reserve makes room for n more bytes.
func (j *join) reserve(n int64) {
	if int64(cap(j.buf)-len(j.buf)) < n {
		j.buf = append(make([]byte, 0, int64(2*len(j.buf))+n+bytes.MinRead), j.buf...)
	}
}

// flush writes what is held.
func (j *join) flush() error {
	_, err := j.Conn.Write(j.buf)
	j.held = false
	if cap(j.buf) > maxJoin {
		j.buf = nil
	}
	return err
}
