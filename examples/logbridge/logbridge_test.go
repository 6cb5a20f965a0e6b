package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		"WARN	packet slow	{\"seq\": 17, \"rtt\": \"250ms\"}", "WARN  packet slow seq=17 rtt=250ms", "  0 events and 100 audit records arrived",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed no %q in\n%s", want, out.String())
		}
	}
}

// Each logger says the same: levels, typed values, the chain of the error, and the function that logged.
func TestBridgesAgree(t *testing.T) {
	for _, b := range bridges() {
		t.Run(b.name, func(t *testing.T) {
			srv := sentrytest.New(sentrytest.Options{})
			client, err := krunk.Start(krunk.Config{
				DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall@1.4.2", Channels: map[string]krunk.Thresholds{"*": {Send: "info"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			var old strings.Builder
			b.log(client, &old)
			if !client.Close(time.Minute) {
				t.Fatal("Close could not deliver everything")
			}
			srv.Verify(t)
			if n := strings.Count(old.String(), "\n"); n != 2 {
				t.Errorf("%d lines of old output, want 2:\n%s", n, old.String())
			}
			logs, events := srv.Logs(), srv.Events()
			if len(logs) != 2 || len(events) != 1 {
				t.Fatalf("%d log records and %d events arrived, want 2 and 1", len(logs), len(events))
			}
			e := events[0]
			if fn := "over" + strings.ToUpper(b.name[:1]) + b.name[1:]; e.Top().Function != fn || e.Level != "error" {
				t.Errorf("event at %s in %s, want error in %s", e.Level, e.Top().Function, fn)
			}
			if b.name == "log" { // lines, and no more
				return
			}
			if l := logs[0]; l.Body != "packet slow" || l.Attr("seq") != int64(seq) || fmt.Sprint(l.Attr("rtt")) != "250" || l.Attributes["rtt"].Type == "string" {
				t.Errorf("log record %q with %s, want numbers", l.Body, own(&l))
			}
			chain := map[string]int{"zerolog": 2}[b.name] // its writer sees the text alone
			if chain == 0 {
				chain = 3
			}
			if len(e.Exceptions) != chain || !strings.Contains(e.Exceptions[0].Value, errReset.Error()) {
				t.Errorf("%d exceptions, the first %q; want %d down to %v", len(e.Exceptions), e.Exceptions[0].Value, chain, errReset)
			}
		})
	}
}

// What is audited arrives whole: while a policy has switched everything off, while the game storms, and after a server that was away.
func TestAudit(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{}) // strict
	srv.Next(sentrytest.Reply{Status: 503}, sentrytest.Reply{Status: 503})
	ctl, err := sampling.New(sampling.Identity{ID: "5f0c2c1e"}, sampling.Options{Default: []byte(`{"krunk":1,"version":1,"clients":0,"panics":0}`)})
	if err != nil {
		t.Fatal(err)
	}
	client, err := krunk.Start(krunk.Config{DSN: srv.DSN(), Transport: srv.Transport(), Release: "moonfall@1.4.2", Sampling: krunk.Steer(ctl)})
	if err != nil {
		t.Fatal(err)
	}
	audit, err := newAuditor(srv.DSN(), srv.Transport(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const n = 500
	net := client.Channel("net")
	for i := range n {
		for range 20 {
			net.Error("connection lost")
			_, _ = io.WriteString(net.Writer(krunk.LevelWarn), "packet slow\n")
		}
		if err := audit.as("gm-anna", "p-17", "gave an item", krunk.Int("item", i)); err != nil {
			t.Fatal(err)
		}
	}
	client.Close(time.Minute)
	if !audit.close(time.Minute) {
		t.Fatalf("not everything was delivered: %+v", audit.client.Stats())
	}
	srv.Verify(t)
	logs := srv.Logs()
	if len(logs) != n || len(srv.Events()) != 0 {
		t.Fatalf("%d audit records and %d events arrived, want %d and 0", len(logs), len(srv.Events()), n)
	}
	seen := make(map[any]bool)
	for i, l := range logs {
		seen[l.Attr("item")] = true
		if l.Attr("actor") != "gm-anna" || l.Attr("as") != "p-17" || l.Attr("krunk.weight") != nil {
			t.Errorf("record %d: %s, want an item of gm-anna as p-17, for itself", i, own(&l))
		}
	}
	if len(seen) != n {
		t.Errorf("records of %d items arrived, want %d", len(seen), n)
	}
}

// While the server is away so many things may be done as find room for their records, and no more: nothing is done without one.
func TestAuditRefuses(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{})
	srv.Answer(func(sentrytest.Received) sentrytest.Reply { return sentrytest.Unavailable() })
	audit, err := newAuditor(srv.DSN(), srv.Transport(), nil)
	if err != nil {
		t.Fatal(err)
	}
	audit.wait = time.Millisecond
	done := 0
	for range 2 * room {
		err := audit.as("gm-anna", "p-17", strings.Repeat("gave an item, ", 70))
		if err == nil {
			done++
		} else if !errors.Is(err, errBehind) {
			t.Fatal(err)
		}
	}
	if done != room {
		t.Errorf("%d things were done, want %d", done, room)
	}
	srv.Answer(nil)
	if !audit.close(time.Minute) || len(srv.Logs()) != done {
		t.Errorf("%d of %d records arrived: %+v", len(srv.Logs()), done, audit.client.Stats())
	}
	srv.Verify(t)
}
