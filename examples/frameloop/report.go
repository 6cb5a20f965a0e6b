package main

import (
	"fmt"
	"io"
	"time"

	"github.com/krunk-go/krunk/krunk"
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
func (r *report) print(own *endpoint) int {
	r.printf("\n")
	without, with := newHistogram(r.without.frames), newHistogram(r.with.frames)
	printBeside(r.out, without, with)
	r.printf("  %-15s  %-*s  %.2f of the one without\n", "median", barWidth+5, "", float64(with.at(0.5))/float64(without.at(0.5)))
	r.costs()
	r.shares()
	var problems []string
	if own != nil {
		a, err := own.arrived()
		if err != nil {
			r.printf("%v\n", err)
			return 1
		}
		r.printf("\nWhat arrived at the strict endpoint, which is a process of its own\n\n")
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
	if own != nil {
		r.printf("Everything that was captured arrived or is accounted for; the endpoint found no fault.\n")
	}
	return 0
}

func (r *report) printf(format string, args ...any) { fmt.Fprintf(r.out, format, args...) }

// costs prints what the loop paid for its calls, and what the same calls cost on a nil Client, most of which is reading the
// clock twice.
func (r *report) costs() {
	rows := []string{"first of a frame", "later", "Debug", "Info", "Error", "Report", "ReportPanic"}
	with, without := byCall(r.with.book.costs), byCall(r.without.book.costs)
	r.printf("\n  %-17s %6s %10s %10s %10s   %s\n", "capture calls", "calls", "median", "99 of 100", "slowest", "median without Krunk")
	for _, row := range rows {
		h := newHistogram(with[row])
		r.printf("  %-17s %6d %10s %10s %10s   %s\n", row, len(h.sorted), us(h.at(0.5)), us(h.at(0.99)), us(h.at(1)), us(newHistogram(without[row]).at(0.5)))
	}
}

func byCall(costs []cost) map[string][]time.Duration {
	out := make(map[string][]time.Duration)
	for _, c := range costs {
		turn := "later"
		if c.first {
			turn = "first of a frame"
		}
		out[c.call] = append(out[c.call], c.took)
		out[turn] = append(out[turn], c.took)
	}
	return out
}

// shares prints how much of its time a frame spends in capture calls.
func (r *report) shares() {
	budget := time.Second / time.Duration(r.options.hz)
	share := func(d time.Duration) string { return fmt.Sprintf("%.2f %%", 100*float64(d)/float64(budget)) }
	r.printf("\n  %-17s %10s %10s %10s\n", "of "+ms(budget), "median", "99 of 100", "longest")
	for _, side := range [...]struct {
		name string
		b    *book
	}{{"with Krunk", r.with.book}, {"without", r.without.book}} {
		h := newHistogram(side.b.frames)
		r.printf("  %-17s %10s %10s %10s\n", side.name, share(h.at(0.5)), share(h.at(0.99)), share(h.at(1)))
	}
	r.printf("  The longest is the storm, or what the machine did to the game meanwhile.\n")
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
	for _, d := range s.Losses {
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
