package deflate

import (
	"bytes"
	"compress/flate"
	"hash/crc32"
	"io"
)

// inflate reads what is deflated: of an item whose times have to be moved, or for a server that does not take what is compressed.
type inflate struct {
	in bytes.Reader
	z  io.ReadCloser
}

func (c *items) Unpack(dst, packed []byte) (item []byte, ok bool) {
	line, parts, ok := cutLine(packed)
	if !ok || c.Size(packed) > mostItem {
		return dst, false
	}
	u, _ := c.inflates.Get().(*inflate)
	if u == nil {
		u = new(inflate)
	}
	item = append(dst, line...)
	for ok && len(parts) > 0 {
		var p part
		if p, parts, ok = cutPart(parts); ok {
			item, ok = u.part(item, p)
		}
	}
	u.in.Reset(nil)
	c.inflates.Put(u)
	if !ok {
		return dst, false
	}
	return item, true
}

// part appends what is deflated in a part. The reader wants more behind the last block: that is no error if all is there.
func (u *inflate) part(dst []byte, p part) ([]byte, bool) {
	u.in.Reset(p.blocks)
	if u.z == nil {
		u.z = flate.NewReader(&u.in)
	} else if err := u.z.(flate.Resetter).Reset(&u.in, nil); err != nil {
		return dst, false
	}
	at := len(dst)
	dst = append(dst, make([]byte, p.raw)...)
	_, err := io.ReadFull(u.z, dst[at:])
	return dst, err == nil && crc32.ChecksumIEEE(dst[at:]) == p.crc
}
