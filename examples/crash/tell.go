package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/krunk-go/krunk/krunk"
	"github.com/krunk-go/krunk/transport/sentrytest"
)

// last prints what is known of the last run.
func last(out io.Writer, l krunk.LastRun) {
	if !l.Known {
		fmt.Fprintln(out, "nothing is known of a run before this one; give -how a way to die first, -how=list names them")
		return
	}
	fmt.Fprintf(out, "the last run: %v after %v, in frame %d", l.How, l.Ran, l.Frame)
	if l.Memory > 0 {
		fmt.Fprintf(out, ", with %d MiB of memory", l.Memory>>20)
	}
	fmt.Fprintln(out)
	if l.Event != (krunk.EventID{}) {
		fmt.Fprintln(out, "its crash is event", l.Event, "with support code", l.Event.SupportCode())
	}
	if text := l.Text(); text != "" {
		fmt.Fprintf(out, "\nwhat the player may paste:\n\n%s\n", indented(text))
	}
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

// arrived prints what the endpoint got, and fails if something of it was not as it should be.
func arrived(out io.Writer, srv *sentrytest.Server) error {
	fmt.Fprintln(out, "\nwhat arrived:")
	for _, e := range srv.Events() {
		fmt.Fprintf(out, "  %s %s\n", e.Level, e.Title())
		if top := e.Top(); top.Function != "" {
			fmt.Fprintf(out, "      in %s.%s, %s:%d\n", top.Module, top.Function, top.Filename, top.Line)
		}
		fmt.Fprintf(out, "      map %s, release %s, %d breadcrumbs, %d goroutines\n", e.Tag("map"), e.Release, len(e.Breadcrumbs), len(e.Threads))
		if n := len(e.Exceptions); n > 0 {
			fmt.Fprintf(out, "      mechanism %s, handled %v\n", e.Exceptions[n-1].Mechanism.Type, e.Handled())
		}
	}
	for _, l := range srv.Logs() {
		fmt.Fprintf(out, "  log %s: %s\n", l.Level, l.Body)
	}
	for _, s := range srv.Sessions() {
		fmt.Fprintf(out, "  session %+v\n", s.Status)
	}
	for _, f := range srv.Faults() {
		return fmt.Errorf("the endpoint found a fault: %v", f)
	}
	return nil
}
