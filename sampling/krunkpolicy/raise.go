package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/policydoc"
	"github.com/krunk-go/krunk/sampling/policy"
)

// raiseRule is which issue is to be heard of and from whom.
type raiseRule struct {
	kind, rate  string
	clients     float64
	length      time.Duration
	panics, end bool
}

func raiseCommand() command {
	return command{
		name: "raise", args: "-kind KIND -clients PERCENT [-rate N/h] [-for 168h] [-panics] [-o FILE] FILE | -kind KIND -end [-o FILE] FILE",
		short: "make the next version in which a share of all clients sends every event of one issue",
		long: `
Raise writes the next version of the policy in which a share of all clients sends every event of one kind, the tag krunk.kind of
an event: whatever shares, rates and "records" of the policy say, and the others send none. The share is drawn as that of
the policy, so it takes in the same clients first. This costs volume; -rate bounds what one client sends. The ceiling, the kill
switch and the limits of the client hold. Panics of the kind are left as they are unless -panics says otherwise, which matters
where "panics" is below 100. -end takes a raise out before its time. FILE is what runs now.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			var m raiseRule
			f.StringVar(&m.kind, "kind", "", "`tag` krunk.kind of an event, eight of 0-9 and a-f")
			f.Float64Var(&m.clients, "clients", 0, "`percent` of all clients, above 0, at most 100 and four decimals")
			f.DurationVar(&m.length, "for", 7*24*time.Hour, "how long, at most 720h (30 days)")
			f.StringVar(&m.rate, "rate", "", "at most so many, such as `20/h`, of each client")
			f.BoolVar(&m.panics, "panics", false, "panics of this kind too")
			f.BoolVar(&m.end, "end", false, "end the raise of this kind")
			r := revisionFlags(f, "raise", "")
			return func(args []string) error {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				return raise(s, r, m, args[0])
			}
		},
	}
}

func (m *raiseRule) check() (err error) {
	if m.kind, err = kindFlag(m.kind); err != nil {
		return err
	}
	switch {
	case m.end && (m.clients != 0 || m.rate != "" || m.panics):
		return misused("-end takes the raise out, whatever it says; give -kind alone")
	case m.end:
	case !(m.clients > 0 && m.clients <= 100):
		return misused("-clients %v; write the percentage of all clients that is to send it, such as 25", m.clients)
	}
	return heldFlags(m.length, m.rate)
}

func raise(s *streams, r *revision, m raiseRule, file string) error {
	if err := m.check(); err != nil {
		return err
	}
	src, p, err := s.policy(file)
	if err != nil {
		return err
	}
	doc := textOf(src.doc)
	if err := r.revise(s, doc, p, following(p.Version())); err != nil {
		return err
	}
	if err := doc.only(file, m.kind, true); err != nil {
		return err
	}
	if m.end {
		return r.without(s, doc, p, file, m.kind)
	}
	if !p.Enabled() {
		fmt.Fprintln(s.err, "the kill switch is thrown, so nobody sends any before it ends")
	}
	if err := doc.Put("kinds", m.kind, policydoc.Raise(r.now.get().Add(m.length), m.clients, m.rate, m.panics)); err != nil {
		return err
	}
	r.outlived(s, p, m.length, "raise")
	if _, warnings, err := policy.ParseStrict(doc.B); err == nil {
		for _, w := range warnings {
			if strings.HasPrefix(w.Path, `kinds["`+m.kind) {
				fmt.Fprintln(s.err, line("(new document)", "warning", w.Problem))
			}
		}
	}
	return r.finish(s, doc, p, file)
}

// only refuses to touch what the other of mute and raise has said about a kind.
func (d *document) only(file, kind string, raised bool) error {
	var kinds map[string]struct {
		Clients json.RawMessage `json:"clients"`
	}
	_ = json.Unmarshal(d.Get("kinds"), &kinds) // the document was read before
	k, is := kinds[kind]
	switch {
	case !is || raised == (k.Clients != nil):
		return nil
	case raised:
		return fmt.Errorf("%s: kind %s is muted; take that out first with krunkpolicy mute -kind %s -end", file, kind, kind)
	}
	return fmt.Errorf("%s: kind %s is raised; take that out first with krunkpolicy raise -kind %s -end", file, kind, kind)
}
