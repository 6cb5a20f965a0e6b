package main

import (
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/policydoc"
)

// longestPull is how long clients may be asked for one flight log.
const longestPull = 7 * 24 * time.Hour

// pullRequest is whose flight log is wanted.
type pullRequest struct {
	players, clients  list
	match, id         string
	length            time.Duration
	bytes             int
	goroutines, taken bool
}

func pullCommand() command {
	return command{
		name: "pull", args: "-player ID... | -client ID... | -match ID [-id REQUEST] [-for 24h] [-bytes N] [-goroutines] [-end] [-o FILE] FILE",
		short: "make the next version in which a player's flight log is asked for",
		long: `
Pull writes the next version of the policy with a request for the flight log of a few: each sends one event, "flight log",
with its history, scope and counters, also from outside of the share of clients. A client answers a request once, and one a day,
and only where the game allows it (sampling.Limits.Pull), the policy is signed, and it keeps policies (sampling.Keep). Ids are
written as salted hashes, that of a match as it is, what is a hash already (sha256:...) too. -end takes a request out again. FILE is what runs now; sign the result.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			var q pullRequest
			f.Var(&q.players, "player", "`id` of a player; may be repeated, 32 times at most")
			f.Var(&q.clients, "client", "install `id` of a client, in place of -player; may be repeated")
			f.StringVar(&q.match, "match", "", "`id` of a match: all who are in it")
			f.StringVar(&q.id, "id", "", "`name` of the request, such as a ticket's (default: pull- and the version)")
			f.DurationVar(&q.length, "for", 24*time.Hour, "how long it may take until they are there, at most 168h")
			f.IntVar(&q.bytes, "bytes", 0, "of the event at most, 1024 to 1048576 `bytes` (default: what an event may have)")
			f.BoolVar(&q.goroutines, "goroutines", false, "with the stacks of all goroutines, where the game allows it")
			f.BoolVar(&q.taken, "end", false, "take the request with this -id out")
			r := revisionFlags(f, "pull", "")
			return func(args []string) error {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				return pull(s, r, q, args[0])
			}
		},
	}
}

func (q *pullRequest) check() error {
	kinds := 0
	for _, n := range [...]int{len(q.players), len(q.clients), len(q.match)} {
		if n > 0 {
			kinds++
		}
	}
	switch {
	case q.taken && (kinds > 0 || q.id == ""):
		return misused("-end wants -id and nobody's name")
	case !q.taken && kinds != 1:
		return misused("give one of -player, -client and -match")
	case len(q.players)+len(q.clients) > 32:
		return misused("%d are too many for a flight log; write at most 32: more clients report more by a rule", len(q.players)+len(q.clients))
	case !q.taken && q.wrong() != nil:
		return q.wrong()
	case q.length < time.Second || q.length > longestPull:
		return misused("-for %s; write a time from 1s to 168h (7 days)", q.length)
	}
	return nil
}

// who is whose flight log is wanted: a member of a request, and ids as they were given.
func (q *pullRequest) who() (member string, ids []string) {
	switch {
	case len(q.players) > 0:
		return "player", q.players
	case len(q.clients) > 0:
		return "client", q.clients
	}
	return "match", []string{q.match}
}

// wrong refuses ids that can be nobody's.
func (q *pullRequest) wrong() error {
	member, ids := q.who()
	for _, id := range ids {
		if err := policydoc.CheckID(id); err != nil {
			return misused("-%s %v", member, err)
		}
	}
	return nil
}

func pull(s *streams, r *revision, q pullRequest, file string) error {
	if err := q.check(); err != nil {
		return err
	}
	src, p, err := s.policy(file)
	if err != nil {
		return err
	}
	doc, next := textOf(src.doc), following(p.Version())
	if err := r.revise(s, doc, p, next); err != nil {
		return err
	}
	if q.taken {
		was, err := doc.Take("pulls", q.id)
		if err == nil && !was {
			err = fmt.Errorf("%s: nothing is asked for under %q", file, q.id)
		}
		if err != nil {
			return err
		}
		return r.finish(s, doc, p, file)
	}
	if q.id == "" {
		q.id = "pull-" + next.String()
	}
	if !p.Enabled() {
		fmt.Fprintln(s.err, "the kill switch is thrown, so nobody answers before it ends")
	}
	who, ids := q.who()
	for i := range ids {
		if ids[i] = strings.TrimSpace(ids[i]); who != "match" {
			ids[i] = policydoc.HashID(p.Salt(), ids[i])
		}
	}
	if err := doc.Put("pulls", q.id, policydoc.Pull(r.now.get().Add(q.length), who, ids, q.bytes, q.goroutines)); err != nil {
		return err
	}
	return r.finish(s, doc, p, file)
}
