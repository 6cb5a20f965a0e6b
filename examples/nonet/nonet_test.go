package main

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/transport"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// wired returns a console that reaches a strict endpoint.
func wired(srv *sentrytest.Server) *console {
	return &console{network: func(url string, header map[string]string, body []byte) (int, map[string]string, error) {
		r, err := srv.Transport().Send(untilDone{}, &transport.Request{
			URL: url, Auth: header["X-Sentry-Auth"], UserAgent: header["User-Agent"], ContentType: header["Content-Type"],
			ContentEncoding: header["Content-Encoding"], Body: body,
		})
		return r.Status, map[string]string{
			"Retry-After": r.RetryAfter, "X-Sentry-Rate-Limits": r.RateLimits, "Location": r.Location, "Content-Type": r.ContentType,
		}, err
	}}
}

// untilDone is a context that does not end.
type untilDone struct{}

func (untilDone) Done() <-chan struct{} { return nil }
func (untilDone) Err() error            { return nil }

func TestPlay(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{})
	var out strings.Builder
	if err := play(wired(srv), srv.DSN(), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	srv.Verify(t)
	events := srv.Events()
	if len(events) != 2 {
		t.Fatalf("%d events arrived, want 2", len(events))
	}
	if events[0].Level == "fatal" { // what is worse goes first
		events[0], events[1] = events[1], events[0]
	}
	if !strings.Contains(out.String(), "support code "+events[0].Tag("support_code")) {
		t.Errorf("printed %q, want the support code %s", out.String(), events[0].Tag("support_code"))
	}
	if got := events[1].Title(); got != "panic: no such sprite" {
		t.Errorf("title %q, want the panic's", got)
	}
}

// A server that is away and one that is busy are told apart by what Send returns.
func TestSend(t *testing.T) {
	lost := errors.New("cable")
	for _, tt := range []struct {
		name   string
		status int
		answer map[string]string
		err    error
	}{
		{"answer", 200, nil, nil},
		{"busy", 429, map[string]string{"Retry-After": "17"}, nil},
		{"no network", 0, nil, lost},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &console{network: func(string, map[string]string, []byte) (int, map[string]string, error) {
				return tt.status, tt.answer, tt.err
			}}
			r, err := c.Send(untilDone{}, &transport.Request{URL: "https://sentry.example/api/42/envelope/", Body: []byte("{}\n")})
			if r.Status != tt.status || r.RetryAfter != tt.answer["Retry-After"] || !errors.Is(err, tt.err) {
				t.Errorf("got %+v, %v, want status %d and %v", r, err, tt.status, tt.err)
			}
			if len(c.requests) != 0 {
				t.Errorf("%d requests are open, want none", len(c.requests))
			}
		})
	}
}

func TestTransportHasThirtyLines(t *testing.T) {
	b, err := os.ReadFile("transport.go")
	if err != nil {
		t.Skip("skipped: the source is not there")
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			n++
		}
	}
	if n > 30 {
		t.Errorf("transport.go has %d lines of code, want 30 at most", n)
	}
}

// The example is what its name says, built as consoles are.
func TestLinksNoNet(t *testing.T) {
	out, err := exec.Command("go", "list", "-tags", "krunk_lean", "-deps", ".").Output()
	if err != nil {
		t.Skip("skipped: no go command here")
	}
	for _, pkg := range strings.Fields(string(out)) {
		if slices.Contains([]string{"net", "net/http", "crypto/tls"}, pkg) {
			t.Errorf("%s is linked", pkg)
		}
	}
}
