package trust

import (
	"crypto/x509"
	"errors"
)

// Hint names the option that helps against an unknown certificate, or returns "".
func (t *Checked) Hint(err error) string {
	switch {
	case !unknown(err):
		return ""
	case !t.only && systemIsEmpty():
		return ": this system has no root certificates (the package ca-certificates is missing): put the server's root into Config.Trust.PEM"
	}
	return ": if the server's authority is a private one, put its root into Config.Trust.PEM"
}

// unknown reports whether err wraps that no root was found for a certificate. errors.As links 9 KiB of package reflectlite.
func unknown(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		switch err.(type) {
		case x509.UnknownAuthorityError, x509.SystemRootsError:
			return true
		}
	}
	return false
}

// systemIsEmpty reports whether the system has no roots. On windows, darwin and ios, where the system verifies by
// itself, the pool is never equal to an empty one.
func systemIsEmpty() bool {
	p, err := x509.SystemCertPool()
	return err != nil || p.Equal(x509.NewCertPool())
}
