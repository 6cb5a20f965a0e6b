package policyserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"crypto/rand"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// MaxSummary is the largest summary in bytes.
const MaxSummary = 64 << 10

// SummaryStore is what a Store may be beside: through it game servers tell each other what their clients run, so that every page
// and every Convergence shows the whole fleet. Without it each server shows its own clients. What it holds may be lost at any time;
// it comes again. Its methods may be called by any goroutine and may block.
type SummaryStore interface {
	// PutSummary keeps b, at most MaxSummary bytes, in place of what that server said before. The name has 1 to 64 letters, digits,
	// dashes and underscores. It must not retain b.
	PutSummary(ctx context.Context, server string, b []byte) error
	// Summaries returns the newest word of each server; nil for one that cannot be read. It leaves out, and may delete, what is older
	// than a day.
	Summaries(ctx context.Context) (map[string][]byte, error)
}

const (
	tellEvery   = 2 * time.Second  // how often a server looks whether it has something to tell
	tellAnyway  = 10 * time.Second // how often it says that it is there
	tellWithin  = 5 * time.Second  // how long the store may take
	maxStated   = 128              // states in a summary; the rest is added up as one that makes no sense
	maxTold     = 1 << 24          // clients of one server; of all servers together no int of 32 bits overflows
	maxCounters = 256
)

// summary is what one server says about its clients.
type summary struct {
	Format   int           `json:"krunkSummary"`
	Server   string        `json:"server"`
	Run      string        `json:"run"` // of the process
	N        uint64        `json:"n"`   // of its summaries
	At       time.Time     `json:"at"`
	Every    float64       `json:"every"` // seconds until the next one at the latest
	Version  string        `json:"version"`
	Observed int           `json:"observed"` // clients of its Observation
	States   []told        `json:"states"`
	Counters []jsonCounter `json:"counters"`
	Logs     []toldLog     `json:"logs,omitempty"`
	Asks     []uint64      `json:"asks,omitempty"` // clients that somebody looks at there
	Says     []toldClient  `json:"says,omitempty"` // last words of those that others look at
	version  sampling.Version
	beats    map[state]int
	polls    map[state]int
}

// told is a number of clients that say the same.
type told struct {
	Have   string `json:"have"` // empty: it makes no sense
	Seen   string `json:"seen,omitempty"`
	Code   string `json:"err,omitempty"`
	N      int    `json:"clients"`
	Polled bool   `json:"polled,omitempty"`
}

// toldLog is a number of clients that have answered a request for their flight log.
type toldLog struct {
	Mark uint32 `json:"mark"`
	N    int    `json:"clients"`
}

// summaryFormat is that of summaries that this program writes and reads.
const summaryFormat = 1

// serverName reports whether a name may be that of a server.
func serverName(s string) bool {
	return len(s) > 0 && len(s) <= 64 && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	}) < 0
}

// hostName is the name of a server that was given none: that of the machine, and something random, since several may run there.
func hostName() string {
	host, _ := os.Hostname() // without one it is random alone
	host = strings.Map(func(c rune) rune {
		if serverName(string(c)) {
			return c
		}
		return '-'
	}, host)
	return strings.TrimPrefix(host[:min(len(host), 40)]+"-"+strings.ToLower(rand.Text()[:6]), "-")
}

// stated lists states, the most frequent first, as a summary has them.
func stated(states map[state]int, polled bool) []told {
	keys := slices.SortedFunc(maps.Keys(states), func(a, b state) int { return cmp.Compare(states[b], states[a]) })
	var out []told
	rest := told{Polled: polled}
	for _, st := range keys {
		if st == odd || len(out) == maxStated/2-1 {
			rest.N += states[st]
			continue
		}
		t := told{Have: st.have.String(), N: states[st], Polled: polled, Code: codeText(st.code)}
		if st.seen != (sampling.Version{}) && st.seen != odd.have {
			t.Seen = st.seen.String()
		}
		out = append(out, t)
	}
	if rest.N > 0 {
		out = append(out, rest)
	}
	return out
}

// codeText is what parseCode reads.
func codeText(code uint8) string {
	switch {
	case code == 0:
		return ""
	case code >= codeFirst:
		return plan.Codes()[code-codeFirst]
	}
	return fmt.Sprintf("E%02d", code)
}

// readSummary reads what another server said, which may be anything.
func readSummary(server string, b []byte) (*summary, error) {
	if len(b) == 0 {
		return nil, errors.New("what it says cannot be read")
	}
	if len(b) > MaxSummary {
		return nil, fmt.Errorf("it says more than %d bytes", MaxSummary)
	}
	var m summary
	var ok bool
	err := json.Unmarshal(b, &m)
	switch {
	case err != nil:
		return nil, errors.New("what it says is torn or no summary")
	case m.Format != summaryFormat:
		return nil, fmt.Errorf("it speaks format %d, and this server %d", m.Format, summaryFormat)
	case m.Server != server:
		return nil, errors.New("it says that it is another one")
	case len(m.Run) > 64 || m.Observed < 0 || m.Observed > maxTold || len(m.States) > maxStated || len(m.Counters) > maxCounters || len(m.Logs) > maxLogs || !(m.Every > 0 && m.Every < 3600):
		return nil, errImplausible
	}
	if m.version, ok = parseVersion(m.Version); !ok {
		return nil, errImplausible
	}
	m.beats, m.polls = make(map[state]int), make(map[state]int)
	all := 0
	for i := range m.States {
		t := &m.States[i]
		st, ok := t.state()
		if !ok || t.N < 0 || t.N > maxTold-all {
			return nil, errImplausible
		}
		all += t.N
		if t.Polled {
			m.polls[st] += t.N
		} else {
			m.beats[st] += t.N
		}
	}
	if !m.plausible() || slices.ContainsFunc(m.Logs, func(l toldLog) bool { return l.N < 0 || l.N > maxTold }) {
		return nil, errImplausible
	}
	for i := range m.Counters {
		c := &m.Counters[i]
		if c.Channel != "*" && plan.ChannelProblem(c.Channel) != 0 || !(c.Rate >= 0 && c.Rate < 1e12) || c.Count > 1<<53 {
			return nil, errImplausible
		}
	}
	return &m, nil
}

var errImplausible = errors.New("it says what cannot be")

func (t *told) state() (st state, ok bool) {
	if t.Have == "" {
		return odd, true
	}
	if st.have, ok = parseVersion(t.Have); !ok {
		return odd, false
	}
	if t.Seen != "" {
		if st.seen, ok = parseVersion(t.Seen); !ok {
			return odd, false
		}
	}
	st.code, ok = parseCode(t.Code)
	return st, ok && len(t.Code) < 32
}

// summarise says what this server's clients run.
func (s *Server) summarise() *summary {
	beats, polls := s.fleet.count(s.pace())
	m := &summary{Format: summaryFormat, Server: s.o.Server, Run: s.others.run, Version: s.current.Load().version().String(),
		States: append(stated(beats, false), stated(polls, true)...), Counters: s.view.meter.read(s.o.Counters)}
	if o := s.observed.Load(); o != nil {
		m.Observed = o.Clients
	}
	answered := s.fleet.answered()
	for _, mark := range slices.Sorted(maps.Keys(answered)) {
		m.Logs = append(m.Logs, toldLog{mark, answered[mark]})
	}
	now := time.Now()
	m.Asks, m.Says = s.others.asking(now), s.says(now)
	for i := range m.Counters {
		m.Counters[i].Count = min(m.Counters[i].Count, 1<<53)
	}
	m.Counters = slices.DeleteFunc(m.Counters, func(c jsonCounter) bool { return plan.ChannelProblem(c.Channel) != 0 })
	return m
}

// tell lets the other servers know what this one's clients run. It never blocks: a store that hangs holds one goroutine.
func (s *Server) tell(every time.Duration) {
	store, ok := s.store.(SummaryStore)
	if !ok || !s.others.telling.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer s.others.telling.Store(false)
		ctx, stop := context.WithTimeout(context.Background(), tellWithin)
		defer stop()
		m := s.summarise()
		b, err := json.Marshal(m)
		now := time.Now()
		if err != nil || string(b) == s.others.said && now.Sub(s.others.saidAt) < tellAnyway {
			return
		}
		said := string(b)
		s.others.saidN++
		m.N, m.At, m.Every = s.others.saidN, now.UTC(), every.Seconds()
		if b, err = json.Marshal(m); err == nil && len(b) <= MaxSummary && store.PutSummary(ctx, s.o.Server, b) == nil {
			s.others.said, s.others.saidAt = said, now // guarded by telling
		}
	}()
}

// tells says what there is to say until ctx ends.
func (s *Server) tells(ctx context.Context) {
	t := time.NewTicker(tellEvery)
	defer t.Stop()
	for {
		s.hears(time.Now())
		s.tell(tellAnyway)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
