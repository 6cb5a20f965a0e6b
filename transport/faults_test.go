package transport_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/http1"
	"github.com/krunk-go/krunk/transport/nethttp"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// post returns a request with an event, the n-th.
func post(s *sentrytest.Server, n int) *transport.Request {
	key, _, _ := strings.Cut(strings.TrimPrefix(s.DSN(), "http://"), "@")
	id := fmt.Sprintf("%032x", n+1)
	return &transport.Request{
		URL:       s.URL() + "/api" + s.DSN()[strings.LastIndexByte(s.DSN(), '/'):] + "/envelope/",
		Auth:      "Sentry sentry_version=7, sentry_client=krunk.go/0.1.0, sentry_key=" + key,
		UserAgent: "krunk.go/0.1.0", ContentType: "application/x-sentry-envelope",
		Body: []byte(`{"event_id":"` + id + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"event_id":"` + id + `","timestamp":1790000000,"platform":"go","message":"x"}` + "\n"),
	}
}

// Whatever fault the strict endpoint plays, on a new connection and on one that was kept, both HTTP transports tell it, and the
// next envelope arrives.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply sentrytest.Reply
		want  transport.Response
		err   error
		again bool // on a kept connection it is sent once more, as it was closed without a byte
	}{
		{"limit", sentrytest.Limit("60:error:organization"), transport.Response{Status: 429, RateLimits: "60:error:organization", ContentType: "application/json"}, nil, false},
		{"retry later", sentrytest.Reply{Status: 503, RetryAfter: "7"}, transport.Response{Status: 503, RetryAfter: "7", ContentType: "application/json"}, nil, false},
		{"too large", sentrytest.TooLarge(), transport.Response{Status: 413, ContentType: "application/json"}, nil, false},
		{"slow", sentrytest.Slow(50 * time.Millisecond), transport.Response{Status: 200, ContentType: "application/json"}, nil, false},
		{"slow body", sentrytest.Reply{SlowBody: 200 * time.Millisecond}, transport.Response{Status: 200, ContentType: "application/json"}, nil, false},
		{"long body", sentrytest.Reply{Body: strings.Repeat("x", 1<<20)}, transport.Response{Status: 200, ContentType: "application/json"}, nil, false},
		{"hang", sentrytest.Hang(), transport.Response{}, context.DeadlineExceeded, false},
		{"reset", sentrytest.Reset(), transport.Response{}, errAny, true},
	} {
		for _, kept := range []bool{false, true} {
			timeout := time.Minute // no answer is slower, but the one that never comes
			if c.name == "hang" {
				timeout = 3 * time.Second
			}
			one, err := http1.New(&http1.Config{Timeout: timeout})
			two, err2 := nethttp.New(&nethttp.Config{Timeout: timeout})
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			for name, tr := range map[string]transport.Transport{"http1": one, "nethttp": two} {
				t.Run(fmt.Sprintf("%s/kept=%v/%s", c.name, kept, name), func(t *testing.T) {
					t.Parallel()
					s := sentrytest.Start(sentrytest.Options{AnyTime: true})
					defer s.Close()
					defer transport.CloseIdle(tr)
					if kept {
						if a, err := tr.Send(t.Context(), post(s, 0)); err != nil || a.Status != 200 {
							t.Fatalf("got %+v, %v; want 200", a, err)
						}
					}
					s.Next(c.reply)
					a, err := tr.Send(t.Context(), post(s, 1))
					want, wantErr := c.want, c.err
					if c.again && kept {
						want, wantErr = transport.Response{Status: 200, ContentType: "application/json"}, nil
					}
					a.Note = ""
					if a != want || (err != nil) != (wantErr != nil) || wantErr != nil && wantErr != errAny && !errors.Is(err, wantErr) {
						t.Errorf("got %+v, %v; want %+v, %v", a, err, want, wantErr)
					}
					if a, err := tr.Send(t.Context(), post(s, 2)); err != nil || a.Status != 200 {
						t.Errorf("the next one: got %+v, %v; want 200", a, err)
					}
					if d := s.Duplicates(); d > 0 {
						t.Errorf("%d events arrived twice", d)
					}
				})
			}
		}
	}
}

// errAny stands for any error.
var errAny = errors.New("any")
