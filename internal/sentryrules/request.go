package sentryrules

import "net/http"

// Request is one request, by whatever way it came.
type Request struct {
	Method string
	Path   string
	Query  map[string][]string
	Header http.Header
	Body   []byte
	Length int64 // -1: chunked
	Broken error // the body could not be read to its end
}

// MaxWire is the most of a body as received that is looked at, maxInflated of an envelope.
const (
	MaxWire     = 20 << 20
	maxInflated = 100 << 20
)
