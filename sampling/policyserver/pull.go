package policyserver

import (
	"fmt"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/internal/policydoc"
)

// Pull asks the client of one player for its flight log, once. Clients answer where the game allows it (sampling.Limits.Pull), to signed
// policies alone, and one request a day.
type Pull struct {
	Player     string `json:"player"`               // the policy is public and names a hash
	ID         string `json:"id,omitempty"`         // of the request, such as a ticket's, at most 64 bytes; empty: "pull-", the version and a number
	For        string `json:"for,omitempty"`        // how long it may take until they are there, at most 168h; empty: 24h
	Bytes      int    `json:"bytes,omitempty"`      // of the event at most, 1,024 to 1,048,576; zero: what an event may have
	Goroutines bool   `json:"goroutines,omitempty"` // with the stacks of all goroutines, where the game allows it
}

// pull makes the changes to what is asked for.
func (d *document) pull(c *Change, salt string, now time.Time, v string) error {
	seen := make(map[string]bool) // of two words about a request one would be lost
	for _, id := range c.Unpull {
		seen[id] = true
	}
	for i := range c.Pull {
		p := &c.Pull[i]
		if err := policydoc.CheckID(p.Player); err != nil {
			return fmt.Errorf("policyserver: pull %d: player %w", i+1, err)
		}
		if p.For == "" {
			p.For = "24h"
		}
		length, err := time.ParseDuration(p.For)
		if err != nil || length < time.Second || length > longest {
			return fmt.Errorf("policyserver: for %q; write a time from 1s to 168h, such as 24h", p.For)
		}
		id := p.ID
		if id == "" {
			id = fmt.Sprintf("pull-%s-%d", v, i+1)
		}
		switch {
		case seen[id]:
			return fmt.Errorf("policyserver: pull %d: id %q stands twice in the change; each request has its own", i+1, id)
		case p.Bytes < 0:
			return fmt.Errorf("policyserver: pull %d: bytes %d; write a whole number from 1024 to 1048576, or leave it out", i+1, p.Bytes)
		}
		seen[id] = true
		if err := d.Put("pulls", id, policydoc.Pull(now.Add(length), "player", []string{hashed(salt, p.Player)}, p.Bytes, p.Goroutines)); err != nil {
			return fmt.Errorf("policyserver: %w", err)
		}
	}
	for _, id := range c.Unpull {
		was, err := d.Take("pulls", id)
		if err == nil && !was && c.Rollback == "" {
			err = fmt.Errorf("nothing is asked for under %q", id)
		}
		if err != nil {
			return fmt.Errorf("policyserver: %w", err)
		}
	}
	return nil
}

// jsonPull is a request for a flight log.
type jsonPull struct {
	ID       string    `json:"id"`
	Who      string    `json:"who"`  // in words
	What     string    `json:"what"` // in words
	Until    time.Time `json:"until"`
	Over     bool      `json:"over"`
	Answered int       `json:"answered"` // clients that say that they have answered; of a player, 0 or 1
	Owner    string    `json:"owner"`
	Reason   string    `json:"reason"`
	Since    string    `json:"since"`
}

// pulls lists the requests of what runs.
func (s *Server) pulls(c *served, from map[string]origin, now time.Time) []jsonPull {
	out := []jsonPull{}
	list := c.policy.Document().PullList()
	if len(list) == 0 {
		return out
	}
	answered := s.answeredAll(now)
	for i := range list {
		p := &list[i]
		out = append(out, pullJSON(p, from, now, answered[plan.PullMark(p.ID)]))
	}
	return out
}

func pullJSON(p *plan.Pull, from map[string]origin, now time.Time, answered int) jsonPull {
	o := from[plan.PullPath(p.ID)]
	j := jsonPull{ID: p.ID, Who: p.Who.Name + " " + someOf(p.Who.Values), Until: p.Until.Time(), Over: plan.Over(p.Until.Time(), now), Answered: answered,
		Owner: o.owner, Reason: o.reason, Since: o.since, What: "the flight log"}
	if p.Goroutines {
		j.What += " with all goroutines"
	}
	if p.Bytes > 0 {
		j.What += fmt.Sprintf(", at most %d bytes", p.Bytes)
	}
	return j
}

// pullsOf lists the requests that are for one player, and whether their client says that it has answered.
func (s *Server) pullsOf(c *served, who *Player, w *word) []jsonPull {
	out := []jsonPull{}
	if c == nil {
		return out
	}
	id, now, list := plan.Identity(who.Identity), time.Now(), c.policy.Document().PullList()
	var from map[string]origin
	if p := s.recall(); p != nil {
		from = p.origins
	}
	all := s.answeredAll(now)
	for i := range list {
		p, answered := &list[i], 0
		if p.Who.Holds(&id, c.policy.Salt(), sum256) != plan.Yes {
			continue
		}
		if mark := plan.PullMark(p.ID); w.known && w.log == mark || alone(p) && all[mark] > 0 {
			answered = 1
		}
		out = append(out, pullJSON(p, from, now, answered))
	}
	return out
}

// logOf reads the mark of the request that a client has answered last, "log=9f2c41d0" among the members of its echo; 0 if there is none.
// It does not allocate.
func logOf(echo string) (mark uint32) {
	if _, rest, ok := strings.Cut(echo, "; log="); ok {
		rest, _, _ = strings.Cut(rest, ";")
		if mark, ok = plan.ParseKind(rest); !ok {
			return 0
		}
	}
	return mark
}

// maxLogs is how many requests are counted.
const maxLogs = 64

// answered counts the clients that have answered requests, by the mark of the request.
func (f *fleet) answered() map[uint32]int {
	out := make(map[uint32]int)
	now := time.Now().UnixNano()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.clients {
		if c.log == 0 || f.gone(c.at, now) {
			continue
		}
		if _, ok := out[c.log]; ok || len(out) < maxLogs {
			out[c.log] += 1 << f.level
		}
	}
	return out
}
