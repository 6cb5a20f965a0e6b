package policyserver

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// Convergence says what the fleet runs, as far as clients said so within Window to this server and, if the Store is a SummaryStore, to
// the others over it. What came over the game's own connection is kept apart from requests, which anybody can send. A client that went
// from one server to another counts at both until Window is over.
type Convergence struct {
	Text    string           // "97.2 % on 1188, 2.6 % on 1187, 0.2 % rejected it: E06 unknown level"
	Current sampling.Version // what they should run
	Clients int              // heard of over the game's own connection; an estimate above 65,536
	Polls   int              // clients that ask by HTTP, as far as that can be told; an estimate
	Window  time.Duration
	States  []State       // those over the game's connection first, then the most frequent
	Servers []ServerState // this one first; what the others said is up to 3 s old
	Trouble string        // what keeps others from being heard; empty if nothing does
}

// State is a group of clients that say the same.
type State struct {
	Version  sampling.Version // what they run; zero is their compiled default
	Clients  int
	Share    float64 // 0 to 1, of those that are counted in the same way
	Polled   bool    // they ask by HTTP
	Rejected bool    // they were given the current version and refused it
	Reason   string  // why, or what they do not understand of what they run; may be empty
	Unknown  bool    // what they say makes no sense here: Version means nothing
}

// pace is how often clients poll, as package httpsource has it.
func (s *Server) pace() time.Duration {
	every := 5 * time.Minute
	if c := s.current.Load(); c != nil && c.policy.Pace().Every > 0 {
		every = c.policy.Pace().Every
	}
	return max(every, 30*time.Second)
}

// Convergence adds up what clients said.
func (s *Server) Convergence() Convergence {
	c := Convergence{Current: s.current.Load().version(), Window: s.fleet.window}
	s.listen()
	beats, polls := s.fleet.count(s.pace())
	own := ServerState{Name: s.o.Server, Own: true, Version: c.Current, Clients: total(beats), Polls: total(polls), Counted: true}
	c.Servers, c.Trouble = s.servers(time.Now(), &own, func(m *summary) {
		for st, n := range m.beats {
			beats[st] += n
		}
		for st, n := range m.polls {
			polls[st] += n
		}
	})
	c.Clients = c.add(beats, false)
	c.Polls = c.add(polls, true)
	slices.SortFunc(c.States, func(a, b State) int {
		if a.Polled != b.Polled {
			if b.Polled {
				return -1
			}
			return 1
		}
		if a.Clients != b.Clients {
			return b.Clients - a.Clients
		}
		return strings.Compare(a.text(c.Current), b.text(c.Current))
	})
	c.Text = c.text()
	return c
}

// add adds clients that are counted in the same way, and returns how many there are.
func (c *Convergence) add(states map[state]int, polled bool) (all int) {
	groups := make(map[State]int)
	for st, n := range states {
		all += n
		g := describe(st, c.Current)
		g.Polled = polled
		groups[g] += n
	}
	for g, n := range groups {
		g.Clients, g.Share = n, float64(n)/float64(all)
		c.States = append(c.States, g)
	}
	return all
}

func describe(st state, current sampling.Version) State {
	g := State{Version: st.have}
	switch {
	case st == odd:
		return State{Unknown: true}
	case st.code == 0:
	case st.have == current:
		g.Reason = reason(st.code)
	case st.seen == current:
		g.Rejected, g.Reason = true, reason(st.code)
	}
	return g
}

func (g State) text(current sampling.Version) string {
	on := fmt.Sprint(g.Version.N)
	if g.Version.Epoch != current.Epoch {
		on = g.Version.String()
	}
	switch {
	case g.Unknown:
		return "on versions that were never served here"
	case g.Rejected:
		return "rejected it: " + g.Reason
	case g.Version == sampling.Version{}:
		return "on the compiled default"
	case strings.HasPrefix(g.Reason, "E"):
		return "on " + on + " without what they do not understand: " + g.Reason
	case g.Reason != "":
		return "on " + on + ", and refused what came after it: " + g.Reason
	}
	return "on " + on
}

func (c *Convergence) text() string {
	n := slices.IndexFunc(c.States, func(g State) bool { return g.Polled })
	if n < 0 {
		n = len(c.States)
	}
	beats, polls := c.words(c.States[:n]), c.words(c.States[n:])
	switch {
	case beats+polls == "":
		return "no client has reported within " + span(c.Window)
	case beats == "" || polls == "":
		return beats + polls
	}
	return beats + "; of those that ask by HTTP " + polls
}

func (c *Convergence) words(states []State) string {
	parts := make([]string, 0, len(states))
	for _, g := range states {
		if len(parts) == 6 {
			parts = append(parts, fmt.Sprintf("and %d more", len(states)-6))
			break
		}
		parts = append(parts, percent(g.Share)+" % "+g.text(c.Current))
	}
	return strings.Join(parts, ", ")
}

// percent never says 0 or 100 of what is not.
func percent(share float64) string {
	switch s := fmt.Sprintf("%.1f", 100*share); {
	case s == "0.0" && share > 0:
		return "<0.1"
	case s == "100.0" && share < 1:
		return ">99.9"
	default:
		return strings.TrimSuffix(s, ".0")
	}
}

func span(d time.Duration) string {
	if d%time.Minute == 0 {
		if d == time.Minute {
			return "a minute"
		}
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return d.String()
}
