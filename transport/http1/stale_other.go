//go:build !unix

package http1

// stale reports whether bytes came that nobody asked for. That the server has closed the connection shows at the next write.
func (c *conn) stale() bool { return c.have() > 0 }
