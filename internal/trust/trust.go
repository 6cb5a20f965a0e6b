// Package trust says which servers the HTTP transports talk to over TLS: roots, pins, and what to write when neither fits.
package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Trust is what a transport's own type of that name is converted to; see there.
type Trust struct {
	PEM  []byte
	Only bool
	Pins []string
}

// Pin returns the pin of a certificate: the base64 SHA-256 of its SubjectPublicKeyInfo. It stays the same when the
// certificate is renewed with the same key.
func Pin(c *x509.Certificate) string {
	h := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(h[:])
}

// Checked is a Trust that means something. It is immutable after Check.
type Checked struct {
	roots []*x509.Certificate
	only  bool
	pins  map[[sha256.Size]byte]struct{}
}

// Check returns what t means, or an error that names the field and says what to write; it has no prefix.
func (t Trust) Check() (*Checked, error) {
	roots, err := parseRoots(t.PEM)
	if err != nil {
		return nil, err
	}
	if t.Only && len(roots) == 0 {
		return nil, errors.New("Trust.Only is set and Trust.PEM has no certificate: put the server's root into PEM, or unset Only")
	}
	pins, err := parsePins(t.Pins)
	if err != nil {
		return nil, err
	}
	return &Checked{roots: roots, only: t.Only, pins: pins}, nil
}

const beginMark = "-----BEGIN "

// parseRoots reads every block of b. pem.Decode skips a malformed block in silence, so the marks are counted.
func parseRoots(b []byte) ([]*x509.Certificate, error) {
	if len(bytes.TrimSpace(b)) > 0 && !bytes.Contains(b, []byte(beginMark)) {
		return nil, fmt.Errorf("Trust.PEM (%d bytes) has no certificate: write blocks that start with -----BEGIN CERTIFICATE-----", len(b))
	}
	var roots []*x509.Certificate
	for bytes.Contains(b, []byte(beginMark)) {
		block, rest := pem.Decode(b)
		n := len(roots) + 1
		if block == nil || bytes.Count(b[:len(b)-len(rest)], []byte(beginMark)) != 1 {
			return nil, fmt.Errorf("Trust.PEM block %d is malformed: write -----BEGIN CERTIFICATE-----, base64 lines, -----END CERTIFICATE-----", n)
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("Trust.PEM block %d is a %q: write CERTIFICATE blocks only", n, block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("Trust.PEM block %d is no X.509 certificate (%w): write the server's root as PEM", n, err)
		}
		roots, b = append(roots, c), rest
	}
	return roots, nil
}

// parsePins returns nil for no pins.
func parsePins(pins []string) (map[[sha256.Size]byte]struct{}, error) {
	if len(pins) == 0 {
		return nil, nil
	}
	set := make(map[[sha256.Size]byte]struct{}, len(pins))
	for i, p := range pins {
		h, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p, "sha256/"))
		if err != nil || len(h) != sha256.Size {
			return nil, fmt.Errorf("Trust.Pins[%d] is %q: write the 44 base64 characters that nethttp.Pin or http1.Pin returns for the certificate", i, p)
		}
		set[[sha256.Size]byte(h)] = struct{}{}
	}
	return set, nil
}

// Pinned reports whether a URL without TLS has to be refused.
func (t *Checked) Pinned() bool { return t.pins != nil }

// TLS returns a new TLS configuration for a client. It loads the system's roots only if they have to be mixed with others.
func (t *Checked) TLS() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(t.roots) > 0 {
		c.RootCAs = t.pool()
	}
	if t.pins != nil {
		c.VerifyConnection = t.verifyPins
	}
	return c
}

// pool returns the roots of t, with the system's unless only these are wanted. A system without roots adds none.
func (t *Checked) pool() *x509.CertPool {
	p := x509.NewCertPool()
	if !t.only {
		if sys, err := x509.SystemCertPool(); err == nil {
			p = sys
		}
	}
	for _, c := range t.roots {
		p.AddCert(c)
	}
	return p
}

// verifyPins is called for every connection, after its chain was verified.
func (t *Checked) verifyPins(cs tls.ConnectionState) error {
	for _, chain := range cs.VerifiedChains {
		for _, c := range chain {
			if _, ok := t.pins[sha256.Sum256(c.RawSubjectPublicKeyInfo)]; ok {
				return nil
			}
		}
	}
	if len(cs.PeerCertificates) == 0 {
		return errors.New("the server showed no certificate to compare with Trust.Pins")
	}
	return fmt.Errorf("no certificate of the chain has a key in Trust.Pins (%d); the server's own is %q",
		len(t.pins), Pin(cs.PeerCertificates[0]))
}
