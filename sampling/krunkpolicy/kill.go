package main

import (
	"flag"
	"fmt"
	"time"
)

func killCommand() command {
	return command{
		name: "kill", args: "[-note WHY] [-o FILE] FILE", short: `make the next version with "enabled": false`,
		long: `
Kill writes the next version of the policy with "enabled": false: every client stops sending anything but panics and
drops what it has queued. FILE is what runs now. Publish the result; to end it, publish a version with
"enabled": true, or use rollback.`,
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
	if !p.Expires().IsZero() {
		end := r.now.get().Add(lasting(p)).Format(time.RFC3339)
		fmt.Fprintf(s.err, "the kill ends at %s, when the policy expires; clients then run their compiled default\n", end)
	}
	return r.finish(s, d, p, file)
}
