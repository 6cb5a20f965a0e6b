package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/getsentry/sentry-go"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
)

const (
	testDSN = "http://0123456789abcdef0123456789abcdef@127.0.0.1:9/1"
	release = "moonfall@1.4.2"
	patient = time.Minute // for what is not measured
)

// errReset is what every capture reports: one error, nothing wrapped.
var errReset = errors.New("read tcp: connection reset by peer")

// accept answers every envelope with 200 and forgets it.
func accept(transport.Context, *transport.Request) (transport.Response, error) {
	return transport.Response{Status: http.StatusOK}, nil
}

// hold is a server that answers nobody until it is released.
type hold chan struct{}

// Send waits like a server that stalls; released, it accepts.
func (h hold) Send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	select {
	case <-h:
		return accept(ctx, r)
	case <-ctx.Done():
		return transport.Response{}, ctx.Err()
	}
}

// RoundTrip is the same for sentry-go.
func (h hold) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-h:
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// startKrunk starts a client with the defaults but for MaxRepeats: the benchmarks send one event over and over.
func startKrunk(t transport.Transport) (*krunk.Client, error) {
	return krunk.Start(krunk.Config{DSN: testDSN, Transport: t, Release: release, MaxRepeats: -1, NoSessions: true})
}

// discard is a transport of sentry-go that forgets events before they are encoded.
type discard struct{}

func (discard) Flush(time.Duration) bool              { return true }
func (discard) FlushWithContext(context.Context) bool { return true }
func (discard) Configure(sentry.ClientOptions)        {}
func (discard) SendEvent(*sentry.Event)               {}
func (discard) Close()                                {}

// newHub starts sentry-go as it comes; change may be nil.
func newHub(change func(*sentry.ClientOptions)) (*sentry.Hub, error) {
	o := sentry.ClientOptions{Dsn: testDSN, Release: release, ServerName: "host"}
	if change != nil {
		change(&o)
	}
	c, err := sentry.NewClient(o)
	if err != nil {
		return nil, err
	}
	return sentry.NewHub(c, sentry.NewScope()), nil
}

// discardingHub starts sentry-go with a transport that costs nothing, which is the best case for its caller.
func discardingHub() (*sentry.Hub, error) {
	return newHub(func(o *sentry.ClientOptions) { o.Transport = discard{} })
}

// crumb is the breadcrumb of sentry-go that carries what krunkCrumb writes.
func crumb(i int) *sentry.Breadcrumb {
	return &sentry.Breadcrumb{
		Category: "net", Message: "packet lost", Level: sentry.LevelInfo,
		Data: map[string]any{"seq": i, "rtt": float64(31)},
	}
}

func krunkCrumb(c *krunk.Channel, i int) {
	c.Info("packet lost", krunk.Int("seq", i), krunk.Duration("rtt", 31*time.Millisecond))
}

// flushed is the Rest of a Krunk client whose server answers at once.
func flushed(c *krunk.Client) func() error {
	return func() error {
		if !c.Flush(patient) {
			return errors.New("benchmarks: the flush between two batches ran out of time")
		}
		return nil
	}
}

// nothingLost closes c and returns an error if a record was dropped, as that would have been measured instead.
func nothingLost(c *krunk.Client) error {
	c.Close(patient)
	if s := c.Stats(); len(s.Losses) > 0 || s.HistoryLost > 0 {
		return fmt.Errorf("benchmarks: records were dropped, so the time is not that of a kept one: %+v, history %d", s.Losses, s.HistoryLost)
	}
	return nil
}
