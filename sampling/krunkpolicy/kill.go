package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/internal/policydoc"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

func killCommand() command {
	return command{
		name: "kill", args: "-to URL [-note WHY] [-token-file FILE | -token-env NAME] | [-note WHY] [-o FILE] FILE", short: `make the next version with "enabled": false`,
		long: `
Kill -to URL throws the kill switch of a policyserver, over whatever it runs; it does what the control page does. Without -to it
writes the next version of the policy with "enabled": false: every client stops sending anything but panics and
drops what it has queued. It does not end by itself. A policy with mistakes gives the kill switch alone. FILE is what runs now. Publish the result; to end it, publish a version
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

// kill writes the next version with the kill switch thrown. Mistakes of the policy, or no room in it, do not keep it from that.
func kill(s *streams, r *revision, file string) error {
	src, err := s.read(file)
	if err != nil {
		return err
	}
	p, _, err := policy.ParseStrict(src.doc)
	if err != nil {
		return killAlone(s, r, src)
	}
	d := textOf(src.doc)
	if err := r.revise(s, d, p, following(p.Version())); err != nil {
		return err
	}
	if err := d.Set("enabled", "false", "note"); err != nil {
		return err
	}
	if !p.Expires().IsZero() { // older clients end it with the policy
		if err := d.Set("expires", stamp(r.now.get().Add(policydoc.KillHolds)), "issued"); err != nil {
			return err
		}
	}
	if _, _, err := policy.ParseStrict(d.B); err != nil {
		return killAlone(s, r, src)
	}
	return r.finish(s, d, p, file)
}

// killAlone writes a document that is the kill switch and nothing else, over one of which no more than its head may be readable.
func killAlone(s *streams, r *revision, src *source) error {
	var head plan.Head
	plan.Peek(src.doc, &head)
	if head.Version.N == 0 {
		_, err := s.strict(src.name, src.doc)
		return err
	}
	p, err := sampling.Parse(src.doc)
	if err != nil {
		p = new(sampling.Policy)
	}
	made := func(panics []byte) []byte {
		return policydoc.Kill(following(sampling.Version(head.Version)), r.now.get(), *r.author, *r.note, p.Salt(), panics)
	}
	doc := made(textOf(src.doc).Get("panics"))
	if _, _, err := policy.ParseStrict(doc); err != nil {
		doc = made(nil)
	}
	if _, err := s.strict("(new document)", doc); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%s has mistakes (krunkpolicy lint) or no room: the new document is the kill switch alone\npolicy %s, was %s\n",
		src.name, following(sampling.Version(head.Version)), sampling.Version(head.Version))
	return r.out.deliver(s, doc, src.name)
}
