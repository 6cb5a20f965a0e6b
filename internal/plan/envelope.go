package plan

import (
	"github.com/krunk-go/krunk/internal/ascii"
)

// OpenEnvelope returns the document inside a signed envelope, and anything else as it is. Signatures are given to add, or
// skipped without one. It reports false if the envelope is malformed.
func OpenEnvelope(b []byte, add func(kid string, sig []byte)) (doc []byte, ok bool) {
	r := reader{b: b}
	if r.peek() != '{' {
		return b, true
	}
	r.i++
	r.peek()
	if first, ok := r.text(); !ok || first != "payload" && first != "sigs" {
		return b, true
	}
	r = reader{b: b}
	good, found := true, false
	var o items
	for r.inObject(&o, KShape) {
		switch key := r.key(); {
		case key == "payload":
			found = true
			doc = r.base64(&good)
		case key == "sigs" && add != nil:
			var l items
			for r.inList(&l, KShape) {
				r.signature(&good, add)
			}
		default:
			r.skip()
		}
	}
	r.end()
	return doc, good && found && r.noted == 0
}

func (r *reader) signature(good *bool, add func(kid string, sig []byte)) {
	var kid string
	var sig []byte
	var o items
	for r.inObject(&o, KShape) {
		switch r.key() {
		case "kid":
			kid, _ = r.str(KShape)
		case "sig":
			sig = r.base64(good)
		default:
			r.skip()
		}
	}
	add(kid, sig)
}

func (r *reader) base64(good *bool) []byte {
	s, ok := r.str(KShape)
	b, ok2 := Unbase64(s)
	*good = *good && ok && ok2
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
			v, ok := sextet(s[i])
			if !ok {
				return nil, false
			}
			n |= v
		}
		if i%4 == 3 {
			out = append(out, byte(n>>16), byte(n>>8), byte(n))
			n = 0
		}
	}
	return out[:len(out)-pad], true
}

func sextet(c byte) (uint32, bool) {
	switch {
	case c >= 'A' && c <= 'Z':
		return uint32(c - 'A'), true
	case c >= 'a' && c <= 'z':
		return uint32(c-'a') + 26, true
	case c >= '0' && c <= '9':
		return uint32(c-'0') + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}
