package deflate

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/krunk-go/krunk/internal/protocol"
)

// gzipHeader says: deflate, no name, no time (it would tell the player's clock), fastest level, unknown system.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"

// stream is a gzip member (RFC 1952) in the making.
type stream struct {
	b    []byte
	crc  uint32
	size uint32 // modulo 2^32, as the format wants it
}

func (c *items) Join(dst, before, packed []byte, end string, tail []byte) (body []byte, ok bool) {
	line, n := head(packed)
	_, parts, ok := cutLine(packed)
	s := stream{b: append(dst, gzipHeader...)}
	s.stored(before, false)
	if end == "" {
		s.stored(line, false)
	} else {
		at := s.begin()
		s.b = protocol.AppendItemHeader(s.b, "event", n+len(end)-1) // the line feed behind it does not count
		s.end(at)
	}
	for ok && len(parts) > 0 {
		var p part
		if p, parts, ok = cutPart(parts); ok {
			s.b = append(s.b, p.blocks...)
			s.crc = combine(s.crc, p.crc, p.raw)
			s.size += uint32(p.raw)
		}
	}
	if !ok {
		return dst, false
	}
	if end != "" {
		at := s.begin()
		s.b = append(s.b, end...)
		s.end(at)
	}
	s.stored(tail, true)
	s.b = binary.LittleEndian.AppendUint32(s.b, s.crc)
	return binary.LittleEndian.AppendUint32(s.b, s.size), true
}

// begin begins a short block that is not compressed, and end ends the one that began there.
func (s *stream) begin() (at int) {
	s.b = append(s.b, 0, 0, 0, 0, 0)
	return len(s.b)
}

func (s *stream) end(at int) {
	n := len(s.b) - at
	copy(s.b[at-4:], []byte{byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)})
	s.crc = crc32.Update(s.crc, crc32.IEEETable, s.b[at:])
	s.size += uint32(n)
}

// stored appends text in blocks that are not compressed, which are 65,535 bytes long at most.
func (s *stream) stored(text []byte, last bool) {
	s.crc = crc32.Update(s.crc, crc32.IEEETable, text)
	s.size += uint32(len(text))
	for len(text) > 0 || last {
		n := min(len(text), 65535)
		final := byte(0)
		if last && n == len(text) {
			final, last = 1, false
		}
		s.b = append(s.b, final, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		s.b = append(s.b, text[:n]...)
		text = text[n:]
	}
}
