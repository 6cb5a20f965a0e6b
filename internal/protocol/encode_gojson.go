//go:build ((amd64 || arm64 || 386) && !(nintendosdk || playstation5 || microsoftgdk || krunk_lean)) || krunk_gojson

package protocol

import (
	"errors"

	"github.com/goccy/go-json"
)

// Encoder writes the wire types with go-json. The zero Encoder is ready. It is owned by one goroutine, and it should be a
// long-lived one: go-json's first call grows its stack.
type Encoder struct {
	Cut int // of the last event: offset from its first byte at which `,"breadcrumbs":` begins; 0 if it has none

	json *json.Encoder
	out  sink
}

// sink is where go-json writes; it appends to what the caller gave.
type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

// Warm compiles the wire types: half a millisecond that the first event would pay otherwise.
func (e *Encoder) Warm() {
	n := 0
	ev := Event{
		SDK: &SDK{Settings: &SDKSettings{}}, User: &User{}, Fingerprint: []string{""}, LogEntry: &LogEntry{},
		Exception: &Exceptions{Values: []Exception{{
			Mechanism:  &Mechanism{Handled: new(bool), ExceptionID: &n, ParentID: &n},
			Stacktrace: &Stacktrace{Frames: []Frame{{}}},
		}}},
		Threads: &Threads{Values: []Thread{{Stacktrace: &Stacktrace{Frames: []Frame{{}}}}}},
	}
	_, _ = e.Event(nil, &ev)
}

func (e *Encoder) encode(dst []byte, ev *Event) ([]byte, error) { return e.run(dst, ev) }

func (e *Encoder) run(dst []byte, v any) (out []byte, err error) {
	if e.json == nil {
		e.json = json.NewEncoder(&e.out)
		e.json.SetEscapeHTML(false)
	}
	e.out.b = dst
	defer func() {
		if r := recover(); r != nil {
			out, err = dst, panicked(r)
			e.json = nil
		}
		e.out.b = nil
	}()
	if err := e.json.Encode(v); err != nil {
		return dst, err
	}
	return e.out.b[:len(e.out.b)-1], nil // without the line feed
}

func panicked(r any) error {
	switch r := r.(type) {
	case error:
		return errors.New("protocol: the encoder panicked: " + r.Error())
	case string:
		return errors.New("protocol: the encoder panicked: " + r)
	}
	return errors.New("protocol: the encoder panicked")
}
