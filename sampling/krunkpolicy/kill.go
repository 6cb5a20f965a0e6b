package main

import (
	"flag"
	"time"
)

func killCommand() command {
	return command{
		name: "kill", args: "[-note WHY] [-o FILE] FILE", short: `make the next version with "enabled": false`,
		long: `
Kill writes the next version of the policy with "enabled": false: every client stops sending anything but panics and
drops what it has queued. It does not end by itself. FILE is what runs now. Publish the result; to end it, publish a version
with "enabled": true by publish -restart.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			r := revisionFlags(f, "kill", "kill switch")
			return func(args []string) error {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				return kill(s, r, args[0])
			}
		},
	}
}

// killHolds is how long a kill switch says that it holds, as policyserver does.
const killHolds = 10 * 365 * 24 * time.Hour

func kill(s *streams, r *revision, file string) error {
	src, p, err := s.policy(file)
	if err != nil {
		return err
	}
	d := textOf(src.doc)
	if err := r.revise(s, d, p, following(p.Version())); err != nil {
		return err
	}
	if err := d.Set("enabled", "false", "note"); err != nil {
		return err
	}
	if !p.Expires().IsZero() { // older clients end it with the policy
		if err := d.Set("expires", stamp(r.now.get().Add(killHolds)), "issued"); err != nil {
			return err
		}
	}
	return r.finish(s, d, p, file)
}
