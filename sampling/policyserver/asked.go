package policyserver

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
	"github.com/krunk-go/krunk/sampling"
)

// Whether one player's client follows is known to the server that hears it. Another one, whose page somebody looks at, asks by its
// summary, and is answered by the summaries of those that have heard of the client.
const (
	askFor  = 30 * time.Second // how long a server asks after somebody has looked last
	maxAsks = 16               // clients that one server asks about
	maxSays = 64               // clients that one server answers about
)

// toldClient is the last word of one client.
type toldClient struct {
	Client uint64  `json:"client"` // its id, mixed
	Have   string  `json:"have"`   // empty: it makes no sense
	Seen   string  `json:"seen,omitempty"`
	Code   string  `json:"err,omitempty"`
	Log    uint32  `json:"log,omitempty"` // mark of the request that it has answered last
	Ago    float64 `json:"ago"`           // seconds, when the summary was written
}

// word is what some server knows about one client.
type word struct {
	state
	log    uint32
	ago    time.Duration
	server string // empty: this one
	known  bool   // there is one
	waits  bool   // there is none yet, and others may still answer
}

// question is a client that is asked about.
type question struct {
	since, last time.Time
}

// ask notes that somebody looks at a client, and returns since when.
func (o *others) ask(id uint64, now time.Time) (since time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.asks == nil {
		o.asks = make(map[uint64]question)
	}
	o.forget(now)
	q, ok := o.asks[id]
	if !ok {
		if len(o.asks) == maxAsks {
			oldest := slices.MinFunc(slices.Collect(maps.Keys(o.asks)), func(a, b uint64) int { return o.asks[a].last.Compare(o.asks[b].last) })
			delete(o.asks, oldest)
		}
		q.since = now
	}
	q.last = now
	o.asks[id] = q
	return q.since
}

// forget drops what nobody looks at any more. The caller holds the lock.
func (o *others) forget(now time.Time) {
	maps.DeleteFunc(o.asks, func(_ uint64, q question) bool { return now.Sub(q.last) > askFor })
}

// asking returns the clients that this server asks about.
func (o *others) asking(now time.Time) []uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forget(now)
	return slices.Sorted(maps.Keys(o.asks))
}

// wanted returns the clients that other servers ask about, at most maxSays.
func (o *others) wanted(now time.Time) []uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []uint64
	for _, name := range slices.Sorted(maps.Keys(o.heard)) {
		if h := o.heard[name]; h.counted(now) {
			out = append(out, h.said.Asks...)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxSays)]
}

// answers returns the newest that another server says about a client.
func (o *others) answers(id uint64, now time.Time) (w word) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(o.heard)) {
		h := o.heard[name]
		if !h.counted(now) {
			continue
		}
		for i := range h.said.Says {
			t := &h.said.Says[i]
			ago := now.Sub(h.at) + time.Duration(t.Ago*float64(time.Second))
			if t.Client != id || w.known && ago >= w.ago {
				continue
			}
			st, _ := (&told{Have: t.Have, Seen: t.Seen, Code: t.Code}).state() // readSummary has tried it
			w = word{state: st, log: t.Log, ago: ago, server: name, known: true}
		}
	}
	return w
}

// any reports whether another server is heard.
func (o *others) any(now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range o.heard {
		if h.counted(now) {
			return true
		}
	}
	return false
}

// says answers what other servers ask about.
func (s *Server) says(now time.Time) (out []toldClient) {
	for _, id := range s.others.wanted(now) {
		h, ok := s.fleet.mixed(id)
		if !ok {
			continue
		}
		t := toldClient{Client: id, Log: h.log, Ago: math.Round(max(0, now.Sub(time.Unix(0, h.at)).Seconds()))}
		if h.state != odd {
			t.Have, t.Code = h.have.String(), codeText(h.code)
			if h.seen != (sampling.Version{}) && h.seen != odd.have {
				t.Seen = h.seen.String()
			}
		}
		out = append(out, t)
	}
	return out
}

// plausible reports whether what a summary asks and answers about single clients can be.
func (m *summary) plausible() bool {
	if len(m.Asks) > maxAsks || len(m.Says) > maxSays {
		return false
	}
	for i := range m.Says {
		t := &m.Says[i]
		if _, ok := (&told{Have: t.Have, Seen: t.Seen, Code: t.Code}).state(); !ok || !(t.Ago >= 0 && t.Ago < 1e6) {
			return false
		}
	}
	return true
}

// heardOf returns the last word of a player's client, from this server or else from another one that it was given to.
func (s *Server) heardOf(who *Player) word {
	now := time.Now()
	if who.Here {
		h, is := s.fleet.last(who.Beat)
		return word{state: h.state, log: h.log, ago: max(0, now.Sub(time.Unix(0, h.at))), known: is} // elsewhere the id may be another's
	}
	if _, shared := s.store.(SummaryStore); !shared || who.Beat == 0 {
		return word{}
	}
	id := mix(who.Beat)
	since := s.others.ask(id, now)
	s.tell(tellAnyway)
	s.listen()
	w := s.others.answers(id, now)
	w.waits = !w.known && now.Sub(since) < tellAnyway+2*tellEvery && s.others.any(now)
	return w
}

// answeredAll counts the clients that have answered requests, of all servers, by the mark of the request.
func (s *Server) answeredAll(now time.Time) map[uint32]int {
	out := s.fleet.answered()
	_, _ = s.servers(now, new(ServerState), func(m *summary) {
		for _, l := range m.Logs {
			out[l.Mark] += l.N
		}
	})
	return out
}

// alone reports whether a request is for one player or client alone, so that who has answered it is known.
func alone(p *plan.Pull) bool { return len(p.Who.Values) == 1 && p.Who.Key < plan.CondMatch }

// hears listens to the other servers for what they ask, often while they do.
func (s *Server) hears(now time.Time) {
	o := &s.others
	o.mu.Lock()
	late := now.Sub(o.at) >= tellAnyway
	for _, h := range o.heard {
		late = late || h.counted(now) && len(h.said.Asks) > 0
	}
	o.mu.Unlock()
	if late {
		s.listen()
	}
}
