package benchmarks

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// Seen is what the server of a measurement got.
type Seen struct {
	Requests int64
	Bytes    int64 // that came over its connections, headers included
	Events   int64 // if it was asked to count them
	Logs     int64
	Shape    Shape // of the last event
}

// Shape is what an event carries. It is compared, so that nobody is faster because he sends less.
type Shape struct {
	Frames, Crumbs, Tags int
	Size                 int // bytes of the event's JSON
}

// serverRole answers every POST with 200 and an id, as Sentry does, until its standard input ends. Its first value is its
// address, its second what it saw. With the argument "up" it counts what the envelopes hold; with "hanging" it reads requests
// and answers none; with "distant" each answer takes 50 ms. With "tls" its certificate follows the address.
func serverRole(args []string, out *json.Encoder) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("benchmarks: server: %w", err)
	}
	addr := l.Addr().String()
	s := server{counts: slices.Contains(args, "up"), hangs: slices.Contains(args, "hanging"), distant: slices.Contains(args, "distant")}
	srv := &httptest.Server{Listener: counting{l, &s.bytes}, Config: &http.Server{Handler: &s, ReadHeaderTimeout: 10 * time.Second}}
	if slices.Contains(args, "tls") {
		srv.StartTLS()
		addr += "," + base64.StdEncoding.EncodeToString(srv.Certificate().Raw)
	} else {
		srv.Start()
	}
	if err := out.Encode(addr); err != nil {
		return err
	}
	io.Copy(io.Discard, os.Stdin)
	srv.Config.Close() // not the Close of the test's server, which waits for requests that hang
	seen := Seen{Requests: s.requests.Load(), Bytes: s.bytes.Load(), Events: s.events.Load(), Logs: s.logs.Load()}
	if b := s.last.Load(); b != nil && !s.counts && !s.hangs {
		if seen.Shape, err = shapeOf(*b); err != nil {
			return err
		}
	}
	return out.Encode(seen)
}

type server struct {
	counts, hangs, distant bool

	requests, bytes atomic.Int64
	events, logs    atomic.Int64
	last            atomic.Pointer[[]byte] // newest body with an event, as it came
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.last.Store(&body)
	s.requests.Add(1)
	if s.hangs {
		<-r.Context().Done()
		return
	}
	if s.counts {
		s.count(body)
	}
	if s.distant {
		time.Sleep(distance)
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`)
}

func (s *server) count(body []byte) {
	if plain, err := unzipped(body); err == nil {
		events, logs := count(plain)
		s.events.Add(int64(events))
		s.logs.Add(int64(logs))
	}
}

// counting counts the bytes that are read from the connections it accepts.
type counting struct {
	net.Listener
	n *atomic.Int64
}

func (l counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{c, l.n}, nil
}

type countedConn struct {
	net.Conn
	n *atomic.Int64
}

func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// unzipped returns an envelope as it was before a client zipped it.
func unzipped(body []byte) ([]byte, error) {
	if !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err == nil {
		body, err = io.ReadAll(z)
	}
	if err != nil {
		return nil, fmt.Errorf("benchmarks: envelope: %w", err)
	}
	return body, nil
}

// shapeOf reads the event in an envelope.
func shapeOf(body []byte) (s Shape, err error) {
	if body, err = unzipped(body); err != nil {
		return s, err
	}
	for _, line := range bytes.Split(body, []byte("\n")) {
		if bytes.Contains(line, []byte(`"event_id"`)) && bytes.Contains(line, []byte(`"exception"`)) {
			s.Size = len(line)
			return s, s.read(line)
		}
	}
	return s, fmt.Errorf("benchmarks: no event in the envelope %.200q", body)
}

func (s *Shape) read(event []byte) error {
	var e struct {
		Exception values[struct {
			Stacktrace struct{ Frames []json.RawMessage }
		}]
		Breadcrumbs values[json.RawMessage]
		Tags        map[string]string
	}
	if err := json.Unmarshal(event, &e); err != nil {
		return fmt.Errorf("benchmarks: event: %w", err)
	}
	for _, x := range e.Exception {
		s.Frames += len(x.Stacktrace.Frames)
	}
	s.Crumbs, s.Tags = len(e.Breadcrumbs), len(e.Tags)
	return nil
}

// values is a list of which there are two spellings: sentry-go writes it bare, Krunk as an object with the key "values".
type values[T any] []T

// UnmarshalJSON takes either.
func (v *values[T]) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("[")) {
		return json.Unmarshal(b, (*[]T)(v))
	}
	var object struct{ Values []T }
	err := json.Unmarshal(b, &object)
	*v = object.Values
	return err
}
