//go:build unix

package http1

import (
	"io"
	"syscall"
)

// peek looks at what came on a connection without reading it. What it needs is made once, so that a look does not allocate.
type peek struct {
	raw   syscall.RawConn
	by    func(fd uintptr) bool
	found error
}

// look returns an error if the connection was closed by the server, or has bytes that nobody asked for: an answer to no request
// would be taken for the answer to the next one. A connection that is not the system's is not looked into.
func (c *conn) look() error {
	if c.have() > 0 {
		return errBefore
	}
	p := &c.peek
	if p.raw == nil {
		sys, ok := c.raw.(syscall.Conn)
		if !ok {
			return nil
		}
		raw, err := sys.SyscallConn()
		if err != nil {
			return err
		}
		p.raw, p.by = raw, p.once
	}
	p.found = nil
	if err := p.raw.Read(p.by); err != nil {
		return err
	}
	return p.found
}

// once is called with the connection's descriptor.
func (p *peek) once(fd uintptr) bool {
	var b [1]byte
	switch n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT); {
	case err == syscall.EAGAIN: // open, and silent as it should be
	case err != nil:
		p.found = err
	case n > 0:
		p.found = errBefore
	default:
		p.found = io.EOF
	}
	return true
}
