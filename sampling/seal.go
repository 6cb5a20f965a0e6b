package sampling

import (
	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/internal/text"
)

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
	body, _, ok := plan.OpenEnvelope(b)
	switch {
	case !ok:
		return nil, "", ErrSignature
	case len(body) > MaxDocument:
		return nil, "", ErrTooLarge
	}
	return body, "", nil
}

const maxSignatures = 8

// OpenEnvelope returns the document inside {"payload":"<base64>","sigs":[{"kid":"...","sig":"<base64>"}]} and its
// signatures, unverified; anything else is returned as it is. An envelope that is malformed gives ErrSignature.
func OpenEnvelope(b []byte) (doc []byte, sigs []Signature, err error) {
	doc, text, ok := plan.OpenEnvelope(b)
	if !ok || !plan.Signatures(text, func(kid string, sig []byte) { sigs = append(sigs, Signature{kid, sig}) }) || len(sigs) > maxSignatures {
		return nil, nil, ErrSignature
	}
	return doc, sigs, nil
}

// ParseSignature reads a header of one or more "kid=ops-2026; sig=<base64>", with commas between.
func ParseSignature(header string) ([]Signature, error) {
	var out []Signature
	for more := true; more; {
		var part string
		part, header, more = ascii.Cut(header, ',')
		var s Signature
		ok := false
		for more := true; more; {
			var word string
			word, part, more = ascii.Cut(part, ';')
			key, value, _ := ascii.Cut(text.TrimSpace(word), '=')
			switch key {
			case "kid":
				s.Kid = value
			case "sig":
				s.Sig, ok = plan.Unbase64(value)
			}
		}
		if !ok || s.Kid == "" || len(out) == maxSignatures {
			return nil, ErrSignature
		}
		out = append(out, s)
	}
	return out, nil
}
