// Package signed signs policies with Ed25519 and verifies them. It is apart from package sampling because crypto/ed25519
// brings 0.38 MiB of text and 32 MiB of zero pages, which a client that takes its policies from its own game server over TLS
// has no use for.
//
//	v, err := signed.New(signed.Keys{"ops-2026": key})
//	ctl, err := sampling.New(id, sampling.Options{Verifier: sampling.Require(v), Hash: signed.SHA256})
//	client, err := krunk.Start(krunk.Config{Sampling: krunk.Steer(ctl), …})
package signed

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// domain stands before the document in what is signed, so that a signature for something else is none here.
const domain = "krunk-policy-v1\n"

// Keys are public keys by id. Several may be valid at a time: to rotate, ship the new one beside the old, sign with the new
// one, and take the old one out of a later release. Versions count per key, so a new key may start from a lower one.
type Keys map[string]ed25519.PublicKey

// SHA256 is for sampling.Options.Hash.
func SHA256(b []byte) [32]byte { return sha256.Sum256(b) }

// HashID returns how a policy names an id without showing it: "sha256:" and 16 hexadecimal digits of SHA-256 over salt, a
// colon and id, salt being that of the policy.
func HashID(salt, id string) string {
	h := SHA256([]byte(salt + ":" + id))
	return fmt.Sprintf("sha256:%x", h[:8])
}

// Verifier accepts documents that one of its keys has signed. It is immutable after New.
type Verifier struct{ keys Keys }

// New returns a verifier for keys, which it copies. It fails if there is none, an id does not fit into a header, or a key
// has the wrong length.
func New(keys Keys) (*Verifier, error) {
	if len(keys) == 0 {
		return nil, errors.New("sampling/signed: no keys; to accept unsigned policies, leave Options.Verifier nil")
	}
	for kid, key := range keys {
		if err := checkKid(kid); err != nil {
			return nil, err
		}
		if len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("sampling/signed: key %q has %d bytes, not %d", kid, len(key), ed25519.PublicKeySize)
		}
	}
	return &Verifier{maps.Clone(keys)}, nil
}

func checkKid(kid string) error {
	if kid == "" || len(kid) > 64 || strings.ContainsAny(kid, " ;,=\"\r\n") {
		return fmt.Errorf("sampling/signed: key id %q; write 1 to 64 characters without blanks, quotes, ',', ';' and '='", kid)
	}
	return nil
}

// Verify implements sampling.Verifier. Its errors wrap sampling.ErrSignature and name the keys.
func (v *Verifier) Verify(doc []byte, sigs []sampling.Signature) (string, error) {
	var tried []string
	for _, s := range sigs {
		tried = append(tried, s.Kid)
		key, ok := v.keys[s.Kid]
		if ok && len(s.Sig) == ed25519.SignatureSize && ed25519.Verify(key, message(doc), s.Sig) {
			return s.Kid, nil
		}
	}
	known := slices.Sorted(maps.Keys(v.keys))
	if len(tried) == 0 {
		return "", fmt.Errorf("%w: the document is unsigned, known keys: %q", sampling.ErrSignature, known)
	}
	return "", fmt.Errorf("%w: signed by %q, known keys: %q", sampling.ErrSignature, tried, known)
}

func message(doc []byte) []byte { return append([]byte(domain), doc...) }

// Signer signs documents: a key file, an agent, or a key store of the studio's.
type Signer interface {
	// Sign returns the id of its key and the signature over message.
	Sign(message []byte) (kid string, sig []byte, err error)
}

// Key is a Signer that holds its key in memory.
type Key struct {
	ID      string
	Private ed25519.PrivateKey
}

// Sign implements Signer.
func (k Key) Sign(message []byte) (string, []byte, error) {
	if err := checkKid(k.ID); err != nil {
		return "", nil, err
	}
	if len(k.Private) != ed25519.PrivateKeySize {
		return "", nil, fmt.Errorf("sampling/signed: private key %q has %d bytes, not %d", k.ID, len(k.Private), ed25519.PrivateKeySize)
	}
	return k.ID, ed25519.Sign(k.Private, message), nil
}

// Sign returns the signatures of all signers over doc. It refuses a document that policy.ParseStrict refuses, and one without
// "expires": whoever can hold back a newer policy could keep clients on a signed old one for ever.
func Sign(doc []byte, by ...Signer) ([]sampling.Signature, error) {
	p, _, err := policy.ParseStrict(doc)
	if err != nil {
		return nil, fmt.Errorf("sampling/signed: %w", err)
	}
	if p.Expires().IsZero() {
		return nil, errors.New(`sampling/signed: a signed policy needs "expires"; write e.g. two weeks after "issued"`)
	}
	var out []sampling.Signature
	for _, s := range by {
		kid, sig, err := s.Sign(message(doc))
		if err != nil {
			return nil, err
		}
		out = append(out, sampling.Signature{Kid: kid, Sig: sig})
	}
	if len(out) == 0 {
		return nil, errors.New("sampling/signed: no signer given")
	}
	return out, nil
}

// Header returns the value of a Krunk-Signature header.
func Header(sigs []sampling.Signature) string {
	parts := make([]string, len(sigs))
	for i, s := range sigs {
		parts[i] = "kid=" + s.Kid + "; sig=" + base64.StdEncoding.EncodeToString(s.Sig)
	}
	return strings.Join(parts, ", ")
}

// Envelope returns document and signatures as one file, for a place that keeps no headers.
func Envelope(doc []byte, sigs []sampling.Signature) ([]byte, error) {
	type signature struct {
		Kid string `json:"kid"`
		Sig []byte `json:"sig"`
	}
	e := struct {
		Payload []byte      `json:"payload"`
		Sigs    []signature `json:"sigs"`
	}{Payload: doc}
	for _, s := range sigs {
		e.Sigs = append(e.Sigs, signature{s.Kid, s.Sig})
	}
	b, err := json.Marshal(e)
	if err == nil && len(b) > sampling.MaxEnvelope {
		err = sampling.ErrTooLarge
	}
	return b, err
}
