//go:build unix

package http1

import "syscall"

// stale reports whether the connection was closed by the server, or has bytes that nobody asked for: an answer to no request
// would be taken for the answer to the next one.
func (c *conn) stale() bool {
	if c.have() > 0 {
		return true
	}
	sys, ok := c.raw.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return true
	}
	stale := true
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		stale = err != syscall.EAGAIN // EAGAIN: open, and silent as it should be
		return true
	})
	return stale || err != nil
}
