package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

func killCommand() command {
	return command{
		name: "kill", args: "-to URL [-note WHY] [-token-file FILE | -token-env NAME] | [-note WHY] [-o FILE] FILE", short: `make the next version with "enabled": false`,
		long: `
Kill -to URL throws the kill switch of a policyserver, over whatever it runs; it does what the control page does. Without -to it
writes the next version of the policy with "enabled": false: every client stops sending anything but panics and
drops what it has queued. It does not end by itself. FILE is what runs now. Publish the result; to end it, publish a version
with "enabled": true by publish -restart.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			r := revisionFlags(f, "kill", "kill switch")
			to := f.String("to", "", "`address` of a policyserver's policy, such as https://game.example/policy")
			a := accessFlags(f)
			return func(args []string) error {
				if *to != "" {
					if err := wantArgs(args, 0, "none beside -to"); err != nil {
						return err
					}
					return killAt(s, a, *to, *r.note)
				}
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

// killAt asks a server.
func killAt(s *streams, a *access, to, note string) error {
	u, err := a.address(to)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, u.JoinPath("kill").String(), strings.NewReader(`{"note":`+quote(note)+`}`))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, body, err := a.do(r, 1<<20)
	if err != nil {
		return err
	}
	var said reply
	text := said.text(body)
	if err := refusal(resp.StatusCode, sampling.Version{}); err != nil {
		return errors.New(strings.TrimSpace(err.Error() + "\n" + text))
	}
	if said.Unstored != "" {
		text += "\nserved from memory by this server alone, so kill at the others too; the store refuses it: " + printable([]byte(said.Unstored))
	}
	_, err = fmt.Fprintln(s.out, strings.TrimSpace("killed by "+said.Version+" over "+said.Replaces+"\n"+text))
	return err
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
	if !p.Expires().IsZero() { // older clients end it with the policy
		if err := d.Set("expires", stamp(r.now.get().Add(killHolds)), "issued"); err != nil {
			return err
		}
	}
	return r.finish(s, d, p, file)
}
