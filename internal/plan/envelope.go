package plan

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// Signatures gives those of an envelope to add, from their text; it reports false if they are malformed. It is a function of its own, so
// that a client which does not ask for signatures links nothing that reads them.
func Signatures(text string, add func(kid string, sig []byte)) (ok bool) {
	d := Decoder{b: []byte(text)}
	var l items
	for text != "" && d.next(&l, KShape, '[') {
		d.signature(add)
	}
	return d.noted == 0
}

// OpenEnvelope returns the document inside a signed envelope, and anything else as it is, with the text of its signatures, of which only
// the syntax is checked. It reports false if the envelope is malformed.
func OpenEnvelope(b []byte) (doc []byte, sigs string, ok bool) {
	d := Decoder{b: b}
	var o items
	if !d.next(&o, KShape, '{') || wordAt("payload sigs", d.key()) < 0 {
		return b, "", true
	}
	for more := true; more; more = d.next(&o, KShape, '{') {
		switch d.key() {
		case "payload":
			ok = true
			doc = d.base64()
		case "sigs":
			sigs = d.raw()
		default:
			d.skip()
		}
	}
	d.end()
	return doc, sigs, ok && d.noted == 0
}

func (d *Decoder) signature(add func(kid string, sig []byte)) {
	var kid string
	var sig []byte
	var o items
	for d.next(&o, KShape, '{') {
		switch d.key() {
		case "kid":
			kid, _ = d.str(KShape)
		case "sig":
			sig = d.base64()
		default:
			d.skip()
		}
	}
	add(kid, sig)
}

func (d *Decoder) base64() []byte {
	s, ok := d.str(KShape)
	b, good := Unbase64(s)
	if ok && !good {
		d.note(KShape, d.i, 0)
	}
	return b
}

// Unbase64 reads standard base64 with padding. It stands here because encoding/base64 brings reflect.
func Unbase64(s string) ([]byte, bool) {
	if len(s)%4 != 0 {
		return nil, false
	}
	out := make([]byte, 0, len(s)/4*3)
	pad := len(s) - len(ascii.TrimRight(s, "="))
	if pad > 2 {
		return nil, false
	}
	var n uint32
	for i := range len(s) {
		n <<= 6
		if i < len(s)-pad {
			v := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", s[i])
			if v < 0 {
				return nil, false
			}
			n |= uint32(v)
		}
		if i%4 == 3 {
			out = append(out, byte(n>>16), byte(n>>8), byte(n))
			n = 0
		}
	}
	return out[:len(out)-pad], true
}
