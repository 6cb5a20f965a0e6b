package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/internal/policydoc"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// longestKind is how long something may be said about one kind of issue.
const longestKind = 30 * 24 * time.Hour

// kindRule is what is said about one kind of issue: a mute, or a raise.
type kindRule struct {
	verb        string // mute or raise
	kind, rate  string
	clients     float64 // of a raise, in percent
	length      time.Duration
	panics, end bool
}

// kindCommand makes the command for c.name, whose flags are these and what own adds.
func kindCommand(c command, rate string, own func(*flag.FlagSet, *kindRule)) command {
	c.setup = func(s *streams, f *flag.FlagSet) func([]string) error {
		m := &kindRule{verb: c.name}
		f.StringVar(&m.kind, "kind", "", "`tag` krunk.kind of an event, eight of 0-9 and a-f")
		own(f, m)
		f.DurationVar(&m.length, "for", 7*24*time.Hour, "how long, at most 720h (30 days)")
		f.StringVar(&m.rate, "rate", "", rate)
		f.BoolVar(&m.panics, "panics", false, "panics of this kind too")
		f.BoolVar(&m.end, "end", false, "end the "+c.name+" of this kind")
		r := revisionFlags(f, c.name, "")
		return func(args []string) error {
			if err := wantArgs(args, 1, "one FILE"); err != nil {
				return err
			}
			return m.publish(s, r, args[0])
		}
	}
	return c
}

func (m *kindRule) raises() bool { return m.verb == "raise" }

func (m *kindRule) check() error {
	kind := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(m.kind), "krunk.kind:"))) // as people paste it
	if _, ok := plan.ParseKind(kind); !ok {
		return misused("-kind %q; write the tag krunk.kind of an event of it, eight of 0-9 and a-f", m.kind)
	}
	m.kind = kind
	switch {
	case m.end && (m.clients != 0 || m.rate != "" || m.panics):
		return misused("-end takes the %s out, whatever it says; give -kind alone", m.verb)
	case m.raises() && !m.end && !(m.clients > 0 && m.clients <= 100):
		return misused("-clients %v; write the percentage of all clients that is to send it, such as 25", m.clients)
	case m.length < time.Second || m.length > longestKind:
		return misused("-for %s; write a time from 1s to 720h (30 days)", m.length)
	}
	if _, ok := policy.ParseRate(m.rate); !ok && m.rate != "" {
		return misused("-rate %q; write e.g. 5/h", m.rate)
	}
	return nil
}

// publish writes the next version of what is in file.
func (m *kindRule) publish(s *streams, r *revision, file string) error {
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
	if err := m.only(doc, file); err != nil {
		return err
	}
	if m.end {
		return r.without(s, doc, p, file, m.kind)
	}
	until := r.now.get().Add(m.length)
	text := policydoc.Mute(until, m.rate, m.panics)
	if m.raises() {
		if text = policydoc.Raise(until, m.clients, m.rate, m.panics); !p.Enabled() {
			fmt.Fprintln(s.err, "the kill switch is thrown, so nobody sends any before it ends")
		}
	}
	if err := doc.Put("kinds", m.kind, text); err != nil {
		return err
	}
	r.outlived(s, p, m.length, m.verb)
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
func (m *kindRule) only(d *document, file string) error {
	var kinds map[string]struct {
		Clients json.RawMessage `json:"clients"`
	}
	_ = json.Unmarshal(d.Get("kinds"), &kinds) // the document was read before
	k, is := kinds[m.kind]
	switch {
	case !is || m.raises() == (k.Clients != nil):
		return nil
	case m.raises():
		return fmt.Errorf("%s: kind %s is muted; take that out first with krunkpolicy mute -kind %[2]s -end", file, m.kind)
	}
	return fmt.Errorf("%s: kind %s is raised; take that out first with krunkpolicy raise -kind %[2]s -end", file, m.kind)
}

// outlived says that the policy ends before what is made for a while.
func (r *revision) outlived(s *streams, p *sampling.Policy, length time.Duration, what string) {
	if !p.Expires().IsZero() && length > lasting(p) {
		fmt.Fprintf(s.err, "the policy expires before the %s ends\n", what)
	}
}

// without finishes a document in which nothing is said about a kind any more.
func (r *revision) without(s *streams, d *document, old *sampling.Policy, file, kind string) error {
	was, err := d.Take("kinds", kind)
	if err == nil && !was {
		err = fmt.Errorf("%s: nothing is said about kind %s", file, kind)
	}
	if err != nil {
		return err
	}
	return r.finish(s, d, old, file)
}
