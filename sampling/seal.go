package sampling

import "strings"

// Signature is one signature over a policy.
type Signature struct {
	Kid string // which key
	Sig []byte
}

// Verifier says whether a policy comes from whom it should. Package signed has one for Ed25519.
type Verifier interface {
	// Verify returns the id of a known key that signed doc. It must not retain its arguments.
	Verify(doc []byte, sigs []Signature) (kid string, err error)
}

// Seal opens documents for a Controller and says who signed them; make it with Require.
type Seal interface {
	open(b []byte, header string) (doc []byte, kid string, err error)
}

// Require returns a Seal that opens only what v accepts. It is a function of its own, so that a client which does not ask
// for signatures links nothing that reads them.
func Require(v Verifier) Seal { return verified{v} }

type verified struct{ v Verifier }

func (s verified) open(b []byte, header string) ([]byte, string, error) {
	body, sigs, err := OpenEnvelope(b)
	if err != nil {
		return nil, "", err
	}
	if header != "" {
		more, err := ParseSignature(header)
		if err != nil {
			return nil, "", err
		}
		sigs = append(sigs, more...)
	}
	if len(body) > MaxDocument {
		return nil, "", ErrTooLarge
	}
	kid, err := s.v.Verify(body, sigs)
	if err != nil {
		return nil, "", &signatureError{err}
	}
	return body, kid, nil
}

// signatureError is ErrSignature with what the verifier says.
type signatureError struct{ cause error }

func (e *signatureError) Error() string   { return e.cause.Error() }
func (e *signatureError) Unwrap() []error { return []error{ErrSignature, e.cause} }

// unseal takes a document out of its envelope, if there is one. Without a seal signatures are not looked at.
func unseal(b []byte, header string, seal Seal) (body []byte, kid string, err error) {
	switch {
	case len(b) > MaxEnvelope:
		return nil, "", ErrTooLarge
	case seal != nil:
		return seal.open(b, header)
	}
	body, _, err = envelopeOf(b, nil)
	if err == nil && len(body) > MaxDocument {
		err = ErrTooLarge
	}
	return body, "", err
}

const maxSignatures = 8

// OpenEnvelope returns the document inside {"payload":"<base64>","sigs":[{"kid":"...","sig":"<base64>"}]} and its
// signatures, unverified; anything else is returned as it is. An envelope that is malformed gives ErrSignature.
func OpenEnvelope(b []byte) (doc []byte, sigs []Signature, err error) {
	return envelopeOf(b, (*reader).signatures)
}

// envelopeOf opens an envelope; without a function that reads the signatures they are skipped.
func envelopeOf(b []byte, signatures func(*reader, *bool) []Signature) (doc []byte, sigs []Signature, err error) {
	r := reader{b: b}
	if r.peek() != '{' {
		return b, nil, nil
	}
	r.i++
	r.peek()
	if first, ok := r.text(); !ok || first != "payload" && first != "sigs" {
		return b, nil, nil
	}
	r = reader{b: b}
	good, found := true, false
	r.object(kShape, func(key string, _ int) {
		switch {
		case key == "payload":
			found = true
			doc = r.base64(&good)
		case key == "sigs" && signatures != nil:
			sigs = signatures(&r, &good)
		default:
			r.skip()
		}
	})
	r.end()
	if r.broken || !good || !found || len(r.problems) > 0 || len(sigs) > maxSignatures {
		return nil, nil, ErrSignature
	}
	return doc, sigs, nil
}

func (r *reader) signatures(good *bool) (sigs []Signature) {
	r.array(kShape, func(int) { sigs = append(sigs, r.signature(good)) })
	return sigs
}

func (r *reader) signature(good *bool) (s Signature) {
	r.object(kShape, func(key string, _ int) {
		switch key {
		case "kid":
			s.Kid, _ = r.str(kShape, "")
		case "sig":
			s.Sig = r.base64(good)
		default:
			r.skip()
		}
	})
	return s
}

func (r *reader) base64(good *bool) []byte {
	s, ok := r.str(kShape, "")
	b, ok2 := unbase64(s)
	*good = *good && ok && ok2
	return b
}

// ParseSignature reads a header of one or more "kid=ops-2026; sig=<base64>", with commas between.
func ParseSignature(header string) ([]Signature, error) {
	var out []Signature
	for part := range strings.SplitSeq(header, ",") {
		var s Signature
		ok := false
		for word := range strings.SplitSeq(part, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(word), "=")
			switch key {
			case "kid":
				s.Kid = value
			case "sig":
				s.Sig, ok = unbase64(value)
			}
		}
		if !ok || s.Kid == "" || len(out) == maxSignatures {
			return nil, ErrSignature
		}
		out = append(out, s)
	}
	return out, nil
}

// unbase64 reads standard base64 with padding. It stands here because encoding/base64 brings reflect.
func unbase64(s string) ([]byte, bool) {
	if len(s)%4 != 0 {
		return nil, false
	}
	out := make([]byte, 0, len(s)/4*3)
	pad := len(s) - len(strings.TrimRight(s, "="))
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
