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

// longestDebug is how long a rule that raises volume may hold.
const longestDebug = 7 * 24 * time.Hour

// debugRule is who is to be watched and how.
type debugRule struct {
	player, client       string
	length               time.Duration
	channel, level, rate string
	id                   string
}

func debugCommand() command {
	return command{
		name: "debug", args: "-player ID | -client ID [-for 2h] [-channel NAME] [-level LEVEL] [-rate N/m] [-o FILE] FILE",
		short: "make the next version in which one player reports all, for a while",
		long: `
Debug writes the next version of the policy with one more rule: the player with this id reports from LEVEL on, until
the time is over, which also holds offline. The id is written as a salted hash, because a policy may be read by
everybody; one that is a hash already (sha256:...) stays as it is. FILE is what runs now.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			var d debugRule
			f.StringVar(&d.player, "player", "", "`id` of the player, as the game gives it to krunk")
			f.StringVar(&d.client, "client", "", "install `id` of the client, in place of -player")
			f.DurationVar(&d.length, "for", 2*time.Hour, "how long, at most 168h")
			f.StringVar(&d.channel, "channel", "*", "`name` of the channel to watch, with all below it")
			f.StringVar(&d.level, "level", "debug", "ship records from this `level` on")
			f.StringVar(&d.rate, "rate", policydoc.PlayerRate, "at most so many records, such as `10/s` or 600/m")
			f.StringVar(&d.id, "id", "", "`name` of the rule (default: debug- and the version)")
			r := revisionFlags(f, "debug", "")
			return func(args []string) error {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				return debug(s, r, d, args[0])
			}
		},
	}
}

func (d *debugRule) check() error {
	level, ok := policy.ParseLevel(d.level)
	switch {
	case (d.player == "") == (d.client == ""):
		return misused("give either -player or -client")
	case wrongID("player", d.player) != nil:
		return wrongID("player", d.player)
	case wrongID("client", d.client) != nil:
		return wrongID("client", d.client)
	case d.length < time.Second || d.length > longestDebug:
		return misused("-for %s; write a time from 1s to 168h (7 days)", d.length)
	case !ok || level == policy.LevelOff:
		return misused("-level %q; write trace, debug, info, warn, error or fatal", d.level)
	}
	if _, ok := policy.ParseRate(d.rate); !ok {
		return misused("-rate %q; write e.g. 600/m", d.rate)
	}
	return nil
}

func debug(s *streams, r *revision, d debugRule, file string) error {
	if err := d.check(); err != nil {
		return err
	}
	src, p, err := s.policy(file)
	if err != nil {
		return err
	}
	if !p.Enabled() {
		return fmt.Errorf("%s: the kill switch is thrown, so nobody reports; publish a version with \"enabled\": true first", file)
	}
	doc, next := textOf(src.doc), following(p.Version())
	if err := r.revise(s, doc, p, next); err != nil {
		return err
	}
	if d.id == "" {
		d.id = "debug-" + next.String()
	}
	until := r.now.get().Add(d.length)
	raw, _, err := doc.rules()
	if err != nil {
		return err
	}
	if err := doc.setRules(append(raw, d.rule(src.doc, p.Salt(), until))); err != nil {
		return err
	}
	r.outlived(s, p, d.length, "rule")
	return r.finish(s, doc, p, file)
}

// wrongID refuses an id, if one is given, that can be nobody's.
func wrongID(what, id string) error {
	if id == "" {
		return nil
	}
	if err := policydoc.CheckID(id); err != nil {
		return misused("-%s %v", what, err)
	}
	return nil
}

// rule writes the rule over doc as text.
func (d *debugRule) rule(doc []byte, salt string, until time.Time) json.RawMessage {
	who, id := "player", d.player
	if d.client != "" {
		who, id = "client", d.client
	}
	level, _ := policy.ParseLevel(d.level)
	text := fmt.Sprintf(`{ "id": %s, "until": %s,
      "when": { %q: [%s] },
      "set": { "clients": 100, "channels": { %s } } }`,
		quote(d.id), stamp(until), who, quote(policydoc.HashID(salt, id)),
		policydoc.OnePlayer(doc, strings.ToLower(d.channel), policydoc.Levels(doc, level)+`, "clients": 100, "records": 100`, d.rate))
	return json.RawMessage(text)
}
