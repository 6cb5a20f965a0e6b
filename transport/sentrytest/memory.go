package sentrytest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/krunk-go/krunk/transport"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// Transport carries envelopes to s in memory: no socket, no goroutine. It takes the same way as a request over HTTP from
// the checks of the headers on. Send returns an error if ctx ends before the answer, if the reply is a Reset and once s is
// closed; it waits on channels of s only, so in a testing/synctest bubble s must have been made inside.
func (s *Server) Transport() transport.Transport { return transport.Func(s.send) }

func (s *Server) send(ctx transport.Context, r *transport.Request) (transport.Response, error) {
	if err := ctx.Err(); err != nil {
		return transport.Response{}, fmt.Errorf("sentrytest: %w", err)
	}
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" {
		return transport.Response{}, fmt.Errorf("sentrytest: URL %q is not absolute; want %s/api/%s/envelope/", r.URL, s.url, s.opt.Project)
	}
	if !s.enter() {
		return transport.Response{}, errors.New("sentrytest: connection refused: the server is closed")
	}
	defer s.leave()
	a := s.receive(newRequest(u, r))
	switch {
	case a.Hang:
		s.hang(ctx.Done())
		return transport.Response{}, gone(ctx)
	case !s.pause(ctx.Done(), a.Delay):
		return transport.Response{}, gone(ctx)
	case a.Reply.Reset:
		return transport.Response{}, errors.New("sentrytest: connection reset by peer")
	case !s.pause(ctx.Done(), a.SlowBody):
		return transport.Response{}, gone(ctx)
	}
	return transport.Response{Status: a.status, RetryAfter: a.RetryAfter, RateLimits: a.RateLimits}, nil
}

// gone is why no answer came.
func gone(ctx transport.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sentrytest: no answer: %w", err)
	}
	return errors.New("sentrytest: no answer: the server was closed")
}

func newRequest(u *url.URL, r *transport.Request) *sentryrules.Request {
	q := &sentryrules.Request{Method: http.MethodPost, Path: u.Path, Query: u.Query(), Header: http.Header{}, Body: bytes.Clone(r.Body), Length: int64(len(r.Body))}
	q.Header.Set("Content-Length", strconv.Itoa(len(r.Body)))
	for name, value := range map[string]string{
		"X-Sentry-Auth": r.Auth, "User-Agent": r.UserAgent, "Content-Type": r.ContentType, "Content-Encoding": r.ContentEncoding,
	} {
		if value != "" {
			q.Header.Set(name, value)
		}
	}
	return q
}
