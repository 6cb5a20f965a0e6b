package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/krunk-go/krunk/internal/policydoc"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// term is how long a policy holds that had an end and does not say how long it was meant to hold.
const term = 14 * 24 * time.Hour

// revision is what all commands that make a new document share.
type revision struct {
	now    *moment
	out    output
	author *string
	note   *string
	who    string // which command
}

func revisionFlags(f *flag.FlagSet, who, note string) *revision {
	r := &revision{now: nowFlag(f), who: who}
	f.StringVar(&r.out.path, "o", "", "write the new document to `FILE` (default: standard output)")
	r.author = f.String("author", "krunkpolicy "+who, "`who` makes the new version")
	why := "`why`"
	if note == "" {
		why += " (default: which command it was, over which version)"
	}
	r.note = f.String("note", note, why)
	return r
}

// revise gives the document its next version, dates it, and takes out what is over. The new document holds as long as the
// old one was meant to.
func (r *revision) revise(s *streams, d *document, p *sampling.Policy, next sampling.Version) error {
	now := r.now.get()
	gone, err := d.dropEnded(now)
	if err != nil {
		return err
	}
	for _, id := range gone {
		fmt.Fprintf(s.err, "rule %q is over and was taken out\n", id)
	}
	over, err := d.TakeEnded(now, "kinds", "pulls")
	if err != nil {
		return err
	}
	for _, place := range over {
		fmt.Fprintf(s.err, "%s is over and was taken out\n", place)
	}
	set := func(key, value, after string) {
		if err == nil {
			err = d.Set(key, value, after)
		}
	}
	set("version", fmt.Sprint(next.N), "")
	if next.Epoch != p.Version().Epoch {
		set("epoch", fmt.Sprint(next.Epoch), "version")
	}
	set("issued", stamp(now), "version")
	if !p.Expires().IsZero() {
		set("expires", stamp(now.Add(lasting(p))), "issued")
	}
	set("author", quote(*r.author), "issued")
	if *r.note == "" {
		*r.note = r.who + " over " + p.Version().String() // that of the version before says why that one was made
	}
	set("note", quote(*r.note), "author")
	return err
}

func lasting(p *sampling.Policy) time.Duration {
	if p.Issued().IsZero() {
		return term
	}
	return p.Expires().Sub(p.Issued())
}

func stamp(t time.Time) string { return policydoc.Stamp(t) }

// finish checks the new document, tells what changes, and writes it.
func (r *revision) finish(s *streams, d *document, old *sampling.Policy, from string) error {
	p, err := s.strict("(new document)", d.B)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "policy %s, was %s\n", p.Version(), old.Version())
	for _, c := range policy.Diff(old, p) {
		fmt.Fprintln(s.err, "  "+changeText(c))
	}
	return r.out.deliver(s, d.B, from)
}

// following returns the version after v.
func following(v sampling.Version) sampling.Version { return policydoc.Following(v) }
