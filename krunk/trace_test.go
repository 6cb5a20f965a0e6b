package krunk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

const (
	match = "771a43a4192642f0b136d5159a501700"
	next  = "0af7651916cd43dd8448eb211c80319c"
)

// What is captured while a trace is set belongs to it, events and log records alike, and nothing else does.
func TestSetTrace(t *testing.T) {
	c, srv := controlled(t, krunk.Config{Channels: map[string]krunk.Thresholds{"net": {Send: "info"}}}, "")
	net := c.Channel("net")
	say := func(what string) {
		net.Info(what)
		net.Report(errors.New(what))
	}
	say("menu")
	for _, tt := range []struct{ id, what string }{{match, "match"}, {"00-" + next + "-b7ad6b7169203331-01", "next"}, {match + "-b7ad6b7169203331-1", "again"}, {"", "end"}} {
		if err := c.SetTrace(tt.id); err != nil {
			t.Fatal(err)
		}
		say(tt.what)
	}
	c.Flush(time.Minute)
	events, logs := srv.Events(), srv.Logs()
	if len(events) != 5 || len(logs) != 5 {
		t.Fatalf("%d events, %d log records; want 5 of each", len(events), len(logs))
	}
	run, span := logs[0].TraceID, events[0].Contexts["trace"]["span_id"]
	if len(run) != 32 || span == nil {
		t.Fatalf("the run's trace is %q, its span %v", run, span)
	}
	for i, want := range []string{run, match, next, match, run} {
		if got := events[i].Contexts["trace"]; got["trace_id"] != want || got["span_id"] != span || logs[i].TraceID != want {
			t.Errorf("%s: event %v, log record %s; want %s", logs[i].Body, got, logs[i].TraceID, want)
		}
	}
	for _, e := range srv.Envelopes() {
		if id := e.Header.Trace["trace_id"]; id != "" && id != run {
			t.Errorf("a header names the trace %s", id)
		}
	}
}

// What is no id says what to write instead, and changes nothing.
func TestSetTraceRefuses(t *testing.T) {
	c, srv := controlled(t, krunk.Config{}, "")
	if err := c.SetTrace(match); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"match 17", match[:31], match + "0", strings.ToUpper(match), strings.Repeat("0", 32), "00-" + match[:30] + "-b7ad6b7169203331-01"} {
		err := c.SetTrace(id)
		if err == nil || !strings.Contains(err.Error(), "krunk: SetTrace: ") || !strings.Contains(err.Error(), "write 32 lower-case hexadecimal digits") {
			t.Errorf("%q: %v", id, err)
		}
	}
	if err := (*krunk.Client)(nil).SetTrace(match); err != nil {
		t.Error(err)
	}
	c.Report(errors.New("boom"))
	c.Flush(time.Minute)
	if got := srv.Events()[0].Contexts["trace"]["trace_id"]; got != match {
		t.Errorf("trace %v, want %s", got, match)
	}
}

// The newest trace holds however full the ring is.
func TestTraceIsState(t *testing.T) {
	srv := sentrytest.New(sentrytest.Options{AnyTime: true})
	net := &offline{next: srv.Transport()}
	c := quiet(t, krunk.Config{DSN: srv.DSN(), Transport: net, MaxRepeats: -1, Memory: 256 << 10})
	fill(c, c.Channel("net"), "storm")
	for i := range 3000 {
		c.SetTag("frame", strings.Repeat("x", i%7+1))
		if err := c.SetTrace([...]string{next, match}[i%2]); err != nil {
			t.Fatal(err)
		}
	}
	net.back.Store(true)
	for !c.Flush(time.Minute) {
	}
	id := c.Report(errors.New("after the storm"))
	c.Flush(time.Minute)
	for _, e := range srv.Events() {
		if e.ID == id.String() {
			if got := e.Contexts["trace"]["trace_id"]; got != match {
				t.Errorf("trace %v, want %s", got, match)
			}
			return
		}
	}
	t.Error("the event after the storm did not arrive")
}
