package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
	"github.com/krunk-go/krunk/sampling/signed"
)

func explainCommand() command {
	return command{
		name: "explain", args: "-channel NAME [-client ID] [-player ID] [-release R] ... [-json] FILE",
		short: "say what a policy means for one client and which entry or rule decided it",
		long: `
Explain answers for one client and one channel as the client itself would: every field with the entry or rule that
decided it, whether the client is in the cohort, and for each rule whether it applies and if not, why. A program may
have thresholds of its own below the policy and hard limits above it; those are not known here, and of a compiled default only what -default says.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			var id sampling.Identity
			var tags list
			channel := f.String("channel", "", "`name` of the channel, such as net.http")
			f.StringVar(&id.ID, "client", "", "install `id`")
			f.StringVar(&id.Player, "player", "", "`id` of the player")
			f.StringVar(&id.Match, "match", "", "`id` of the match")
			f.StringVar(&id.Release, "release", "", "`release`, such as game@1.42.0")
			f.StringVar(&id.Platform, "platform", "", "`GOOS`")
			f.StringVar(&id.Arch, "arch", "", "`GOARCH`")
			f.StringVar(&id.Region, "region", "", "`region`")
			f.StringVar(&id.Env, "env", "", "`environment`")
			f.StringVar(&id.Build, "build", "", "`build`: debug or release")
			f.Var(&tags, "tag", "`name=value` that the game sets; may be repeated")
			now, asJSON, under := nowFlag(f), jsonFlag(f), compiledFlag(f)
			return func(args []string) (err error) {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				if id.Tags, err = pairs(tags); err != nil {
					return err
				}
				return explain(s, args[0], *channel, id, under, now.get(), *asJSON)
			}
		},
	}
}

func pairs(tags list) (map[string]string, error) {
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		name, value, ok := strings.Cut(t, "=")
		if !ok || name == "" {
			return nil, misused("-tag %q; write name=value", t)
		}
		out[name] = value
	}
	return out, nil
}

// explained is a policy.Decision for programs.
type explained struct {
	Policy   string            `json:"policy"`
	Channel  string            `json:"channel"`
	Expired  bool              `json:"expired"`
	Trail    string            `json:"trail"`
	Send     string            `json:"send"`
	Issue    string            `json:"issue"`
	In       bool              `json:"in"`
	Forced   bool              `json:"forced"`
	Killed   bool              `json:"killed"`
	Panics   bool              `json:"panics"`
	Percent  float64           `json:"percent"`
	Bucket   uint32            `json:"bucket"`
	By       string            `json:"by"`
	Salt     string            `json:"salt"`
	Records  float64           `json:"records"`
	Rate     string            `json:"rate,omitempty"`
	Burst    uint32            `json:"burst,omitempty"`
	First    int               `json:"first,omitempty"`
	From     map[string]string `json:"from"`
	Rules    []ruleAnswer      `json:"rules"`
	Pulls    []string          `json:"pulls,omitempty"`
	Raises   []raiseAnswer     `json:"raises,omitempty"`
	identity sampling.Identity
}

type ruleAnswer struct {
	ID      string `json:"id"`
	Applies bool   `json:"applies"`
	Why     string `json:"why,omitempty"`
}

// raiseAnswer is a policy.Raise for programs.
type raiseAnswer struct {
	Kind    string    `json:"kind"`
	Until   time.Time `json:"until"`
	Percent float64   `json:"percent"`
	Sends   bool      `json:"sends"`
	Why     string    `json:"why"`
}

func explain(s *streams, file, channel string, id sampling.Identity, below *compiled, now time.Time, asJSON bool) error {
	if channel == "" {
		return misused("-channel is missing; write e.g. -channel net.http")
	}
	if plan.ChannelProblem(channel) != 0 {
		return misused("-channel %q; write names of letters, digits, - and _ with dots between, such as net.http", channel)
	}
	for _, one := range [...]struct{ what, given string }{{"client", id.ID}, {"player", id.Player}, {"match", id.Match}} {
		if err := wrongID(one.what, one.given); err != nil {
			return err
		}
	}
	_, p, err := s.policy(file)
	if err != nil {
		return err
	}
	fallback, _, err := below.read(s)
	if err != nil {
		return err
	}
	under := policy.Under{Default: fallback, Hash: signed.SHA256, Now: now}
	d, err := policy.Explain(p, id, channel, under)
	if err != nil {
		return err
	}
	raises, err := policy.Raises(p, id, channel, under)
	if err != nil {
		return err
	}
	e := explained{
		Policy: p.Version().String(), Channel: d.Channel, Expired: expired(p, now), Trail: d.Trail.String(), Send: d.Send.String(), Issue: d.Issue.String(),
		In: d.In, Forced: d.Forced, Killed: d.Killed, Panics: d.Panics, Percent: float64(d.PPM) / 10_000, Bucket: d.Bucket, By: d.By, Salt: d.Salt,
		Records: float64(d.Records) / 10_000, Rate: d.Rate.String(), Burst: d.Burst, First: d.First, From: d.From, Rules: []ruleAnswer{}, identity: id,
		Pulls: policy.Pulls(p, id, under),
	}
	for _, r := range d.Rules {
		e.Rules = append(e.Rules, ruleAnswer(r))
	}
	for _, r := range raises {
		e.Raises = append(e.Raises, raiseAnswer{Kind: r.Kind, Until: r.Until, Percent: float64(r.PPM) / 10_000, Sends: r.Sends, Why: r.Why})
	}
	if asJSON {
		return writeJSON(s.out, e)
	}
	return e.write(s.out, d)
}

func expired(p *sampling.Policy, now time.Time) bool {
	return !p.Expires().IsZero() && !now.Before(p.Expires())
}

func (e *explained) write(w io.Writer, d policy.Decision) error {
	fmt.Fprintf(w, "policy %s, channel %s\n%s\n\n", e.Policy, e.Channel, e.verdict(d))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value, from string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\t%s\n", name, value, from)
		}
	}
	row("trail", e.Trail, e.From["trail"])
	row("send", e.Send, e.From["send"])
	row("issue", e.Issue, e.From["issue"])
	fmt.Fprintf(t, "clients\t\t%s\nchannel clients\t\t%s\n", e.From["clients"], e.From["channel clients"])
	row("records", percent(d.Records), e.From["records"])
	row("rate", e.Rate, e.From["rate"])
	if e.First > 0 {
		row("first", fmt.Sprint(e.First), e.From["first"])
	}
	row("by", e.By, e.From["by"])
	row("panics", map[bool]string{true: "sent", false: "not sent"}[e.Panics], e.From["panics"])
	for _, r := range e.Rules {
		if r.Applies {
			row("rule "+quote(r.ID), "applies", "")
		} else {
			row("rule "+quote(r.ID), "no", r.Why)
		}
	}
	for _, id := range e.Pulls {
		row("pull "+quote(id), "asks", "for this client's flight log, where the game allows it")
	}
	for _, r := range e.Raises {
		row("kind "+r.Kind, map[bool]string{true: "raised, sent", false: "raised, not by this"}[r.Sends], r.Why)
	}
	return t.Flush()
}

// verdict is the answer in one line.
func (e *explained) verdict(d policy.Decision) string {
	known := map[string]string{"client": e.identity.ID, "player": e.identity.Player, "match": e.identity.Match}[e.By]
	switch {
	case e.Expired:
		return "the policy has expired: the client runs its compiled default"
	case e.Killed:
		return "the kill switch is thrown: nothing but panics is sent"
	case e.Forced:
		return "picked by name, so it reports and stands for nobody else"
	case e.In && d.PPM >= policy.Million:
		return "everybody is in the cohort, so this client is"
	case known == "":
		return fmt.Sprintf("not in the cohort of %s: it is drawn by %s, and no -%s was given", percent(d.PPM), e.By, e.By)
	}
	in := "not in"
	if e.In {
		in = "in"
	}
	return fmt.Sprintf("%s the cohort of %s: drawn by %s with salt %q, bucket %s of 1,000,000", in, percent(d.PPM), e.By, e.Salt, thousands(int64(e.Bucket)))
}
