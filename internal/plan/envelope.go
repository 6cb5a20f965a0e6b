package plan

import (
	"strings"

	"github.com/krunk-go/krunk/internal/ascii"
)

// Signer takes what an envelope says beside its document.
type Signer func(d *Decoder)

// Signatures gives those of an envelope to add. It is a function of its own, so that a client which does not ask for signatures links
// nothing that reads them.
func Signatures(add func(kid string, sig []byte)) Signer {
	return func(d *Decoder) {
		var l items
		for d.inList(&l, KShape) {
			d.signature(add)
		}
	}
}

// OpenEnvelope returns the document inside a signed envelope, and anything else as it is. Without a signer signatures are skipped. It
// reports false if the envelope is malformed.
func OpenEnvelope(b []byte, sigs Signer) (doc []byte, ok bool) {
	d := Decoder{b: b}
	var o items
	if !d.inObject(&o, KShape) || wordAt("payload sigs", d.key()) < 0 {
		return b, true
	}
	for more := true; more; more = d.inObject(&o, KShape) {
		switch key := d.key(); {
		case key == "payload":
			ok = true
			doc = d.base64()
		case key == "sigs" && sigs != nil:
			sigs(&d)
		default:
			d.skip()
		}
	}
	d.end()
	return doc, ok && d.noted == 0
}

func (d *Decoder) signature(add func(kid string, sig []byte)) {
	var kid string
	var sig []byte
	var o items
	for d.inObject(&o, KShape) {
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
		d.bad("", KShape, d.i)
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
