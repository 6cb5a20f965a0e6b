package deflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/klauspost/compress/flate"
)

// gzipHeader says: deflate, no name, no time (it would tell the player's clock), fastest level, unknown system.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"

// gzipTrailer is the size of the checksum and the length behind the data.
const gzipTrailer = 8

// errNotSmaller ends a compression that does not pay.
var errNotSmaller = errors.New("not smaller")

// gzipBuffer holds one compressed body, of at most limit bytes.
type gzipBuffer struct {
	b     []byte
	limit int
}

// compress replaces the contents of g by body as a gzip member (RFC 1952) and reports whether that is smaller than
// body. It holds less than twice the size of body, also while it works.
func (g *gzipBuffer) compress(body []byte) bool {
	g.limit = len(body) - 1 - gzipTrailer
	g.b = append(g.b[:0], gzipHeader...)
	if err := flate.StatelessDeflate(g, body, true, nil); err != nil {
		return false
	}
	g.b = binary.LittleEndian.AppendUint32(g.b, crc32.ChecksumIEEE(body))
	g.b = binary.LittleEndian.AppendUint32(g.b, uint32(len(body))) // modulo 2^32, as the format wants it
	return true
}

// Write implements io.Writer for the compressor.
func (g *gzipBuffer) Write(p []byte) (int, error) {
	if len(g.b)+len(p) > g.limit {
		return 0, errNotSmaller
	}
	g.b = append(g.b, p...)
	return len(p), nil
}
