package policyserver

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// Observation is what a game server knows about its players and what they would record. All of it is optional.
type Observation struct {
	Clients int      // connected now; zero: as many as reported their policy lately
	Groups  []Group  // who they are, for rules; at most 64; empty: all alike, with an empty identity
	Volumes []Volume // at most 1,024
}

// Group is a number of clients that rules treat alike, such as one release on one platform. Ids may be empty: then it
// stands for all ids.
type Group struct {
	Identity sampling.Identity
	Clients  int
}

// Volume is what all clients together would record on a channel at exactly one level if nobody were sampled out: a
// client counts such calls cheaply, also those that the gate stops, and a part of the clients is enough to know.
type Volume struct {
	Channel   string
	Level     policy.Level
	PerSecond float64
}

// Effect predicts what a version changes. Figures are expected values.
type Effect struct {
	Text     string // "clients reporting 50,000 -> 5,000; 310 -> 31 records/s"
	Clients  int    // connected
	Before   Outcome
	After    Outcome
	Channels []ChannelEffect // those that change, at most 40
	More     int             // channels that change beside those
	Raises   []RaiseEffect   // kinds of issues whose raise changes; their events are not among the records
}

// Outcome is what one version leads to.
type Outcome struct {
	Clients float64 // that report anything but panics
	Records float64 // per second, log records and events; below zero: not known, since no volumes were observed
}

// ChannelEffect is an Effect on one channel. Levels are those of the largest group.
type ChannelEffect struct {
	Channel             string
	OldSend, NewSend    policy.Level
	OldIssue, NewIssue  policy.Level
	Clients, NewClients float64
	Records, NewRecords float64 // per second; below zero: not known
}

// Observe tells the server about its own players; it keeps the newest observation only. Where other servers share the store and say how
// many clients they observe, predictions are for all, and take those to be like its own. It must not retain o's slices, and does not.
func (s *Server) Observe(o Observation) {
	o.Groups = slices.Clone(o.Groups[:min(len(o.Groups), 64)])
	o.Volumes = slices.Clone(o.Volumes[:min(len(o.Volumes), 1024)])
	for i := range o.Volumes {
		o.Volumes[i].Channel = strings.ToLower(o.Volumes[i].Channel)
	}
	s.observed.Store(&o)
}

// forecast is what predictions of one moment share.
type forecast struct {
	groups   []Group
	volumes  map[string][]Volume // by channel
	channels []string            // all that may differ
	clients  int
	under    policy.Under
	probe    func(salt string) []string
}

// predict compares two policies; old may be nil.
func (s *Server) predict(old, new *sampling.Policy) Effect {
	f := s.forecast(old, new)
	e := Effect{Clients: f.clients}
	before, after := f.run(old), f.run(new)
	e.Before, e.After = before.total, after.total
	for i, name := range f.channels {
		a, b := before.channels[i], after.channels[i]
		switch {
		case a == b:
		case len(e.Channels) == 40:
			e.More++
		default:
			e.Channels = append(e.Channels, ChannelEffect{name, a.send, b.send, a.issue, b.issue, a.clients, b.clients, a.records, b.records})
		}
	}
	e.Text = "clients reporting " + grouped(e.Before.Clients) + " -> " + grouped(e.After.Clients)
	if e.After.Records >= 0 {
		e.Text += "; " + grouped(e.Before.Records) + " -> " + grouped(e.After.Records) + " records/s"
	}
	e.Raises = f.raises(old, new)
	for i := range e.Raises {
		e.Text += e.Raises[i].short()
	}
	return e
}

func (s *Server) forecast(policies ...*sampling.Policy) *forecast {
	f := &forecast{under: s.o.Under, probe: s.probes.get, volumes: make(map[string][]Volume)}
	if f.under.Now.IsZero() {
		f.under.Now = time.Now()
	}
	var o Observation
	if p := s.observed.Load(); p != nil {
		o = *p
	}
	f.groups, f.clients = o.Groups, o.Clients
	scale := 1.0
	if c := s.Convergence(); f.clients == 0 {
		f.clients = c.Clients + c.Polls
	} else if elsewhere := s.elsewhere(); elsewhere > 0 {
		scale = float64(f.clients+elsewhere) / float64(f.clients)
		f.scale(scale)
	}
	if len(f.groups) == 0 {
		f.groups = []Group{{Clients: f.clients}}
	}
	names := map[string]bool{"*": true}
	for _, v := range o.Volumes {
		v.PerSecond *= scale
		f.volumes[v.Channel], names[v.Channel] = append(f.volumes[v.Channel], v), true
	}
	for _, name := range s.o.Channels {
		names[strings.ToLower(name)] = true
	}
	for _, p := range policies {
		if p != nil {
			for _, name := range ruleChannels(p) {
				names[name] = true
			}
		}
	}
	f.channels = slices.Sorted(maps.Keys(names))
	f.channels = f.channels[:min(len(f.channels), 600)]
	return f
}

// scale makes a forecast for more clients than this server sees: those of the others are taken to be like its own.
func (f *forecast) scale(by float64) {
	f.clients = int(math.Round(float64(f.clients) * by))
	f.groups = slices.Clone(f.groups)
	for i := range f.groups {
		f.groups[i].Clients = int(math.Round(float64(f.groups[i].Clients) * by))
	}
}

// elsewhere is how many clients the other servers observe.
func (s *Server) elsewhere() (n int) {
	_, _ = s.servers(time.Now(), new(ServerState), func(m *summary) { n += m.Observed })
	return n
}

// ruleChannels lists all names that a policy mentions.
func ruleChannels(p *sampling.Policy) []string {
	out := policy.Channels(p)
	for _, s := range policy.Settings(p) {
		if _, rest, ok := strings.Cut(s.Path, ".set.channels["); ok {
			if name, err := strconv.QuotedPrefix(rest); err == nil {
				name, _ = strconv.Unquote(name)
				out = append(out, name)
			}
		}
	}
	return out
}

// outcome is what one policy leads to.
type outcome struct {
	total    Outcome
	channels []channelOutcome
}

type channelOutcome struct {
	send, issue      policy.Level
	clients, records float64
}

func (f *forecast) run(p *sampling.Policy) outcome {
	out := outcome{channels: make([]channelOutcome, len(f.channels))}
	if p == nil {
		p = f.under.Default
	}
	largest := 0
	for i := range f.channels {
		out.channels[i] = channelOutcome{send: policy.LevelOff, issue: policy.LevelOff, records: -1}
	}
	if p == nil {
		p = defaultPolicy()
	}
	for _, g := range f.groups {
		reporting, sum := 0.0, 0.0
		flows := make([]float64, len(f.channels))
		for i, name := range f.channels {
			d := f.explain(p, g, name)
			c := &out.channels[i]
			if g.Clients >= largest {
				c.send, c.issue = d.Send, d.Issue
			}
			clients := f.share(d) * float64(g.Clients)
			c.clients += clients
			reporting = max(reporting, clients)
			if len(f.volumes[name]) > 0 {
				flows[i] = clients * f.flow(d)
				c.records = max(c.records, 0)
			}
			sum += flows[i]
		}
		if sum > 0 {
			shared, _ := policy.SharedRate(p, insider(g, f.probe(p.Salt())[0]), f.under) // New has tried Under
			out.add(flows, bounded(sum, shared, reporting)/sum)
		}
		largest = max(largest, g.Clients)
		out.total.Clients += reporting
	}
	if len(f.volumes) == 0 {
		out.total.Records = -1
	}
	for _, c := range out.channels {
		out.total.Records += max(c.records, 0)
	}
	return out
}

// share is the part of a group that reports on a channel: it is in the cohort and any level gets through.
func (f *forecast) share(d policy.Decision) float64 {
	switch {
	case d.Killed || d.In && d.Send == policy.LevelOff && d.Issue == policy.LevelOff:
		return 0
	case d.Forced && d.In:
		return 1
	}
	return float64(d.PPM) / policy.Million
}

// flow returns the records per second that a client sends on a channel, within the channel's rate.
func (f *forecast) flow(d policy.Decision) (each float64) {
	if f.clients <= 0 {
		return 0
	}
	for _, v := range f.volumes[d.Channel] {
		if v.Level >= d.Send || v.Level >= d.Issue {
			each += v.PerSecond / float64(f.clients) * float64(d.Records) / policy.Million
		}
	}
	return bounded(each, d.Rate, 1)
}

// bounded is what so many clients send at most of perSecond under a rate of each.
func bounded(perSecond float64, r sampling.Rate, clients float64) float64 {
	if r.N > 0 && r.Per > 0 {
		return min(perSecond, clients*float64(r.N)/r.Per.Seconds())
	}
	return perSecond
}

// add adds what a group sends by channel, of which a part goes through what each client may send on all of them together.
func (o *outcome) add(flows []float64, part float64) {
	for i, n := range flows {
		if n > 0 {
			o.channels[i].records += n * part
		}
	}
}

// explain asks for a client of the group that is inside of the cohort, if there is one: only such a client shows the levels.
// A channel with a salt of its own and a share below about 1 % may hide them; it counts as silent then.
func (f *forecast) explain(p *sampling.Policy, g Group, channel string) policy.Decision {
	ids := f.probe(p.Salt())
	d := f.ask(p, g, channel, ids[0])
	if d.In || d.PPM == 0 || d.Killed || d.Salt == p.Salt() {
		return d
	}
	best := slices.MinFunc(ids, func(a, b string) int { return int(policy.Bucket(d.Salt, a)) - int(policy.Bucket(d.Salt, b)) })
	return f.ask(p, g, channel, best)
}

func (f *forecast) ask(p *sampling.Policy, g Group, channel, inside string) policy.Decision {
	d, _ := policy.Explain(p, insider(g, inside), channel, f.under) // New has tried Under
	return d
}

// insider is a client of the group with that id where the group has none.
func insider(g Group, inside string) sampling.Identity {
	id := g.Identity
	for _, at := range []*string{&id.ID, &id.Player, &id.Match} {
		if *at == "" {
			*at = inside
		}
	}
	return id
}

// probes finds ids with a place near zero, which are inside of every cohort that is not tiny.
type probes struct {
	mu  sync.Mutex          // guards ids
	ids map[string][]string // by salt, the lowest first; at most 8 salts
}

const (
	probeTries = 1 << 15 // about 2 ms once per salt; the best place is then near 30 of 1,000,000
	probeBelow = 4000    // about 130 ids have a place below 0.4 %
)

// get returns ids for a salt, at least one. The slice must not be modified.
func (p *probes) get(salt string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ids := p.ids[salt]; ids != nil {
		return ids
	}
	if p.ids == nil || len(p.ids) >= 8 {
		p.ids = make(map[string][]string)
	}
	p.ids[salt] = search(salt)
	return p.ids[salt]
}

func search(salt string) []string {
	ids := make([]string, 1, 160)
	best, name := uint32(math.MaxUint32), []byte("probe-")
	for i := range probeTries {
		id := strconv.AppendInt(name, int64(i), 10)
		b := policy.Bucket(salt, string(id))
		if b < probeBelow {
			ids = append(ids, string(id))
		}
		if b < best {
			best, ids[0] = b, string(id)
		}
	}
	return ids
}

// grouped writes 481220.4 as "481,220", and small numbers with a decimal.
func grouped(x float64) string {
	if x < 9.95 && x != math.Trunc(x) {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
	}
	s := strconv.FormatFloat(math.Round(x), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
