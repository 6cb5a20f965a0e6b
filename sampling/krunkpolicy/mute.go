package main

import (
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/internal/policydoc"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// longestMute is how long one issue may be kept back.
const longestMute = 30 * 24 * time.Hour

// muteRule is which issue is to be quiet and how.
type muteRule struct {
	kind, rate  string
	length      time.Duration
	panics, end bool
}

func muteCommand() command {
	return command{
		name: "mute", args: "-kind KIND [-for 168h] [-rate N/h] [-panics] [-end] [-o FILE] FILE",
		short: "make the next version in which one issue is quiet, for a while",
		long: `
Mute writes the next version of the policy in which issues of one kind stay on the machine: that is the tag krunk.kind of
an event. The first of each client and day is sent all the same, and tells how many there were; with -rate so many
are. Panics of the kind go on unless -panics says otherwise. What was kept back is told by client reports ("ignored").
-end takes a mute out before its time. FILE is what runs now.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			var m muteRule
			f.StringVar(&m.kind, "kind", "", "`tag` krunk.kind of an event, eight of 0-9 and a-f")
			f.DurationVar(&m.length, "for", 7*24*time.Hour, "how long, at most 720h (30 days)")
			f.StringVar(&m.rate, "rate", "", "let so many through, such as `5/h`, of each client")
			f.BoolVar(&m.panics, "panics", false, "panics of this kind too")
			f.BoolVar(&m.end, "end", false, "end the mute of this kind")
			r := revisionFlags(f, "mute", "")
			return func(args []string) error {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				return mute(s, r, m, args[0])
			}
		},
	}
}

func (m *muteRule) check() (err error) {
	if m.kind, err = kindFlag(m.kind); err != nil {
		return err
	}
	return heldFlags(m.length, m.rate)
}

// kindFlag reads the tag krunk.kind as people paste it.
func kindFlag(kind string) (string, error) {
	kind = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(kind), "krunk.kind:")))
	if _, ok := plan.ParseKind(kind); !ok {
		return "", misused("-kind %q; write the tag krunk.kind of an event of it, eight of 0-9 and a-f", kind)
	}
	return kind, nil
}

// heldFlags checks how long something is said about a kind, and its rate.
func heldFlags(length time.Duration, rate string) error {
	if length < time.Second || length > longestMute {
		return misused("-for %s; write a time from 1s to 720h (30 days)", length)
	}
	if _, ok := policy.ParseRate(rate); !ok && rate != "" {
		return misused("-rate %q; write e.g. 5/h", rate)
	}
	return nil
}

func mute(s *streams, r *revision, m muteRule, file string) error {
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
	if err := doc.only(file, m.kind, false); err != nil {
		return err
	}
	if m.end {
		return r.without(s, doc, p, file, m.kind)
	}
	if err := doc.Put("kinds", m.kind, policydoc.Mute(r.now.get().Add(m.length), m.rate, m.panics)); err != nil {
		return err
	}
	r.outlived(s, p, m.length, "mute")
	return r.finish(s, doc, p, file)
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
