package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/krunk-go/krunk/transport/sentrytest"
)

// view prints the endpoint's side.
func (r *report) view(a arrived) {
	r.titles(a.Events)
	if e := example(a.Events); e != nil {
		r.event(e)
	}
	r.printf("\n  %d envelopes with %d events and %d structured logs", a.Envelopes, len(a.Events), len(a.Logs))
	if len(a.Logs) > 0 {
		l := &a.Logs[0]
		r.printf(", the first: %s %q mode=%v distance=%.2f score=%v", l.Level, l.Body, l.Attr("mode"), l.Attr("distance"), l.Attr("score"))
	}
	r.printf("\n  discards told by client reports: %s\n", discardLine(a.Discards))
}

// discardLine adds up what several reports told.
func discardLine(discards []sentrytest.Discard) string {
	sums := make(map[string]int64)
	for _, d := range discards {
		sums[d.Category+" ("+d.Reason+")"] += d.Quantity
	}
	if len(sums) == 0 {
		return "none"
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(sums)) {
		parts = append(parts, fmt.Sprintf("%d %s", sums[what], what))
	}
	return strings.Join(parts, ", ")
}

// titles prints the events as a server lists them, the most frequent first.
func (r *report) titles(events []sentrytest.Event) {
	counts := make(map[string]int)
	for i := range events {
		kind := "error"
		if !events[i].Handled() {
			kind = "panic"
		}
		counts[kind+"  "+events[i].Title()]++
	}
	order := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	for _, title := range order {
		r.printf("  %4d  %s\n", counts[title], clip(title, 110))
	}
}

// example picks an event worth reading: the last panic that has a long trail.
func example(events []sentrytest.Event) *sentrytest.Event {
	var best *sentrytest.Event
	for i := range events {
		e := &events[i]
		if !e.Handled() && (best == nil || len(e.Breadcrumbs) >= len(best.Breadcrumbs)) {
			best = e
		}
	}
	return best
}

// event prints one event with the nearest frames and breadcrumbs.
func (r *report) event(e *sentrytest.Event) {
	const most = 6
	r.printf("\n  One of them: %s\n", clip(e.Title(), 110))
	r.printf("    id %s, support code %s, level %s, frame %v of the game\n",
		e.ID, e.Tag("support_code"), e.Level, e.Contexts["krunk"]["frame"])
	r.printf("    release %s, environment %s, user %s (%s)\n", e.Release, e.Environment, e.User.ID, e.User.Username)
	r.printf("    tags ")
	for _, k := range slices.Sorted(maps.Keys(e.Tags)) {
		r.printf(" %s=%s", k, e.Tags[k])
	}
	r.printf("\n    stack, innermost call first\n")
	frames := slices.Clone(e.Exceptions[len(e.Exceptions)-1].Frames)
	slices.Reverse(frames)
	for _, f := range frames[:min(len(frames), most)] {
		r.printf("      %-28s %s:%d\n", f.Function, f.Filename, f.Line)
	}
	r.printf("    breadcrumbs, the last %d of %d\n", min(len(e.Breadcrumbs), most), len(e.Breadcrumbs))
	for _, c := range e.Breadcrumbs[max(0, len(e.Breadcrumbs)-most):] {
		r.printf("      %5d ms  %-7s %-8s %s%s\n", c.Time.Sub(e.Time).Milliseconds(), c.Level, c.Category, c.Message, data(c.Data))
	}
}

// data is the attributes of a breadcrumb in order.
func data(m map[string]any) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		format := " %s=%v"
		if _, ok := m[k].(float64); ok {
			format = " %s=%.4g"
		}
		fmt.Fprintf(&b, format, k, m[k])
	}
	return b.String()
}

// clip shortens s to a line of at most n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
