package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/krunk-go/krunk/transport/sentrytest"
)

// TestMain lets the test start the launcher as a program of its own.
func TestMain(m *testing.M) {
	if os.Getenv("LAUNCHER") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// studio is the studio's own URL, and what lies behind it.
type studio struct {
	behind   *sentrytest.Server
	url      string
	requests atomic.Int64
}

func newStudio(t *testing.T) *studio {
	s := &studio{behind: sentrytest.New(sentrytest.Options{})}
	relay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if r.URL.Path != "/telemetry/" {
			http.NotFound(w, r)
			return
		}
		r.URL.Path = "/api/42/envelope/"
		s.behind.ServeHTTP(w, r)
	}))
	t.Cleanup(relay.Close)
	s.url = relay.URL + "/telemetry/"
	return s
}

// launch runs the launcher until it ends, with these lines on its standard input.
func (s *studio) launch(t *testing.T, dir string, lines ...string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-dsn", s.behind.DSN(), "-tunnel", s.url, "-dir", dir)
	cmd.Env = append(os.Environ(), "LAUNCHER=1")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	var out, fail strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &fail
	_ = cmd.Run() // it may die
	return out.String(), fail.String()
}

// delivered starts the launcher again until n events have arrived: what one start had no time to deliver the next one does.
func (s *studio) delivered(t *testing.T, dir string, n int) []sentrytest.Event {
	t.Helper()
	for range 20 {
		if events := s.behind.Events(); len(events) >= n {
			return events
		}
		s.launch(t, dir, "exit")
	}
	return s.behind.Events()
}

func TestOptIn(t *testing.T) {
	s, dir := newStudio(t), t.TempDir()
	if out, _ := s.launch(t, dir, "yes", "moonfall", "panic"); !strings.Contains(out, "May the launcher report crashes?") {
		t.Errorf("printed %q, want the question", out)
	}
	out, _ := s.launch(t, dir, "moonfall", "exit")
	events := s.delivered(t, dir, 3)
	if len(events) != 3 {
		t.Fatalf("%d events arrived, want the missing game twice and the panic", len(events))
	}
	var code string
	for _, e := range events {
		if e.User.ID == "" || e.User.ID != events[0].User.ID || e.Contexts["os"] == nil {
			t.Errorf("user %+v and contexts %v, want the installation and what it runs on", e.User, e.Contexts)
		}
		if e.Level == "fatal" {
			code = e.Tag("support_code")
		}
	}
	if code == "" || !strings.Contains(out, code) || !strings.Contains(out, "no such shelf") || strings.Contains(out, "May the launcher") {
		t.Errorf("printed %q, want the crash of the last run with its code %q, and no question", out, code)
	}
	if logs := s.behind.Logs(); len(logs) < 2 {
		t.Errorf("%d log records arrived, want those of zerolog", len(logs))
	}
	s.behind.Verify(t)
}

// Without an answer, and after no, not one request is made.
func TestNo(t *testing.T) {
	for _, answer := range []string{"", "no"} {
		s, dir := newStudio(t), t.TempDir()
		var lines []string
		if answer != "" {
			lines = append(lines, answer, "moonfall", "panic")
		}
		s.launch(t, dir, lines...)
		s.launch(t, dir, lines...)
		if n := s.requests.Load(); n != 0 {
			t.Errorf("answer %q: %d requests were made, want none", answer, n)
		}
	}
}

// zerolog's Fatal ends the program: what it says is delivered first.
func TestFatal(t *testing.T) {
	s, dir := newStudio(t), t.TempDir()
	s.launch(t, dir, "yes", "fatal")
	if events := s.delivered(t, dir, 1); len(events) != 1 || events[0].Level != "fatal" {
		t.Errorf("%d events arrived, want the fatal one", len(events))
	}
	s.behind.Verify(t)
}

func TestMainHasLessThanSixtyLines(t *testing.T) {
	b, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "\n"); n >= 60 {
		t.Errorf("main.go has %d lines, want less than 60", n)
	}
}
