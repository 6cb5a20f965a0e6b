package policyserver

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

type jsonStatus struct {
	Version     string          `json:"version"` // "" if there is none
	ETag        string          `json:"etag"`
	By          string          `json:"by"`
	At          *time.Time      `json:"at"`
	Note        string          `json:"note"`
	Enabled     bool            `json:"enabled"`
	Clients     float64         `json:"clients"` // share in percent, now
	Ahead       bool            `json:"ahead"`   // something happens by itself: see /policy/ahead
	Channels    []string        `json:"channels"`
	Rules       []jsonRule      `json:"rules"`
	Kinds       []jsonKind      `json:"kinds"`   // faults that are kept back
	Pulls       []jsonPull      `json:"pulls"`   // requests for flight logs
	Runs        jsonRuns        `json:"runs"`    // what all of it means
	Publish     bool            `json:"publish"` // publishing is on
	Shared      bool            `json:"shared"`  // what clients may send of all channels together is known: by the policy, or by Options.Under
	Expires     *time.Time      `json:"expires,omitempty"`
	Store       string          `json:"store,omitempty"`
	Notice      string          `json:"notice,omitempty"` // what else somebody has to know
	Every       float64         `json:"every"`            // seconds between two requests of a client that asks by HTTP
	MaxAge      float64         `json:"maxAge"`           // seconds for which caches hold a copy
	Convergence jsonConvergence `json:"convergence"`
	Servers     []jsonServer    `json:"servers"`
	Counters    []jsonCounter   `json:"counters"` // of all servers
	Now         time.Time       `json:"now"`
}

type jsonRule struct {
	ID      string     `json:"id"`
	From    *time.Time `json:"from"` // null: from the beginning
	Until   *time.Time `json:"until"`
	Text    string     `json:"text"`    // as the document has it
	Who     string     `json:"who"`     // in words
	What    string     `json:"what"`    // in words
	Over    bool       `json:"over"`    // it has ended
	Clients *int       `json:"clients"` // connected ones that it is for; null: it names people or matches, or nobody says who is connected
	Owner   string     `json:"owner"`   // who published it first; empty: not among the versions that are kept
	Reason  string     `json:"reason"`  // the note of that version
	Since   string     `json:"since"`   // that version
}

type jsonConvergence struct {
	Text    string      `json:"text"`
	Clients int         `json:"clients"`
	Polls   int         `json:"polls"`
	Window  float64     `json:"window"` // seconds
	States  []jsonState `json:"states"`
	servers []jsonServer
	trouble string
}

type jsonServer struct {
	Name    string  `json:"name"`
	Own     bool    `json:"own"`
	Version string  `json:"version"`
	Clients int     `json:"clients"`
	Polls   int     `json:"polls"`
	Silent  float64 `json:"silent"` // seconds
	Counted bool    `json:"counted"`
	Why     string  `json:"why,omitempty"`
}

type jsonState struct {
	Text     string  `json:"text"`
	Version  string  `json:"version"`
	Clients  int     `json:"clients"`
	Share    float64 `json:"share"`
	Current  bool    `json:"current"`
	Rejected bool    `json:"rejected"`
	Polled   bool    `json:"polled"`
}

type jsonCounter struct {
	Channel string  `json:"channel"`
	Count   uint64  `json:"count"`
	Rate    float64 `json:"rate"` // per second
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	st := jsonStatus{Publish: s.o.Authorize != nil, Now: time.Now().UTC(), Rules: []jsonRule{}, Kinds: []jsonKind{}, Pulls: []jsonPull{}, Enabled: true, Clients: 100}
	c := s.current.Load()
	names := make(map[string]bool)
	for _, name := range s.o.Channels {
		names[name] = true
	}
	if c != nil {
		st.fill(c, names)
	}
	s.explains(&st, c)
	st.Shared = s.o.Under.Default != nil || c.shares()
	if err := s.failure.Load(); err != nil {
		st.Store = (*err).Error()
	}
	if u := s.unsaved.Load(); u != nil {
		st.Store = "the kill switch of version " + u.entry.Version.String() + " is served from memory by this server alone; other servers hear of it once the store takes it, so throw it there too. " + st.Store
	}
	if told := s.fleet.newest(); c.version().Less(told) {
		st.Notice = "Clients say that they run " + told.String() + ", which this server does not know; was it started without its store? What is published next gets a higher version."
	}
	st.Every, st.MaxAge = s.pace().Seconds(), longestCopy.Seconds()
	if c != nil {
		st.MaxAge = c.maxAge().Seconds()
	}
	st.Counters = s.counters(st.Now)
	for _, n := range st.Counters {
		names[n.Channel] = true
	}
	st.Channels = slices.AppendSeq([]string{}, maps.Keys(names))
	slices.Sort(st.Channels)
	st.Convergence = s.recent(st.Now, c.version())
	st.Servers = st.Convergence.servers
	if st.Convergence.trouble != "" {
		st.Notice = strings.TrimSpace(st.Notice + " " + st.Convergence.trouble)
	}
	answer(w, http.StatusOK, st)
}

// shares reports whether the policy states a rate that all channels share, whatever the compiled default has.
func (c *served) shares() bool {
	return c != nil && slices.ContainsFunc(c.policy.Document().Channels, func(e plan.Entry) bool { return e.Name == "*" && e.Has&plan.HasRate != 0 })
}

// snapshot is a convergence that is shown for a while: whoever asks often must not keep the fleet's lock busy.
type snapshot struct {
	at      time.Time
	version sampling.Version
	json    jsonConvergence
}

const snapshotFor = 250 * time.Millisecond

func (s *Server) recent(now time.Time, v sampling.Version) jsonConvergence {
	if last := s.view.shown.Load(); last != nil && last.version == v && now.Sub(last.at) < snapshotFor {
		return last.json
	}
	made := &snapshot{now, v, convergenceJSON(s.Convergence())}
	s.view.shown.Store(made)
	return made.json
}

func (st *jsonStatus) fill(c *served, names map[string]bool) {
	st.Version, st.ETag, st.By = c.entry.Version.String(), c.tag, c.entry.By
	if !c.entry.At.IsZero() {
		st.At = &c.entry.At
	}
	st.Note, st.Enabled = c.policy.Note(), c.policy.Enabled()
	if end := c.policy.Expires(); !end.IsZero() {
		st.Expires = &end
	}
	_, heads, err := textOf(c.doc).outline()
	if err != nil {
		return // cannot be: it was parsed
	}
	st.Clients, st.Ahead = shareAt(c.policy, st.Now), len(policy.Moments(c.policy, st.Now)) > 0 || len(c.policy.Document().Top.Ramp) > 0
	for _, name := range ruleChannels(c.policy) {
		names[name] = true
	}
	for _, h := range heads {
		rule := jsonRule{ID: h.ID, Text: string(h.raw)}
		rule.Who, rule.What = h.words()
		if !h.Until.IsZero() {
			rule.Until = &h.Until
		}
		if from := h.from(); !from.IsZero() {
			rule.From = &from
		}
		st.Rules = append(st.Rules, rule)
	}
}

func convergenceJSON(c Convergence) jsonConvergence {
	j := jsonConvergence{Text: c.Text, Clients: c.Clients, Polls: c.Polls, Window: c.Window.Seconds(), States: []jsonState{}, trouble: c.Trouble}
	for _, x := range c.Servers {
		j.servers = append(j.servers, jsonServer{x.Name, x.Own, x.Version.String(), x.Clients, x.Polls, x.Silent.Seconds(), x.Counted, x.Why})
	}
	for _, g := range c.States[:min(len(c.States), 20)] {
		j.States = append(j.States, jsonState{Text: g.text(c.Current), Version: g.Version.String(), Clients: g.Clients, Share: g.Share,
			Current: !g.Unknown && !g.Rejected && g.Version == c.Current && c.Current != sampling.Version{}, Rejected: g.Rejected, Polled: g.Polled})
	}
	return j
}

// counters adds up what all servers count.
func (s *Server) counters(now time.Time) []jsonCounter {
	out := s.view.meter.read(s.o.Counters)
	at := make(map[string]int, len(out))
	for i, c := range out {
		at[c.Channel] = i
	}
	_, _ = s.servers(now, new(ServerState), func(m *summary) {
		for _, c := range m.Counters {
			i, ok := at[c.Channel]
			if !ok && len(out) >= maxCounters {
				continue
			}
			if !ok {
				i = len(out)
				at[c.Channel], out = i, append(out, jsonCounter{Channel: c.Channel})
			}
			out[i].Count += c.Count
			out[i].Rate += c.Rate
		}
	})
	slices.SortFunc(out, func(a, b jsonCounter) int { return strings.Compare(a.Channel, b.Channel) })
	return out
}

// meter turns counters into rates, however many pages ask.
type meter struct {
	mu    sync.Mutex // guards what follows
	at    time.Time
	was   map[string]uint64
	rates map[string]float64
}

func (m *meter) read(counters func() map[string]uint64) []jsonCounter {
	out := []jsonCounter{}
	if counters == nil {
		return out
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now, counts := time.Now(), counters()
	if passed := now.Sub(m.at).Seconds(); passed >= 0.9 {
		m.rates = make(map[string]float64, len(counts))
		for name, n := range counts {
			if was, ok := m.was[name]; ok && n >= was {
				m.rates[name] = float64(n-was) / passed
			}
		}
		m.was, m.at = maps.Clone(counts), now
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if out = append(out, jsonCounter{name, counts[name], m.rates[name]}); len(out) == maxCounters {
			break
		}
	}
	return out
}
