package main

import (
	"os"
	"strings"
	"testing"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// TestMain lets the example start itself as its endpoint.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == endpointArg {
		os.Exit(serve(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// frames are enough for everything to happen. A slow machine may have to drop some of it; that is told, and no failure, so
// the tests count nothing that can be dropped.
func frames() []string { return []string{"-frames", "60", "-hz", "120"} }

func TestFrameloop(t *testing.T) {
	t.Setenv("SENTRY_DSN", "")
	var out strings.Builder
	if code := run(frames(), &out); code != 0 {
		t.Errorf("got exit code %d, want 0\n%s", code, out.String())
	}
	for _, want := range []string{
		"without Krunk", "of the one without", "first of a frame", "later", "longest", "ReportPanic", "support code", "breadcrumbs, the last 6 of", "level=harbour",
		"(*game).frame ", "  error  *main.refusal: server refused the player: session expired\n",
		"  error  net: could not join a match\n", "panic  main.underrun", "panic  panic: a body needs a mass above 0",
		"structured logs", "no fault.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got no %q in\n%s", want, out.String())
		}
	}
}

// TestServer runs against a server that is not the example's own.
func TestServer(t *testing.T) {
	s := sentrytest.Start(sentrytest.Options{})
	defer s.Close()
	t.Setenv("SENTRY_DSN", s.DSN())
	var out strings.Builder
	if code := run(frames(), &out); code != 0 {
		t.Errorf("got exit code %d, want 0\n%s", code, out.String())
	}
	s.Verify(t)
	listed := 0
	for _, e := range s.Events() {
		if strings.Contains(out.String(), e.ID+"  support code "+e.Tag("support_code")+"\n") {
			listed++
		}
	}
	if listed < 10 {
		t.Errorf("got %d arrived events among the printed ids, want at least 10\n%s", listed, out.String())
	}
}

// TestWrongServer: what the server says to a wrong key is told at once, with what to write.
func TestWrongServer(t *testing.T) {
	s := sentrytest.Start(sentrytest.Options{})
	defer s.Close()
	t.Setenv("SENTRY_DSN", strings.Replace(s.DSN(), "://", "://f00d", 1))
	var out strings.Builder
	if code := run(frames(), &out); code != 1 || !strings.Contains(out.String(), "SENTRY_DSN: krunk: Probe: status 403") || strings.Contains(out.String(), "work of a frame") {
		t.Errorf("got exit code %d, want 1 and what a 403 means\n%s", code, out.String())
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string
	}{
		{"help", []string{"-h"}, 0, "frames a second, 1 to 1000"},
		{"help names the variable", []string{"-h"}, 0, "SENTRY_DSN"},
		{"unknown flag", []string{"-fps", "60"}, 2, "flag provided but not defined: -fps"},
		{"argument", []string{"60"}, 2, `unknown argument "60"`},
		{"few frames", []string{"-frames", "3"}, 2, "-frames 3; write at least 30"},
		{"no rate", []string{"-hz", "0"}, 2, "-hz 0; write 1 to 1000"},
	} {
		var out strings.Builder
		if code := run(c.args, &out); code != c.code || !strings.Contains(out.String(), c.out) {
			t.Errorf("%s: got %d and %q, want %d and %q in it", c.name, code, out.String(), c.code, c.out)
		}
	}
}

// TestMissing: each loss is told.
func TestMissing(t *testing.T) {
	handled := false
	panicked := sentrytest.Event{ID: id(1).String(), Exceptions: []sentrytest.Exception{{Mechanism: &sentrytest.Mechanism{Handled: &handled}}}}
	both := []sentrytest.Event{panicked, {ID: id(2).String()}}
	logs := make([]sentrytest.Log, 3)
	told := func(category string) []sentrytest.Discard {
		return []sentrytest.Discard{{Reason: "queue_overflow", Category: category, Quantity: 1}}
	}
	for _, c := range []struct {
		name    string
		a       arrived
		flushed bool
		want    []string // a part of each line
	}{
		{"nothing", arrived{Events: both, Logs: logs}, true, nil},
		{"error", arrived{Events: both[:1], Logs: logs}, true, []string{"support code " + id(2).SupportCode(), "2 events were captured, 1 arrived"}},
		{"error told", arrived{Events: both[:1], Logs: logs, Discards: told("error")}, true, nil},
		{"panic told", arrived{Events: both[1:], Logs: logs, Discards: told("error")}, true, []string{"1 panics happened, 0 arrived"}},
		{"log", arrived{Events: both, Logs: logs[:2]}, true, []string{"3 logs were captured, 2 arrived"}},
		{"log told", arrived{Events: both, Logs: logs[:2], Discards: told("log_item")}, true, nil},
		{"other category told", arrived{Events: both, Logs: logs[:2], Discards: told("log_byte")}, true, []string{"3 logs were captured"}},
		{"time", arrived{Events: both, Logs: logs}, false, []string{"Flush ran out of time"}},
		{"fault", arrived{Events: both, Logs: logs, Faults: []sentrytest.Fault{{Where: "event.level"}}}, true, []string{"event.level"}},
	} {
		b := &book{events: 2, panics: 1, logs: 3, captured: []capture{{"ReportPanic", id(1)}, {"Report", id(2)}}}
		got := missing(b, c.a, c.flushed)
		if len(got) != len(c.want) {
			t.Errorf("%s: got %q, want %d lines", c.name, got, len(c.want))
			continue
		}
		for i := range got {
			if !strings.Contains(got[i], c.want[i]) {
				t.Errorf("%s: got line %q, want %q in it", c.name, got[i], c.want[i])
			}
		}
	}
}

// id is an event id that ends in n.
func id(n byte) krunk.EventID { return krunk.EventID{0: 0xab, 15: n} }

// TestEndpointThatDies: a process that is no endpoint is told as such, and nothing hangs.
func TestEndpointThatDies(t *testing.T) {
	e, err := startEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.arrived(); err == nil || !strings.Contains(err.Error(), "no JSON") {
		t.Errorf("got %v, want an error that says that the endpoint tells no JSON", err)
	}
}
