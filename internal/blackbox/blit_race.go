//go:build race

package blackbox

// blit is copy, of bytes that another goroutine may read or write meanwhile. The runtime's own tells the race detector, whatever a pragma
// says.
//
//go:norace
func blit(dst, src []byte) int {
	n := min(len(dst), len(src))
	for i := range n {
		dst[i] = src[i]
	}
	return n
}
