package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// maxClients keeps a simulation to minutes.
const maxClients = 10_000_000

func simulateCommand() command {
	return command{
		name: "simulate", args: "[-clients N] [-seed N] [-rate CHANNEL[:LEVEL]=N]... [-mix KEY=VALUE:WEIGHT,...]... [-json] FILE",
		short: "say how many clients report, how much, and what it costs",
		long: `
Simulate runs N made-up clients through the very code that a game runs, and adds up who reports on which channel, how
many records a second arrive, and what they cost a day. The same seed gives the same clients on every machine and for
every policy. Without -rate every channel of the policy is assumed to write one record a second that reaches its lowest
threshold, which says how much a policy lets through and not what it costs; -rate net.http:debug=0.5 says better, and then
channels without a rate write nothing, or what -rate "*=N" says. "*" in the table is one channel that the policy does not name. A record
at or above "send" is a log record, one at or above "issue" an event, one above both is both. Without -default what the policy does not state is as in a program that compiles in nothing. Rates are those that hold
for ever: bursts and "first" are left out. Steps of ramps, starts and ends of rules are forecast one by one. Clients that rules pick by name are not in the population and are counted
apart, and so are kinds of issues that the policy raises: how often a fault happens is not known.`,
		setup: func(s *streams, f *flag.FlagSet) func([]string) error {
			pop := populationFlags(f)
			var price prices
			f.Float64Var(&price.PerGB, "price-gb", 0.50, "`USD` for a GB (1e9 bytes) of log records")
			f.Float64Var(&price.PerEvent, "price-event", 0.0001875, "`USD` for an event")
			f.Float64Var(&price.Bytes, "bytes", 300, "size of a log record in `bytes`")
			now, asJSON := nowFlag(f), jsonFlag(f)
			return func(args []string) error {
				if err := wantArgs(args, 1, "one FILE"); err != nil {
					return err
				}
				return simulate(s, args[0], pop, price, now.get(), *asJSON)
			}
		},
	}
}

// populationSettings are the flags that say who is simulated.
type populationSettings struct {
	clients, matchSize int
	seed               uint64
	rates, mix         list
	compiled           compiled
}

func populationFlags(f *flag.FlagSet) *populationSettings {
	var p populationSettings
	f.IntVar(&p.clients, "clients", 500_000, "how many clients there are, at most 10,000,000")
	f.Uint64Var(&p.seed, "seed", 1, "the same `number` makes the same clients")
	f.IntVar(&p.matchSize, "match-size", 20, "clients in a match; 0: nobody is in one")
	f.Var(&p.rates, "rate", "`CHANNEL=N` or CHANNEL:LEVEL=N: one client writes N records a second; may be repeated, \"*\" is all other channels")
	f.Var(&p.mix, "mix", "`KEY=VALUE:WEIGHT,...`: shares of releases, platforms and so on, such as release=1.41.0:70,1.42.0:30; may be repeated")
	p.compiled.flag(f)
	return &p
}

func (p *populationSettings) population(s *streams) (*population, error) {
	if p.clients < 1 || p.clients > maxClients {
		return nil, misused("-clients %d; write 1 to %d", p.clients, maxClients)
	}
	if p.matchSize < 0 {
		return nil, misused("-match-size %d; write 0 or more", p.matchSize)
	}
	kinds, err := classes(p.mix)
	if err != nil {
		return nil, err
	}
	e, err := parseEmissions(p.rates)
	if err != nil {
		return nil, err
	}
	fallback, base, err := p.compiled.read(s)
	return &population{clients: p.clients, seed: p.seed, matchSize: p.matchSize, classes: kinds, emissions: e, fallback: fallback, compiled: base}, err
}

// prices are what reports cost.
type prices struct {
	PerGB    float64 `json:"usd_per_gb"`
	PerEvent float64 `json:"usd_per_event"`
	Bytes    float64 `json:"bytes_per_log"`
}

func (p prices) check() error {
	for _, x := range [...]float64{p.PerGB, p.PerEvent, p.Bytes} {
		if !(x >= 0) || math.IsInf(x, 0) {
			return misused("-price-gb, -price-event and -bytes must be numbers from 0")
		}
	}
	return nil
}

// simulated is the answer for programs.
type simulated struct {
	Policy    string          `json:"policy"`
	At        time.Time       `json:"at"`
	Expired   bool            `json:"expired"`
	Clients   int             `json:"clients"`
	Seed      uint64          `json:"seed"`
	Reporting int64           `json:"reporting"`
	Panics    int64           `json:"panics"`
	ByName    int             `json:"by_name"` // ids that rules pick, which are not among the clients
	Logs      float64         `json:"logs_per_s"`
	Events    float64         `json:"events_per_s"`
	Channels  []channelEffect `json:"channels"`
	Rules     []ruleEffect    `json:"rules"`
	Raised    []raisedEffect  `json:"raised,omitempty"`
	Later     []laterEffect   `json:"later,omitempty"` // when something starts, steps or ends by itself
	More      int             `json:"more,omitempty"`  // such moments beyond the first maxMoments
	Cost      *cost           `json:"cost_per_day,omitempty"`
}

// laterEffect is what holds from a moment on at which the policy changes by itself.
type laterEffect struct {
	At        time.Time `json:"at"`
	What      []string  `json:"what"`
	Reporting int64     `json:"reporting"`
	Panics    int64     `json:"panics"`
	Logs      float64   `json:"logs_per_s"`
	Events    float64   `json:"events_per_s"`
}

// maxMoments keeps a forecast to a multiple of one simulation.
const maxMoments = 16

// forecast simulates each moment at which the policy changes by itself.
func (r *simulated) forecast(pop *population, src *source, p *sampling.Policy, names []string) error {
	for _, m := range policy.Moments(p, r.At) {
		what := m.Path + " " + m.What
		if n := len(r.Later); n > 0 && r.Later[n-1].At.Equal(m.At) {
			r.Later[n-1].What = append(r.Later[n-1].What, what)
			continue
		}
		if len(r.Later) == maxMoments {
			r.More++
			continue
		}
		then, err := effect(pop, src, p, names, m.At)
		if err != nil {
			return err
		}
		r.Later = append(r.Later, laterEffect{m.At, []string{what}, then.Reporting, then.Panics, then.Logs, then.Events})
	}
	return nil
}

type channelEffect struct {
	Name    string  `json:"name"`
	Clients int64   `json:"clients"`
	Logs    float64 `json:"logs_per_s"`
	Events  float64 `json:"events_per_s"`
	Held    float64 `json:"held_back_per_s"` // by records and rate, of clients that report
}

type ruleEffect struct {
	ID      string `json:"id"`
	Clients int64  `json:"clients"`
	ByName  int    `json:"by_name,omitempty"`
}

type cost struct {
	GB        float64 `json:"gb"`
	Events    float64 `json:"events"`
	LogsUSD   float64 `json:"logs_usd"`
	EventsUSD float64 `json:"events_usd"`
	TotalUSD  float64 `json:"usd"`
	prices
}

func simulate(s *streams, file string, set *populationSettings, price prices, now time.Time, asJSON bool) error {
	pop, err := set.population(s)
	if err != nil {
		return err
	}
	if err := price.check(); err != nil {
		return err
	}
	src, p, err := s.policy(file)
	if err != nil {
		return err
	}
	names, err := pop.channelNames(src)
	if err != nil {
		return err
	}
	r, err := effect(pop, src, p, names, now)
	if err != nil {
		return err
	}
	if err := r.forecast(pop, src, p, names); err != nil {
		return err
	}
	if len(set.rates) > 0 {
		r.Cost = price.of(r)
	}
	if asJSON {
		return writeJSON(s.out, r)
	}
	return r.write(s.out)
}

// channelNames collects the channels that policies, the compiled default and -rate flags mention, sorted; "*" if there are no others.
func (pop *population) channelNames(sources ...*source) ([]string, error) {
	var out []string
	if pop.compiled != nil {
		sources = append(sources, &source{doc: pop.compiled})
	}
	for _, src := range sources {
		p, err := sampling.Parse(src.doc)
		if err != nil {
			return nil, err
		}
		out = append(out, policy.Channels(p)...)
		_, heads, err := textOf(src.doc).rules()
		if err != nil {
			return nil, err
		}
		for _, h := range heads {
			for name := range h.Set.Channels {
				out = append(out, strings.ToLower(name))
			}
		}
	}
	for name := range pop.emissions {
		if name != "*" {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		out = append(out, "*")
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// effect simulates one policy.
func effect(pop *population, src *source, p *sampling.Policy, names []string, now time.Time) (*simulated, error) {
	r := &simulated{Policy: p.Version().String(), At: now, Expired: expired(p, now), Clients: pop.clients, Seed: pop.seed, Rules: []ruleEffect{}}
	d := textOf(src.doc)
	if _, err := d.dropEnded(now); err != nil {
		return nil, err
	}
	_, heads, err := d.rules()
	if err != nil {
		return nil, err
	}
	if r.Expired {
		d.B, heads = nil, nil
	}
	t, err := pop.simulate(d.B, names, now)
	if err != nil {
		return nil, err
	}
	r.Reporting, r.Panics = t.reporting, t.panics
	for i, h := range heads {
		r.Rules = append(r.Rules, ruleEffect{h.ID, t.rules[i], h.named()})
		r.ByName += h.named()
	}
	var logs, events int64
	for i, c := range t.channels {
		logs, events = logs+c.logs, events+c.events
		r.Channels = append(r.Channels, channelEffect{names[i], c.clients, whole(c.logs), whole(c.events), whole(c.held)})
	}
	r.Logs, r.Events, r.Raised = whole(logs), whole(events), raisedBy(p, pop.clients, now)
	return r, nil
}

func whole(millionths int64) float64 { return float64(millionths) / 1e6 }

// named returns how many people or matches a rule picks by id.
func (r *ruleHead) named() int {
	n := 0
	for _, key := range [...]string{"client", "player", "match"} {
		var ids []string
		if err := json.Unmarshal(r.When[key], &ids); err == nil {
			n += len(ids)
		}
	}
	return n
}

func (p prices) of(r *simulated) *cost {
	const day = 86400
	c := &cost{GB: r.Logs * p.Bytes * day / 1e9, Events: r.Events * day, prices: p}
	c.LogsUSD, c.EventsUSD = cents(c.GB*p.PerGB), cents(c.Events*p.PerEvent)
	c.TotalUSD = cents(c.LogsUSD + c.EventsUSD)
	return c
}

func cents(x float64) float64 { return math.Round(x*100) / 100 }

func (r *simulated) write(w io.Writer) error {
	n := float64(r.Clients)
	fmt.Fprintf(w, "policy %s at %s, %s clients, seed %d\n", r.Policy, r.At.Format(time.RFC3339), thousands(int64(r.Clients)), r.Seed)
	if r.Expired {
		fmt.Fprintln(w, "the policy has expired: clients run their compiled default")
	}
	fmt.Fprintf(w, "%s report (%.4g %%), %s send panics\n", thousands(r.Reporting), 100*float64(r.Reporting)/n, thousands(r.Panics))
	if r.ByName > 0 {
		fmt.Fprintf(w, "and up to %d that rules pick by name\n", r.ByName)
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "channel\tclients\tlogs/s\tevents/s\theld back/s\t\n")
	for _, c := range r.Channels {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", c.Name, thousands(c.Clients), figure(c.Logs), figure(c.Events), figure(c.Held))
	}
	fmt.Fprintf(t, "all\t%s\t%s\t%s\t\t\n", thousands(r.Reporting), figure(r.Logs), figure(r.Events))
	err := t.Flush()
	for _, rule := range r.Rules {
		if rule.ByName > 0 {
			fmt.Fprintf(w, "rule %q picks %d by name\n", rule.ID, rule.ByName)
			continue
		}
		fmt.Fprintf(w, "rule %q applies to %s\n", rule.ID, thousands(rule.Clients))
	}
	r.writeRaised(w)
	r.writeLater(w)
	c := r.Cost
	if err != nil {
		return err
	}
	if c == nil {
		_, err = fmt.Fprintln(w, "\nwhat it costs a day takes what the channels write: -rate CHANNEL=N")
		return err
	}
	_, err = fmt.Fprintf(w, "\na day: %s GB of logs at %s USD = %.2f USD, %s events at %s USD = %.2f USD, together %.2f USD\n",
		figure(c.GB), number(c.PerGB), c.LogsUSD, figure(c.Events), number(c.PerEvent), c.EventsUSD, c.TotalUSD)
	return err
}

func (r *simulated) writeLater(w io.Writer) {
	for i, l := range r.Later {
		if i == 0 {
			fmt.Fprintln(w, "\nby itself:")
		}
		fmt.Fprintf(w, "%s  %s: %s report, %s send panics, %s logs/s, %s events/s\n", l.At.UTC().Format(time.RFC3339), strings.Join(l.What, ", "),
			thousands(l.Reporting), thousands(l.Panics), figure(l.Logs), figure(l.Events))
	}
	if r.More > 0 {
		fmt.Fprintf(w, "and %d moments later; -now looks from another one\n", r.More)
	}
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// figure writes an estimate: whole from 100 on, else three digits.
func figure(x float64) string {
	if x >= 100 {
		return thousands(int64(math.Round(x)))
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}
