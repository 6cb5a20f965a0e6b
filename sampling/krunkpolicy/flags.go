package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// moment is a flag that holds a time; unset means now.
type moment struct{ t time.Time }

func (m *moment) String() string {
	if m.t.IsZero() {
		return ""
	}
	return m.t.Format(time.RFC3339)
}

func (m *moment) Set(s string) error {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return fmt.Errorf("%q is not a time; write e.g. 2026-10-10T14:00:00Z", s)
	}
	m.t = t
	return nil
}

// get returns the time in whole seconds, as a policy writes it.
func (m *moment) get() time.Time {
	if m.t.IsZero() {
		return time.Now().UTC().Truncate(time.Second)
	}
	return m.t.UTC().Truncate(time.Second)
}

func nowFlag(f *flag.FlagSet) *moment {
	var m moment
	f.Var(&m, "now", "judge as of this `time`, RFC 3339 (default: now)")
	return &m
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string { return strings.Join(*l, ", ") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

func jsonFlag(f *flag.FlagSet) *bool { return f.Bool("json", false, "write JSON for programs") }

// wantArgs checks the number of arguments that are not flags.
func wantArgs(args []string, n int, what string) error {
	if len(args) != n {
		return misused("got %d arguments, want %s", len(args), what)
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// percent writes parts per million as a policy does.
func percent(ppm uint32) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%04d", ppm/10_000, ppm%10_000), "0"), ".") + " %"
}

// parseVersion reads "3.1187", or "1187" as a number of the given epoch.
func parseVersion(s string, epoch int64) (sampling.Version, error) {
	full := s
	if !strings.Contains(s, ".") {
		full = fmt.Sprintf("%d.%s", epoch, s)
	}
	v, ok := sampling.ParseVersion(full)
	if !ok || v.N < 1 {
		return v, misused("%q is not a version; write e.g. 3.1187", s)
	}
	return v, nil
}

// thousands writes n with a comma between groups of three digits.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
