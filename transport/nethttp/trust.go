package nethttp

import (
	"crypto/x509"

	"github.com/krunk-go/krunk/internal/trust"
)

// Trust says which servers are talked to over TLS. The zero value trusts the certificates of the system. It is shared with the
// other transports; see its fields.
type Trust = trust.Trust

// Pin returns the pin of a certificate: the base64 SHA-256 of its SubjectPublicKeyInfo. It stays the same when the
// certificate is renewed with the same key.
func Pin(c *x509.Certificate) string { return trust.Pin(c) }
