package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling/policy"
)

func lintCommand() command {
	return command{
		name: "lint", args: "[-channels LIST] [-previous FILE] [-default FILE] [-now TIME] [-json] FILE...", short: "say all that is wrong with policies",
		long: `
Lint lists every error and warning with file, line and column, the row of the validation table, the place in the
document, what is wrong and what to write. A launch that compiles in sampling.Cautious lets each client send 10 records an hour of all channels
together until a policy says otherwise for "*": -default cautious warns of channels that could not be seen. A policy that is over by now or made in the future is wrong too. It exits with 1 if there is an error,
with 3 if there is none but a file could not be read; warnings alone are fine.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			channels := f.String("channels", "", "names that programs register, with commas, or @`FILE` with one a line: warn of others")
			previous := f.String("previous", "", "policy in `FILE` that this one replaces: warn of a salt that changes together with other things")
			below := compiledFlag(f)
			asJSON, now := jsonFlag(f), nowFlag(f)
			return func(args []string) error { return lint(s, args, *channels, *previous, below, now.get(), *asJSON) }
		},
	}
}

// finding is one line of lint.
type finding struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`
	Write  string `json:"write,omitempty"`
}

// linted is what lint says about one file.
type linted struct {
	File     string    `json:"file"`
	Version  string    `json:"version,omitempty"`
	SignedBy []string  `json:"signed_by,omitempty"` // unverified
	Errors   []finding `json:"errors"`
	Warnings []finding `json:"warnings"`
	Failure  string    `json:"failure,omitempty"` // the file could not be read, or holds no policy
	unread   bool
}

func lint(s *streams, files []string, channels, previous string, below *compiled, now time.Time, asJSON bool) error {
	if len(files) == 0 {
		return misused("no file given")
	}
	known := policy.Known{}
	var err error
	if known.Channels, err = inventory(channels); err != nil {
		return err
	}
	if known.Default, _, err = below.read(s); err != nil {
		return err
	}
	if previous != "" {
		if _, known.Previous, err = s.policy(previous); err != nil {
			return err
		}
	}
	all, bad, unread := make([]linted, 0, len(files)), false, false
	for _, name := range files {
		l := s.lintOne(name, known, now)
		bad, unread = bad || len(l.Errors) > 0 || l.Failure != "" && !l.unread, unread || l.unread
		all = append(all, l)
	}
	if asJSON {
		err = writeJSON(s.out, all)
	} else {
		for _, l := range all {
			l.write(s)
		}
	}
	switch {
	case err != nil:
		return err
	case bad:
		return errNo
	case unread:
		return errLost
	}
	return nil
}

// inventory reads a list of channels.
func inventory(text string) ([]string, error) {
	if name, ok := strings.CutPrefix(text, "@"); ok {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		text = string(b)
	}
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
	for _, name := range names {
		if plan.ChannelProblem(name) != 0 {
			return nil, misused("-channels: %q is not a channel; write letters, digits, _ and -, with dots between parts, at most 64 bytes", name)
		}
	}
	return names, nil
}

func (s *streams) lintOne(name string, known policy.Known, now time.Time) linted {
	l := linted{File: name, Errors: []finding{}, Warnings: []finding{}}
	src, err := s.read(name)
	if err != nil {
		l.Failure, l.unread = strings.TrimPrefix(err.Error(), name+": "), lost(err)
		return l
	}
	for _, sig := range src.sigs {
		l.SignedBy = append(l.SignedBy, sig.Kid)
	}
	p, warnings, err := policy.ParseStrict(src.doc)
	if err == nil {
		err = policy.CheckTimes(p, now)
	}
	var errs *policy.Errors
	switch {
	case errors.As(err, &errs):
		if errs.Version.N > 0 {
			l.Version = errs.Version.String()
		}
		for _, e := range errs.List {
			l.Errors = append(l.Errors, finding(e))
		}
	case err != nil:
		l.Failure = err.Error()
	default:
		l.Version = p.Version().String()
		warnings = append(warnings, policy.Review(p, known)...)
	}
	for _, w := range warnings {
		l.Warnings = append(l.Warnings, finding(w.Problem))
	}
	return l
}

func (l *linted) write(s *streams) {
	if l.Failure != "" {
		fmt.Fprintf(s.out, "%s: %s\n", l.File, l.Failure)
		return
	}
	for _, e := range l.Errors {
		fmt.Fprintln(s.out, line(l.File, "error", policy.Problem(e)))
	}
	for _, w := range l.Warnings {
		fmt.Fprintln(s.out, line(l.File, "warning", policy.Problem(w)))
	}
	switch {
	case len(l.Errors) == 20:
		fmt.Fprintf(s.out, "%s: 20 errors or more; the first 20 are shown\n", l.File)
	case len(l.Errors) == 0 && len(l.SignedBy) > 0:
		fmt.Fprintf(s.out, "%s: policy %s is good; says it is signed by %s (krunkpolicy verify checks)\n", l.File, l.Version, strings.Join(l.SignedBy, ", "))
	case len(l.Errors) == 0:
		fmt.Fprintf(s.out, "%s: policy %s is good\n", l.File, l.Version)
	}
}

// line is one problem as editors understand it. A finding that needs more than the document has no position.
func line(file, severity string, p policy.Problem) string {
	at := file
	if p.Line > 0 {
		at = fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column)
	}
	return fmt.Sprintf("%s: %s %s: %s", at, severity, p.Code, p)
}
