package trust

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
)

// selfSigned returns a certificate, parsed and as PEM.
func selfSigned(tb testing.TB) (*x509.Certificate, []byte) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func FuzzTrust(f *testing.F) {
	cert, block := selfSigned(f)
	f.Add(block, Pin(cert))
	f.Add(append(bytes.Clone(block), "\n-----BEGIN CERTIFICATE-----\n"...), "sha256/"+Pin(cert))
	f.Add([]byte("-----BEGIN X-----\n-----END X-----"), "")
	f.Add([]byte("-----BEGIN -----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "AAAA")
	f.Fuzz(func(t *testing.T, b []byte, pin string) {
		got, err := Trust{PEM: b, Pins: []string{pin}}.Check()
		if err != nil {
			if !strings.HasPrefix(err.Error(), "Trust.") {
				t.Errorf("got %q, want it to name the field", err)
			}
			return
		}
		if n := bytes.Count(b, []byte(beginMark)); len(got.roots) != n || len(got.pins) != 1 {
			t.Errorf("got %d roots and %d pins, want %d and 1", len(got.roots), len(got.pins), n)
		}
	})
}
