package benchmarks

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/getsentry/sentry-go"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/deflate"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/nethttp"
)

// Delivered is what events cost that reached a server: the process that captured them, apart from the one that got them.
type Delivered struct {
	Events  int
	CPU     time.Duration // user and system, of the whole process
	Mallocs uint64
	Seen    Seen // the events that warmed the process included
}

const (
	deliveredCrumbs = 20
	deliveredWarm   = 200
)

// Candidates are those who deliver: Krunk over nethttp, over http1, over nethttp with deflate, and sentry-go.
func Candidates() []string { return []string{"sentry-go", "krunk", "krunk+http1", "krunk+deflate"} }

// Deliver starts a server and a client in processes of their own. who is one of Candidates. At most
// flight events are on their way at a time, so that nothing is dropped: 1 is a game that reports now and then and flushes each
// (Krunk's recorder, which has nobody to wait for, would leave each to its next look, 256 ms later at most), more is a burst.
// secure is over TLS.
func Deliver(who string, events, flight int, secure bool) (d Delivered, err error) {
	roles := map[bool][]string{false: {"server"}, true: {"server", "tls"}}
	srv, err := startChild(roles[secure]...)
	if err != nil {
		return d, err
	}
	var addr string
	err = srv.out.Decode(&addr)
	if err == nil {
		err = runChild(&d, "delivered", who, addr, strconv.Itoa(events), strconv.Itoa(flight))
	}
	if err := errors.Join(err, srv.end(&d.Seen)); err != nil {
		return d, err
	}
	if got, want := d.Seen.Requests, int64(events+deliveredWarm); got != want {
		return d, fmt.Errorf("benchmarks: %s: %d of %d events arrived", who, got, want)
	}
	// Krunk cuts its own frames, but this whole program lies below Krunk's import path; a stack of nothing else is left whole,
	// with the call of Report on top.
	// Its events have one breadcrumb more, for all the events before that are of the same kind.
	if s := d.Seen.Shape; s.Crumbs < deliveredCrumbs || s.Crumbs > deliveredCrumbs+1 || s.Frames < depth-1 || s.Frames > depth || s.Tags < 5 {
		return d, fmt.Errorf("benchmarks: %s: the events are not those to be measured: %+v", who, s)
	}
	return d, nil
}

// Encode is Deliver for a transport that answers at once and looks at nothing: what a client spends without the way to a
// server. crumbs is 0 or 100 breadcrumbs an event; pack compresses them.
func Encode(crumbs, events int, pack bool) (d Delivered, err error) {
	way := map[bool]string{true: "/deflate"}[pack]
	return d, runChild(&d, "delivered", fmt.Sprintf("stub/crumbs=%d%s", crumbs, way), "127.0.0.1:9", strconv.Itoa(events), "1")
}

// deliveredRole is the client.
func deliveredRole(args []string, out *json.Encoder) error {
	if len(args) != 4 {
		return fmt.Errorf("benchmarks: role delivered got %q; write who, address, events, flight", args)
	}
	events, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	flight, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	slots := make(chan struct{}, flight)
	to, err := targetOf(args[1])
	if err != nil {
		return err
	}
	s, err := openDelivery(args[0], to, slots)
	if err != nil {
		return err
	}
	if _, err := s.run(deliveredWarm); err != nil {
		return err
	}
	d := Delivered{Events: events}
	before := spent()
	if _, err := s.run(events); err != nil {
		return err
	}
	after := spent()
	d.CPU, d.Mallocs = after.cpu-before.cpu, after.mallocs-before.mallocs
	if err := s.Close(); err != nil {
		return err
	}
	return out.Encode(d)
}

type expense struct {
	cpu     time.Duration
	mallocs uint64
}

// spent collects garbage first, so that each measurement pays for its own.
func spent() expense {
	runtime.GC()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // unreachable: both arguments are valid
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return expense{time.Duration(u.Utime.Nano() + u.Stime.Nano()), m.Mallocs}
}

// target is where a client sends to.
type target struct {
	dsn  string
	root []byte // PEM of the server's certificate, nil without TLS
}

// targetOf reads the first value of a server.
func targetOf(server string) (t target, err error) {
	const key = "0123456789abcdef0123456789abcdef"
	addr, cert, secure := strings.Cut(server, ",")
	if !secure {
		return target{dsn: "http://" + key + "@" + addr + "/1"}, nil
	}
	der, err := base64.StdEncoding.DecodeString(cert)
	if err != nil {
		return t, fmt.Errorf("benchmarks: the server's certificate: %w", err)
	}
	return target{"https://" + key + "@" + addr + "/1", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
}

func (t target) nethttp() (*nethttp.Transport, error) {
	return nethttp.New(&nethttp.Config{Trust: nethttp.Trust{PEM: t.root, Only: t.root != nil}})
}

func (t target) http1() (*http1.Transport, error) {
	return http1.New(&http1.Config{Trust: http1.Trust{PEM: t.root, Only: t.root != nil}})
}

func openDelivery(who string, to target, slots chan struct{}) (*Session, error) {
	overNet, err := to.nethttp()
	overHTTP1, err2 := to.http1()
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	dsn := to.dsn
	switch who {
	case "krunk":
		return deliverKrunk(dsn, overNet, nil, slots, deliveredCrumbs)
	case "krunk+http1":
		return deliverKrunk(dsn, overHTTP1, nil, slots, deliveredCrumbs)
	case "krunk+deflate":
		return deliverKrunk(dsn, overNet, deflate.Items(), slots, deliveredCrumbs)
	case "stub/crumbs=0":
		return deliverKrunk(dsn, transport.Func(accept), nil, slots, 0)
	case "stub/crumbs=100":
		return deliverKrunk(dsn, transport.Func(accept), nil, slots, 100)
	case "stub/crumbs=0/deflate":
		return deliverKrunk(dsn, transport.Func(accept), deflate.Items(), slots, 0)
	case "stub/crumbs=100/deflate":
		return deliverKrunk(dsn, transport.Func(accept), deflate.Items(), slots, 100)
	case "sentry-go":
		return deliverSentry(to, slots)
	}
	return nil, fmt.Errorf("benchmarks: nobody is called %q; write one of %q", who, Candidates())
}

// tagKeys are the tags of every event; Krunk adds its support code.
var tagKeys = [...]string{"gpu", "map", "mode", "platform", "store"}

func deliverKrunk(dsn string, t transport.Transport, pack transport.Compressor, slots chan struct{}, crumbs int) (*Session, error) {
	answered := answeredSend{t, slots}
	c, err := krunk.Start(krunk.Config{DSN: dsn, Transport: answered, Compress: pack, Release: release, MaxRepeats: -1, NoSessions: true})
	if err != nil {
		return nil, err
	}
	for _, k := range tagKeys {
		c.SetTag(k, "value of "+k)
	}
	ch := c.Channel("net")
	for i := range crumbs {
		krunkCrumb(ch, i)
	}
	alone := cap(slots) == 1
	s := &Session{Size: 1 << 20, Rest: flushed(c), Close: func() error { return nothingLost(c) }}
	s.Batch = func(n int) {
		atPlace(func() {
			for range n {
				slots <- struct{}{}
				c.Report(errReset)
				if alone {
					c.Flush(patient)
				}
			}
		})
	}
	return s, nil
}

// answeredSend frees a slot when an answer has come. As many envelopes are on their way as over the transport itself.
type answeredSend struct {
	transport.Transport
	slots chan struct{}
}

func (a answeredSend) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	resp, err := a.Transport.Send(ctx, r)
	<-a.slots
	return resp, err
}

func (a answeredSend) Parallel() int { return transport.Parallel(a.Transport) }

// answeredTrip frees a slot when an answer has come.
type answeredTrip struct {
	http.RoundTripper
	slots chan struct{}
}

func (a answeredTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.RoundTripper.RoundTrip(r)
	<-a.slots
	return resp, err
}

func deliverSentry(to target, slots chan struct{}) (*Session, error) {
	over := &tls.Config{}
	if to.root != nil {
		over.RootCAs = x509.NewCertPool()
		over.RootCAs.AppendCertsFromPEM(to.root)
	}
	dial := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	hub, err := newHub(func(o *sentry.ClientOptions) {
		o.Dsn = to.dsn
		o.HTTPTransport = answeredTrip{&http.Transport{DialContext: dial.DialContext, TLSClientConfig: over}, slots}
	})
	if err != nil {
		return nil, err
	}
	hub.ConfigureScope(func(s *sentry.Scope) {
		for _, k := range tagKeys {
			s.SetTag(k, "value of "+k)
		}
	})
	for i := range deliveredCrumbs {
		hub.AddBreadcrumb(crumb(i), nil)
	}
	alone := cap(slots) == 1
	s := &Session{Size: 1 << 20, Close: func() error { hub.Client().Close(); return nil }}
	s.Batch = func(n int) {
		atPlace(func() {
			for range n {
				slots <- struct{}{}
				hub.CaptureException(errReset)
				if alone {
					hub.Flush(patient)
				}
			}
		})
	}
	s.Rest = func() error {
		if !hub.Flush(patient) {
			return errors.New("benchmarks: sentry-go's flush ran out of time")
		}
		return nil
	}
	return s, nil
}
