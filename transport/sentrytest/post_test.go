package sentrytest

import (
	"context"
	"testing"

	"github.com/krunk-go/krunk/transport"
)

// newSend is a good request for s.
func newSend(s *Server, body string) *transport.Request {
	return &transport.Request{
		URL:       s.URL() + "/api/42/envelope/",
		Auth:      "Sentry sentry_version=7, sentry_client=" + testAgent + ", sentry_key=" + defaultKey,
		UserAgent: testAgent, ContentType: "application/x-sentry-envelope", Body: []byte(body),
	}
}

// post sends an envelope in memory and returns the status.
func post(t testing.TB, s *Server, body string) int {
	t.Helper()
	a, err := s.Transport().Send(context.Background(), newSend(s, body))
	if err != nil {
		t.Fatal(err)
	}
	return a.Status
}
