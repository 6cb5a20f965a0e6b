package nethttp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// authority is a certificate authority of a test's own.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	key := newKey(t)
	cert := sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, nil, key, key)
	return &authority{cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})}
}

// issue returns a server certificate for loopback and sentry.invalid.
func (a *authority) issue(t testing.TB) *tls.Certificate {
	t.Helper()
	key := newKey(t)
	cert := sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, DNSNames: []string{"sentry.invalid"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, a.cert, key, a.key)
	return &tls.Certificate{Certificate: [][]byte{cert.Raw, a.cert.Raw}, PrivateKey: key, Leaf: cert}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign signs tpl with by; a nil parent means self-signed.
func sign(t testing.TB, tpl, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	if parent == nil {
		parent = tpl
	}
	der, err := x509.CreateCertificate(rand.Reader, tpl, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// server is an HTTP server that counts connections and whose certificate can change.
type server struct {
	*httptest.Server
	cert  atomic.Pointer[tls.Certificate]
	conns atomic.Int32
	max   atomic.Uint32 // version of TLS; 0: the newest
	open  gauge         // open connections
}

// config is called for every handshake.
func (s *server) config(*tls.ClientHelloInfo) (*tls.Config, error) {
	return &tls.Config{
		Certificates: []tls.Certificate{*s.cert.Load()}, NextProtos: []string{"h2", "http/1.1"},
		MinVersion: tls.VersionTLS10, MaxVersion: uint16(s.max.Load()),
	}, nil
}

// gauge is a number that can be waited for to be zero.
type gauge struct {
	mu   sync.Mutex
	n    int
	zero chan struct{} // closed when n gets 0; nil while it is 0
}

func (g *gauge) add(d int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n == 0 {
		g.zero = make(chan struct{})
	}
	if g.n += d; g.n == 0 {
		close(g.zero)
		g.zero = nil
	}
}

func (g *gauge) wait() {
	g.mu.Lock()
	zero := g.zero
	g.mu.Unlock()
	if zero != nil {
		<-zero
	}
}

// serve starts a server; with a nil cert it speaks plain HTTP.
func serve(t testing.TB, cert *tls.Certificate, h http.HandlerFunc) *server {
	t.Helper()
	s := &server{Server: httptest.NewUnstartedServer(h)}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point of some tests
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		switch st {
		case http.StateNew:
			s.conns.Add(1)
			s.open.add(1)
		case http.StateClosed, http.StateHijacked:
			s.open.add(-1)
		}
	}
	if cert == nil {
		s.Start()
	} else {
		s.cert.Store(cert)
		s.EnableHTTP2 = true
		s.TLS = &tls.Config{GetConfigForClient: s.config}
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return s
}

func ok(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, `{"id":"9ec79c33ec9942ab8353589fcb2e04dc"}`)
}
