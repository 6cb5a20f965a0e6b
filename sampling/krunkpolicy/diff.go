package main

import (
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

func diffCommand() command {
	return command{
		name: "diff", args: "[-clients N] [-rate CHANNEL[:LEVEL]=N]... [-json] OLD NEW", short: "say what changes between two policies, and what it will do",
		long: `
Diff lists every setting that differs, rules by their id, and the predicted effect on N clients: who reports before and
after and how many records a second arrive, with the same made-up clients and assumptions as simulate. It exits with 0
whether or not there are differences, and with 1 if NEW cannot replace OLD.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			pop := populationFlags(f)
			now, asJSON := nowFlag(f), jsonFlag(f)
			return func(args []string) error {
				if err := wantArgs(args, 2, "OLD and NEW"); err != nil {
					return err
				}
				return diff(s, args[0], args[1], pop, now.get(), *asJSON)
			}
		},
	}
}

type change struct {
	Path string `json:"path"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

func changeText(c policy.Difference) string {
	old, new := c.Old, c.New
	if old == "" {
		old = "(not set)"
	}
	if new == "" {
		new = "(not set)"
	}
	return c.Path + ": " + old + " -> " + new
}

// compared is the answer for programs.
type compared struct {
	Old      string     `json:"old"`
	New      string     `json:"new"`
	Changes  []change   `json:"changes"`
	Warnings []finding  `json:"warnings"`
	Refused  string     `json:"refused,omitempty"` // why NEW cannot replace OLD
	Before   *simulated `json:"before"`
	After    *simulated `json:"after"`
}

// settings compares what two policies state.
func settings(old, p, compiled *sampling.Policy) compared {
	c := compared{Old: old.Version().String(), New: p.Version().String(), Changes: []change{}, Warnings: []finding{}}
	for _, d := range policy.Diff(old, p) {
		c.Changes = append(c.Changes, change(d))
	}
	for _, w := range policy.Review(p, policy.Known{Previous: old, Default: compiled}) {
		c.Warnings = append(c.Warnings, finding(w.Problem))
	}
	if !old.Version().Less(p.Version()) {
		c.Refused = fmt.Sprintf("version %s is not above %s, so clients would refuse it", p.Version(), old.Version())
	}
	return c
}

func diff(s *streams, oldName, newName string, set *populationSettings, now time.Time, asJSON bool) error {
	pop, err := set.population(s)
	if err != nil {
		return err
	}
	oldSrc, old, err := s.policy(oldName)
	if err != nil {
		return err
	}
	newSrc, p, err := s.policy(newName)
	if err != nil {
		return err
	}
	c := settings(old, p, pop.fallback)
	names, err := pop.channelNames(oldSrc, newSrc)
	if err != nil {
		return err
	}
	if c.Before, err = effect(pop, oldSrc, old, names, now); err != nil {
		return err
	}
	if c.After, err = effect(pop, newSrc, p, names, now); err != nil {
		return err
	}
	if err := c.After.forecast(pop, newSrc, p, names); err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(s.out, c)
	} else {
		err = c.write(s.out, newName)
	}
	if err == nil && c.Refused != "" {
		return errNo
	}
	return err
}

func (c *compared) write(w io.Writer, file string) error {
	fmt.Fprintf(w, "policy %s -> %s\n", c.Old, c.New)
	for _, d := range c.Changes {
		fmt.Fprintln(w, "  "+changeText(policy.Difference(d)))
	}
	if len(c.Changes) == 0 {
		fmt.Fprintln(w, "  no setting differs")
	}
	for _, f := range c.Warnings {
		fmt.Fprintln(w, line(file, "warning", policy.Problem(f)))
	}
	if c.Refused != "" {
		fmt.Fprintf(w, "%s: error: %s\n", file, c.Refused)
	}
	b, a := c.Before, c.After
	fmt.Fprintf(w, "\npredicted for %s clients at %s\n", thousands(int64(a.Clients)), a.At.Format(time.RFC3339))
	for _, e := range [...]*simulated{b, a} {
		if e.Expired {
			fmt.Fprintf(w, "policy %s has expired: clients run their compiled default\n", e.Policy)
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "clients that report\t%s -> %s\n", thousands(b.Reporting), thousands(a.Reporting))
	fmt.Fprintf(t, "clients that send panics\t%s -> %s\n", thousands(b.Panics), thousands(a.Panics))
	fmt.Fprintf(t, "picked by name, at most\t%d -> %d\n", b.ByName, a.ByName)
	fmt.Fprintf(t, "log records/s\t%s -> %s\n", figure(b.Logs), figure(a.Logs))
	fmt.Fprintf(t, "events/s\t%s -> %s\n", figure(b.Events), figure(a.Events))
	for i, now := range a.Channels {
		was := b.Channels[i]
		if was == now {
			continue
		}
		fmt.Fprintf(t, "%s\tclients %s -> %s, logs/s %s -> %s, events/s %s -> %s\n", now.Name, thousands(was.Clients), thousands(now.Clients),
			figure(was.Logs), figure(now.Logs), figure(was.Events), figure(now.Events))
	}
	err := t.Flush()
	a.writeRaised(w)
	a.writeLater(w)
	return err
}
