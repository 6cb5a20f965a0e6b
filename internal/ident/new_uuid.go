//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package ident

import "github.com/google/uuid"

// New returns a random id from the system's generator; where that fails, from the runtime's.
func New() (id [16]byte) {
	made, err := uuid.NewRandom()
	if id = made; err != nil {
		random(&id)
	}
	return id
}
