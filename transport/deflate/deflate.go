// Package deflate compresses what Krunk sends, when it is encoded and not when it is sent: krunk.Config.Compress. An event of 9 KB waits
// for its turn in 1 KB, so that the same memory holds many times as many, and a second attempt costs nothing. Requests are gzip, the one
// encoding that Sentry, Bugsink and Spotlight all read.
//
// It uses the stateless compressor of klauspost/compress, which needs no writer of 1 MB and 80 KiB of program. While compressing it uses
// tables from pools of that package, 292 KiB that count against Config.Memory; the garbage collector empties the pools when nothing
// was compressed for two of its cycles.
package deflate

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/krunk-go/krunk/transport"
)

const (
	form   = 1         // of entries that outlive their process: the packed form of this package as it is now
	memory = 292 << 10 // of the compressor; TestMemory measures it

	leastItem = 512       // bytes; shorter ones fit into one packet, and dozens of them into an outbox
	mostItem  = 1 << 20   // that Unpack believes in
	mostKept  = 128 << 10 // a larger buffer is not kept for the next one
)

// Items returns a compressor for krunk.Config.Compress. Several clients may share one.
func Items() transport.Compressor { return new(items) }

// items implements transport.Compressor.
type items struct {
	sinks    sync.Pool // of *sink
	inflates sync.Pool // of *inflate
}

func (c *items) Form() (number uint8, contentEncoding string, bytes int) { return form, "gzip", memory }

// Pack does not allocate once the pools are warm and dst is long enough.
func (c *items) Pack(dst, item []byte, cut int) (packed []byte, at int, ok bool) {
	line := bytes.IndexByte(item, '\n') + 1
	if len(item) < leastItem || line == 0 || line > maxLine || cut != 0 && (cut <= line || cut >= len(item)) {
		return dst, 0, false
	}
	s, _ := c.sinks.Get().(*sink)
	if s == nil {
		s = new(sink)
	}
	s.b, s.limit = appendLine(dst, item[:line]), len(dst)+len(item)-len(item)/8
	if cut > 0 {
		ok = s.part(item[line:cut])
		at = len(s.b) - len(dst)
		ok = ok && s.part(item[cut:])
	} else {
		ok = s.part(item[line:])
	}
	packed = s.b
	s.b = nil
	c.sinks.Put(s)
	if !ok {
		return packed[:len(dst)], 0, false
	}
	return packed, at, true
}

// sink takes what the compressor writes, up to limit bytes.
type sink struct {
	b     []byte
	limit int
}

// part appends a part with the deflated raw and reports whether there was room.
func (s *sink) part(raw []byte) bool {
	at := len(s.b)
	s.b = append(s.b, make([]byte, partHead)...)
	if flate.StatelessDeflate(s, raw, false, nil) != nil { // which ends at a byte, with an empty stored block
		return false
	}
	seal(s.b[at:], raw)
	return true
}

// Write implements io.Writer for the compressor.
func (s *sink) Write(p []byte) (int, error) {
	if len(s.b)+len(p) > s.limit {
		return 0, errNotShorter
	}
	s.b = append(s.b, p...)
	return len(p), nil
}
