package sentrytest

import (
	"context"
	"go/build"
	"strings"
	"testing"
)

func TestMemoryErrors(t *testing.T) {
	s := New(Options{AnyTime: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Transport().Send(ctx, newSend(s, eventEnvelope())); err == nil {
		t.Error("got an answer of an ended ctx")
	}
	q := newSend(s, eventEnvelope())
	q.URL = "/api/42/envelope/"
	if _, err := s.Transport().Send(t.Context(), q); err == nil || !strings.Contains(err.Error(), "http://sentrytest.invalid/api/42/envelope/") {
		t.Errorf("got %v, want what to write", err)
	}
	if s.Requests() != 0 {
		t.Errorf("got %d requests, want 0", s.Requests())
	}
}

func TestDSN(t *testing.T) {
	s := New(Options{Project: "7", Key: "abc"})
	if got, want := s.DSN(), "http://abc@sentrytest.invalid/7"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestImports: programs link this package, so it must not bring testing.
func TestImports(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range p.Imports {
		own := strings.HasPrefix(i, "github.com/krunk-go/krunk/transport") || i == "github.com/krunk-go/krunk/internal/sentryrules"
		if i == "testing" || strings.Contains(i, ".") && !own {
			t.Errorf("imports %s", i)
		}
	}
}
