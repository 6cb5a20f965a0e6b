package deflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A packed item is its line, behind a uint16 with its length, and one or two parts:
//
//	 0  raw   uint32  length of what is deflated in it
//	 4  crc   uint32  of that
//	 8  size  uint32  of the blocks that follow
//	12  blocks of deflate that end at a byte, none of them the last one of a stream
//
// All of it is little endian. It is input from outside where it comes from a file.
const (
	maxLine  = 1 << 10
	lineHead = 2
	partHead = 12
)

var errNotShorter = errors.New("not shorter")

func appendLine(dst, line []byte) []byte {
	return append(binary.LittleEndian.AppendUint16(dst, uint16(len(line))), line...)
}

// seal fills in the head of a part.
func seal(b, raw []byte) {
	binary.LittleEndian.PutUint32(b, uint32(len(raw)))
	binary.LittleEndian.PutUint32(b[4:], crc32.ChecksumIEEE(raw))
	binary.LittleEndian.PutUint32(b[8:], uint32(len(b)-partHead))
}

// part is a part that was read.
type part struct {
	raw    int
	crc    uint32
	blocks []byte
}

// cutLine returns the line and what follows it, or false if there is none.
func cutLine(packed []byte) (line, parts []byte, ok bool) {
	if len(packed) < lineHead {
		return nil, nil, false
	}
	n := int(binary.LittleEndian.Uint16(packed))
	packed = packed[lineHead:]
	if n == 0 || n > maxLine || n > len(packed) || packed[n-1] != '\n' {
		return nil, nil, false
	}
	return packed[:n:n], packed[n:], true
}

// cutPart returns the first part and what follows it, or false if it is none.
func cutPart(b []byte) (p part, rest []byte, ok bool) {
	if len(b) < partHead {
		return p, nil, false
	}
	raw, size := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[8:])
	if raw > mostItem || uint64(size) > uint64(len(b)-partHead) {
		return p, nil, false
	}
	end := partHead + int(size)
	return part{int(raw), binary.LittleEndian.Uint32(b[4:]), b[partHead:end]}, b[end:], true
}

func (c *items) Size(packed []byte) int {
	line, rest := head(packed)
	return len(line) + rest
}

// head returns the line that the item begins with, and how many bytes follow it. It returns nil if packed is no packed form.
func head(packed []byte) (line []byte, rest int) {
	line, b, ok := cutLine(packed)
	for ok && len(b) > 0 {
		var p part
		p, b, ok = cutPart(b)
		rest += p.raw
	}
	if !ok {
		return nil, 0
	}
	return line, rest
}
