package krunk_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// A probe that succeeds leaves nothing behind on the server.
func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := controlled(t, krunk.Config{}, "")
		for range 2 {
			if err := c.Probe(time.Second); err != nil {
				t.Errorf("got %v from a server that takes everything", err)
			}
		}
		if n := srv.Requests(); n != 2 || len(srv.Events()) != 0 || len(srv.Faults()) != 0 {
			t.Errorf("%d requests, %d events, faults %v; want two requests that nobody minds", n, len(srv.Events()), srv.Faults())
		}
		c.Close(time.Second)
		if err := c.Probe(time.Second); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("got %v from a closed client", err)
		}
	})
}

// The error says what is wrong and what to write.
func TestProbeSaysWhatIsWrong(t *testing.T) {
	hang := errors.New("")
	for _, tt := range []struct {
		name, dsn string
		answer    transport.Response
		err       error
		want      []string
	}{
		{"wrong key", "https", transport.Response{Status: 401}, nil, []string{"401", "key", "Config.DSN"}},
		{"key of another project", "https", transport.Response{Status: 403}, nil, []string{"403", "key", "Config.DSN"}},
		{"wrong project", "https", transport.Response{Status: 404}, nil, []string{"404", "project", "Config.DSN"}},
		{"needs https", "http", transport.Response{Status: 301, Location: "https://sentry.example/api/42/envelope/"}, nil, []string{"301", "write https"}},
		{"page of a hotel", "http", transport.Response{Status: 200, ContentType: "text/html; charset=utf-8"}, nil, []string{"HTML", "log in"}},
		{"dead host", "https", transport.Response{}, errors.New("dial tcp: connection refused"), []string{"connection refused"}},
		{"no answer", "https", transport.Response{}, hang, []string{"no answer within 3s", "Config.DSN"}},
		{"server in trouble", "https", transport.Response{Status: 502}, nil, []string{"502"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := quiet(t, krunk.Config{
					DSN: tt.dsn + "://0123456789abcdef0123456789abcdef@sentry.example/42",
					Transport: transport.Func(func(ctx transport.Context, _ *transport.Request) (transport.Response, error) {
						if tt.err == hang {
							<-ctx.Done()
							return transport.Response{}, ctx.Err()
						}
						return tt.answer, tt.err
					}),
				})
				begin := time.Now()
				err := c.Probe(3 * time.Second)
				if err == nil {
					t.Fatal("got no error")
				}
				for _, want := range tt.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("got %q, which does not say %q", err, want)
					}
				}
				if d := time.Since(begin); d > 3*time.Second {
					t.Errorf("Probe took %v, want its 3 s at most", d)
				}
			})
		})
	}
}

func TestProbeOfNoClient(t *testing.T) {
	var none *krunk.Client
	for name, c := range map[string]*krunk.Client{"nil": none, "DSN": quiet(t, krunk.Config{})} {
		if err := c.Probe(time.Second); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error that names %s", err, name)
		}
	}
}

// What was dropped before is told by the probe, as by any other envelope.
func TestProbeTakesAReportAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, srv := controlled(t, krunk.Config{}, "")
		srv.Next(sentrytest.TooLarge())
		c.Report(errors.New("boom"))
		synctest.Wait()
		if err := c.Probe(time.Second); err != nil {
			t.Error(err)
		}
		if told(srv, "send_error", "error") != 1 {
			t.Errorf("told %v, want the event that was refused", srv.Discards())
		}
	})
}
