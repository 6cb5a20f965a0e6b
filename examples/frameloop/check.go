package main

import (
	"fmt"

	"github.com/krunk-go/krunk/transport/sentrytest"
)

// arrived is what the endpoint holds; it travels as JSON from the endpoint's process.
type arrived struct {
	Events    []sentrytest.Event
	Logs      []sentrytest.Log
	Discards  []sentrytest.Discard
	Faults    []sentrytest.Fault
	Envelopes int
}

func collect(s *sentrytest.Server) arrived {
	return arrived{
		Events: s.Events(), Logs: s.Logs(), Discards: s.Discards(), Faults: s.Faults(), Envelopes: len(s.Envelopes()),
	}
}

// discarded is how many things of a category the client reports tell of.
func (a arrived) discarded(category string) int {
	n := int64(0)
	for _, d := range a.Discards {
		if d.Category == category {
			n += d.Quantity
		}
	}
	return int(n)
}

// missing compares what was captured with what arrived. Nothing may be lost without a word: what is not there has to be
// counted in a client report with its reason. Panics may not even be that.
func missing(b *book, a arrived, flushed bool) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !flushed {
		add("Flush ran out of time after %v", flushTime)
	}
	there, panics := make(map[string]bool, len(a.Events)), 0
	for i := range a.Events {
		there[a.Events[i].ID] = true
		if !a.Events[i].Handled() {
			panics++
		}
	}
	excused := a.discarded("error")
	var absent []capture
	for _, c := range b.captured {
		if !there[c.id.String()] {
			absent = append(absent, c)
		}
	}
	if len(absent) > excused {
		for _, c := range absent[:min(len(absent), 10)] {
			add("event %s of a call of %s, support code %s", c.id, c.call, c.id.SupportCode())
		}
	}
	if n := b.events - len(a.Events) - excused; n > 0 {
		add("%d events were captured, %d arrived, %d were discarded with a reason: %d are unexplained", b.events, len(a.Events), excused, n)
	}
	if panics != b.panics {
		add("%d panics happened, %d arrived", b.panics, panics)
	}
	lost := a.discarded("log_item")
	if n := b.logs - len(a.Logs) - lost; n > 0 {
		add("%d logs were captured, %d arrived, %d were discarded with a reason: %d are unexplained", b.logs, len(a.Logs), lost, n)
	}
	for _, f := range a.Faults[:min(len(a.Faults), 10)] {
		add("fault: %v", f)
	}
	return out
}
