package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// report prints what the two runs have shown.
type report struct {
	out     io.Writer
	options options
	without result
	with    result
	stats   krunk.Stats
	flushed bool
}

// print returns the exit code. A nil endpoint means that the events went to a server that cannot be asked.
func (r *report) print(endpoint *sentrytest.Server) int {
	r.printf("\n")
	printBeside(r.out, newHistogram(r.without.frames), newHistogram(r.with.frames))
	if endpoint != nil {
		r.printf("  On the right the endpoint worked in the same process; its garbage and its share of the cores are in those numbers.\n")
	}
	r.costs()
	var problems []string
	if endpoint != nil {
		a := collect(endpoint)
		r.printf("\nWhat arrived at %s, the strict endpoint in this process\n\n", endpoint.URL())
		r.view(a)
		problems = missing(r.with.book, a, r.flushed)
	} else {
		r.codes()
		problems = unsent(r.stats, r.flushed)
	}
	r.printf("\nStats: %s\n", statsLine(r.stats))
	for _, p := range problems {
		r.printf("PROBLEM: %s\n", p)
	}
	if len(problems) > 0 {
		return 1
	}
	if endpoint != nil {
		r.printf("Everything that was captured arrived or is accounted for; the endpoint found no fault.\n")
	}
	return 0
}

func (r *report) printf(format string, args ...any) { fmt.Fprintf(r.out, format, args...) }

// costs prints what the game paid for its calls. The bars above hold the noise of the machine as well, and the work of the
// endpoint, which shares the process; these numbers are about Krunk alone.
func (r *report) costs() {
	costs := r.with.book.costs
	if len(costs) == 0 {
		return
	}
	var all time.Duration
	byCall := make(map[string][]time.Duration)
	for _, c := range costs {
		all += c.took
		byCall[c.call] = append(byCall[c.call], c.took)
		byCall["all"] = append(byCall["all"], c.took)
	}
	r.printf("\n  %-15s %6s %12s %12s %12s\n", "capture call", "calls", "median", "99 of 100", "slowest")
	for _, call := range [...]string{"Debug", "Info", "Error", "Report", "ReportPanic", "all"} {
		h := newHistogram(byCall[call])
		r.printf("  %-15s %6d %12s %12s %12s\n", call, len(h.sorted), us(h.at(0.5)), us(h.at(0.99)), us(h.at(1)))
	}
	slowest := slices.MaxFunc(costs, func(a, b cost) int { return cmp.Compare(a.took, b.took) })
	r.printf("  The slowest of all was a call of %s; it holds whatever the machine did to the game meanwhile.\n", slowest.call)
	mean, budget := all/time.Duration(r.options.frames), time.Second/time.Duration(r.options.hz)
	r.printf("  All of them take %s of an average frame, %.2f %% of the %s it has.\n", us(mean), 100*float64(mean)/float64(budget), ms(budget))
}

// codes prints what to look for on the server.
func (r *report) codes() {
	const most = 8
	captured := r.with.book.captured
	r.printf("\nSent to the server of SENTRY_DSN; the tag support_code leads from the code to the event\n\n")
	for _, call := range [...]string{"ReportPanic", "Report"} {
		n := 0
		for _, c := range captured {
			if c.call != call {
				continue
			}
			if n++; n <= most {
				r.printf("  %-12s  %s  support code %s\n", c.call, c.id, c.id.SupportCode())
			}
		}
		if n > most {
			r.printf("  %-12s  and %d more\n", call, n-most)
		}
	}
}

// unsent says what is known to be missing without asking the server.
func unsent(s krunk.Stats, flushed bool) []string {
	var out []string
	if !flushed {
		out = append(out, fmt.Sprintf("Flush ran out of time after %v, %d envelopes wait", flushTime, s.Waiting))
	}
	if s.Sent == 0 {
		out = append(out, "the server took no envelope; last error: "+s.LastError)
	}
	return out
}

func statsLine(s krunk.Stats) string {
	line := fmt.Sprintf("%d events, %d logs and %d breadcrumbs taken; %d envelopes sent, %d waiting, %d retries; %d suppressed",
		s.Events, s.Logs, s.History, s.Sent, s.Waiting, s.Retries, s.Suppressed)
	for _, d := range s.Drops {
		line += fmt.Sprintf("; dropped %d %s (%s)", d.Quantity, d.Category, d.Reason)
	}
	if s.HistoryLost > 0 {
		line += fmt.Sprintf("; %d breadcrumbs found no room", s.HistoryLost)
	}
	if s.LastError != "" {
		line += "; last error: " + s.LastError
	}
	return line
}
