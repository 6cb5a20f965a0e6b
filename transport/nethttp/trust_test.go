package nethttp

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestTrust(t *testing.T) {
	ours, other := newAuthority(t, "ours"), newAuthority(t, "other")
	s := serve(t, ours.issue(t), ok)
	leaf := s.cert.Load().Leaf
	selfSigned := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	bundle := append(append([]byte("a comment\n=====\n"), other.pem...), ours.pem...)

	tests := []struct {
		name  string
		trust Trust
		want  string // part of the error; "" for an answer
	}{
		{"system only", Trust{}, "Config.Trust.PEM"},
		{"extra root", Trust{PEM: ours.pem}, ""},
		{"only this root", Trust{PEM: ours.pem, Only: true}, ""},
		{"bundle with comments", Trust{PEM: bundle, Only: true}, ""},
		{"the server's own certificate as root", Trust{PEM: selfSigned, Only: true}, ""},
		{"another extra root", Trust{PEM: other.pem}, "unknown authority"},
		{"only another root", Trust{PEM: other.pem, Only: true}, "unknown authority"},
		{"pin of the leaf", Trust{PEM: ours.pem, Pins: []string{Pin(leaf)}}, ""},
		{"pin of the root, second of two", Trust{PEM: ours.pem, Pins: []string{Pin(other.cert), "sha256/" + Pin(ours.cert)}}, ""},
		{"wrong pin", Trust{PEM: ours.pem, Pins: []string{Pin(other.cert)}}, "the server's own is \"" + Pin(leaf) + `"`},
		{"right pin does not replace the root", Trust{Only: true, PEM: other.pem, Pins: []string{Pin(leaf)}}, "unknown authority"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTransport(t, &Config{Trust: tt.trust})
			got, err := tr.Send(t.Context(), envelope(s.URL))
			switch {
			case tt.want == "" && (err != nil || got.Status != http.StatusOK):
				t.Errorf("got %+v, %v; want status 200", got, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %+v, %v; want an error with %q", got, err, tt.want)
			}
		})
	}
}

func TestPinsNeedTLS(t *testing.T) {
	s := serve(t, nil, ok)
	tr := newTransport(t, &Config{Trust: Trust{Pins: []string{Pin(newAuthority(t, "x").cert)}}})
	if _, err := tr.Send(t.Context(), envelope(s.URL)); err == nil || !strings.Contains(err.Error(), "write https://") {
		t.Errorf("got %v, want an error that asks for https", err)
	}
	if n := s.conns.Load(); n != 0 {
		t.Errorf("got %d connections, want none", n)
	}
}

// TestSetTrust replaces the server's certificate, then roots and pins, while the transport is in use.
func TestSetTrust(t *testing.T) {
	first, second := newAuthority(t, "first"), newAuthority(t, "second")
	var s *server
	var tr *Transport
	tries(t, func() string {
		s = serve(t, first.issue(t), ok)
		tr = newTransport(t, &Config{Trust: Trust{PEM: first.pem, Only: true}})
		mustSend(t, tr, s.URL)
		s.cert.Store(second.issue(t))
		if a, err := tr.Send(t.Context(), envelope(s.URL)); err != nil || a.Status != http.StatusOK || s.conns.Load() != 1 {
			return fmt.Sprintf("got %+v, %v over %d connections, want 200 on that of the first certificate", a, err, s.conns.Load())
		}
		return ""
	})
	if err := tr.SetTrust(Trust{PEM: second.pem, Only: true, Pins: []string{Pin(second.cert)}}); err != nil {
		t.Fatal(err)
	}
	mustSend(t, tr, s.URL)
	if n := s.conns.Load(); n != 2 {
		t.Errorf("got %d connections, want a new one after SetTrust, 2", n)
	}

	if err := tr.SetTrust(Trust{PEM: second.pem, Only: true, Pins: []string{Pin(first.cert)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Send(t.Context(), envelope(s.URL)); err == nil || !strings.Contains(err.Error(), "Trust.Pins") {
		t.Errorf("after a change to a wrong pin: got %v, want an error about Trust.Pins", err)
	}
}

// TestSetTrustDuringSend checks that the connection of a Send in flight is not used after it.
func TestSetTrustDuringSend(t *testing.T) {
	ca := newAuthority(t, "ca")
	tr := newTransport(t, &Config{Trust: Trust{PEM: ca.pem, Only: true}})
	other := Trust{PEM: newAuthority(t, "other").pem, Only: true}
	s := serve(t, ca.issue(t), func(w http.ResponseWriter, r *http.Request) {
		if err := tr.SetTrust(other); err != nil {
			t.Error(err)
		}
		ok(w, r)
	})
	mustSend(t, tr, s.URL)
	if _, err := tr.Send(t.Context(), envelope(s.URL)); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("got %v, want an error: the new roots do not cover the server", err)
	}
}

// TestConcurrent replaces the trust and closes connections all the time: no Send may fail of it, and no connection may
// stay open. (One that did would make the test hang.)
func TestConcurrent(t *testing.T) {
	for _, c := range certs(t) {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.cert, ok)
			tr := newTransport(t, &Config{Trust: c.trust})
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				for {
					select {
					case <-stop:
						return
					default:
						tr.CloseIdle()
						if err := tr.SetTrust(c.trust); err != nil {
							t.Error(err)
						}
					}
				}
			}()
			for range 100 {
				mustSend(t, tr, s.URL)
			}
			close(stop)
			<-stopped
			tr.CloseIdle()
			s.open.wait()
		})
	}
}

// TestOldTLS checks the floor of TLS 1.2.
func TestOldTLS(t *testing.T) {
	ca := newAuthority(t, "ca")
	s := serve(t, ca.issue(t), ok)
	s.max.Store(tls.VersionTLS11)
	tr := newTransport(t, &Config{Trust: Trust{PEM: ca.pem}})
	if _, err := tr.Send(t.Context(), envelope(s.URL)); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("got %v, want an error about the protocol version", err)
	}
}

func TestSetTrustMalformed(t *testing.T) {
	ca := newAuthority(t, "ca")
	tr := newTransport(t, &Config{Trust: Trust{PEM: ca.pem, Only: true, Pins: []string{Pin(ca.cert)}}})
	broken := bytes.Replace(ca.pem, []byte("\nM"), []byte("\n!"), 1)
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret")})
	noCert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no ASN.1")})
	good := Pin(ca.cert)
	tests := []struct {
		name  string
		trust Trust
		want  []string
	}{
		{"no PEM at all", Trust{PEM: []byte("MIIB")}, []string{"Trust.PEM (4 bytes)", "-----BEGIN CERTIFICATE-----"}},
		{"bad base64 in the last block", Trust{PEM: concat(ca.pem, broken)}, []string{"Trust.PEM block 2 is malformed"}},
		{"bad base64 in the middle", Trust{PEM: concat(ca.pem, broken, ca.pem)}, []string{"Trust.PEM block 2 is malformed"}},
		{"cut off", Trust{PEM: ca.pem[:len(ca.pem)/2]}, []string{"Trust.PEM block 1 is malformed"}},
		{"a key", Trust{PEM: concat(ca.pem, key)}, []string{`Trust.PEM block 2 is a "PRIVATE KEY"`, "CERTIFICATE blocks only"}},
		{"no certificate inside", Trust{PEM: noCert}, []string{"Trust.PEM block 1", "X.509"}},
		{"only nothing", Trust{Only: true}, []string{"Trust.Only", "Trust.PEM"}},
		{"pin not base64", Trust{PEM: ca.pem, Pins: []string{good, "???"}}, []string{`Trust.Pins[1] is "???"`, "nethttp.Pin"}},
		{"pin too short", Trust{PEM: ca.pem, Pins: []string{"c2hvcnQ="}}, []string{`Trust.Pins[0] is "c2hvcnQ="`, "44 base64"}},
		{"empty pin", Trust{PEM: ca.pem, Pins: []string{""}}, []string{`Trust.Pins[0] is ""`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tr.SetTrust(tt.trust)
			if err == nil {
				t.Fatal("got no error")
			}
			for _, want := range append(tt.want, "nethttp: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to contain %q", err, want)
				}
			}
			if _, err := New(&Config{Trust: tt.trust}); err == nil {
				t.Error("New: got no error")
			}
		})
	}
	tries(t, func() string {
		s := serve(t, ca.issue(t), ok)
		mustSend(t, tr, s.URL)
		for _, tt := range tests {
			_ = tr.SetTrust(tt.trust)
		}
		mustSend(t, tr, s.URL)
		if n := s.conns.Load(); n != 1 {
			return fmt.Sprintf("got %d connections, want 1: a refused SetTrust changes nothing", n)
		}
		return ""
	})
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// TestNoSystemRoots runs itself again on a system without certificates.
func TestNoSystemRoots(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on linux can the system's roots be taken away")
	}
	if os.Getenv("NETHTTP_NO_ROOTS") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestNoSystemRoots$")
		cmd.Env = append(os.Environ(), "NETHTTP_NO_ROOTS=1", "SSL_CERT_FILE=/nonexistent", "SSL_CERT_DIR=/nonexistent")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	ca := newAuthority(t, "ca")
	s := serve(t, ca.issue(t), ok)
	tr := newTransport(t, nil)
	_, err := tr.Send(t.Context(), envelope(s.URL))
	if err == nil || !strings.Contains(err.Error(), "no root certificates") || !strings.Contains(err.Error(), "Config.Trust.PEM") {
		t.Errorf("got %v, want an error that names Config.Trust.PEM", err)
	}
	if unknown := (x509.UnknownAuthorityError{}); !errors.As(err, &unknown) {
		t.Errorf("got %v, want it to wrap x509.UnknownAuthorityError", err)
	}
	if err := tr.SetTrust(Trust{PEM: ca.pem}); err != nil {
		t.Fatal(err)
	}
	mustSend(t, tr, s.URL)
}

// TestSystemRoots runs itself again on a system that knows one authority.
func TestSystemRoots(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on linux can the system's roots be chosen")
	}
	base := os.Getenv("NETHTTP_BASE")
	if base == "" {
		ca := newAuthority(t, "ca")
		file := filepath.Join(t.TempDir(), "roots.pem")
		if err := os.WriteFile(file, ca.pem, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestSystemRoots$")
		cmd.Env = append(os.Environ(), "NETHTTP_BASE="+serve(t, ca.issue(t), ok).URL, "SSL_CERT_FILE="+file, "SSL_CERT_DIR=/nonexistent")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	other := newAuthority(t, "other").pem
	mustSend(t, newTransport(t, nil), base)
	mustSend(t, newTransport(t, &Config{Trust: Trust{PEM: other}}), base)
	_, err := newTransport(t, &Config{Trust: Trust{PEM: other, Only: true}}).Send(t.Context(), envelope(base))
	if err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("with Only: got %v, want an error about an unknown authority", err)
	}
}
