package nethttp

import (
	"crypto/x509"

	"github.com/krunk-go/krunk/internal/trust"
)

// Trust says which servers are talked to over TLS. The zero value trusts the certificates of the system.
type Trust struct {
	// PEM holds root certificates, one CERTIFICATE block each, with any text between them. They are added to the
	// system's. A server's self-signed certificate will do.
	PEM []byte

	// Only trusts the roots in PEM and none of the system's.
	Only bool

	// Pins are base64 SHA-256 hashes of public keys, as Pin returns them; a "sha256/" in front is allowed. A connection is
	// refused unless a certificate of its verified chain has one of these keys, and so is a URL without TLS. Give two at
	// least, the second for the key that comes next. Empty: no pinning. A proxy with an https URL has to match as well.
	Pins []string
}

// Pin returns the pin of a certificate: the base64 SHA-256 of its SubjectPublicKeyInfo. It stays the same when the
// certificate is renewed with the same key.
func Pin(c *x509.Certificate) string { return trust.Pin(c) }
