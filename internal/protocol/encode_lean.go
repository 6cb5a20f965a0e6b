//go:build (!(amd64 || arm64 || 386) || nintendosdk || playstation5 || microsoftgdk || krunk_lean) && !krunk_gojson

package protocol

// Encoder writes the wire types by hand: go-json costs 2.7 MiB on 32-bit ARM and 5.2 MiB in a browser. The zero Encoder is
// ready. It is owned by one goroutine.
type Encoder struct {
	Cut int // of the last event: offset from its first byte at which `,"breadcrumbs":` begins; 0 if it has none
}

// Warm has nothing to compile in this build.
func (e *Encoder) Warm() {}

func (e *Encoder) encode(dst []byte, ev *Event) ([]byte, error) { return leanEvent(dst, ev), nil }
