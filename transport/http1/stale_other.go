//go:build !unix

package http1

// peek has nothing here.
type peek struct{}

// look returns an error if bytes came that nobody asked for. That the server has closed the connection shows at the next write.
func (c *conn) look() error {
	if c.have() > 0 {
		return errBefore
	}
	return nil
}
