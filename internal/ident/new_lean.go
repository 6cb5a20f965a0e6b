//go:build (!(amd64 || arm64 || 386) || nintendosdk || playstation5 || microsoftgdk || krunk_lean) && !krunk_gojson

package ident

// New returns a random id from the runtime's generator: crypto/rand brings 32 MiB of zero pages and panics on some consoles.
func New() (id [16]byte) {
	random(&id)
	return id
}
