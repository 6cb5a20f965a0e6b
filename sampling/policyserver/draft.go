package policyserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/krunk-go/krunk/internal/policydoc"
	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// Change is what a person wants to be different. The zero Change changes nothing but number, date and author.
type Change struct {
	Clients  *float64  `json:"clients,omitempty"`  // share of clients in percent, at most four decimals
	Ramp     []Step    `json:"ramp,omitempty"`     // steps that the share takes by itself, at most 64; empty: none, where Clients is set
	Enabled  *bool     `json:"enabled,omitempty"`  // false is the kill switch: all but panics stops
	Connect  []Connect `json:"connect,omitempty"`  // channels to connect for a while
	End      []string  `json:"end,omitempty"`      // ids of rules to take out
	Mute     []Mute    `json:"mute,omitempty"`     // faults to keep back
	Raise    []Raise   `json:"raise,omitempty"`    // faults of which a share of all clients is to send every event
	Unmute   []string  `json:"unmute,omitempty"`   // kinds that are not to be kept back or raised any more
	Pull     []Pull    `json:"pull,omitempty"`     // flight logs to ask for
	Unpull   []string  `json:"unpull,omitempty"`   // ids of requests to take out
	Rollback string    `json:"rollback,omitempty"` // version such as "3.1186" whose content is to come back, a kill switch in it too; one that is thrown now stays so; the rest applies on top
	Note     string    `json:"note,omitempty"`     // why
}

// Connect ships a channel and all below it from a level on, for a while. Clients outside of the policy's share stay silent.
type Connect struct {
	Channel string   `json:"channel"`
	Level   string   `json:"level"`
	For     string   `json:"for"`               // such as "1h", at most 168h
	Clients *float64 `json:"clients,omitempty"` // share of clients; nil: as the policy says for the channel
	Rate    string   `json:"rate,omitempty"`    // at most so many records per client, such as "120/m"; empty: as the policy says, of a player 600/m
	Shared  string   `json:"shared,omitempty"`  // at most so many per client of all channels together; empty: as the policy or the compiled default says, which may be so little that nothing of the channel is seen
	Player  string   `json:"player,omitempty"`  // this one alone, also outside of the share; the policy is public and names a hash, which clients with sampling.Options.Hash understand
}

// Draft is a document that was not published yet.
type Draft struct {
	Document []byte
	Version  sampling.Version
	Replaces sampling.Version // what it was made from; zero if there was none
	Ended    []string         // ids of rules that were over and were taken out
	Report   Report           // what publishing it would do
	policy   *sampling.Policy // parsed Document, nil if it is wrong
}

// everyone is a condition that holds for every client: a rule needs one, and no env is called that.
const everyone = `{ "not": { "env": ["none"] } }`

// connectPrefix begins the id of a rule that a Connect makes, before the version and its number.
const connectPrefix = "connect-"

// longest is how long a rule that raises volume may hold, as strict reading has it.
const longest = 7 * 24 * time.Hour

// blank is what a first draft starts from.
const blank = "{\n  \"krunk\": 1, \"epoch\": 1, \"version\": 1,\n  \"enabled\": true,\n  \"clients\": 100\n}\n"

func defaultPolicy() *sampling.Policy {
	p, _ := sampling.Parse([]byte(blank)) // a test holds that it is good
	return p
}

// Draft returns what a change would make of the current policy, with its next version, and what that would do. A document
// that strict reading refuses is returned together with its *policy.Errors.
func (s *Server) Draft(ctx context.Context, c Change, by string) (Draft, error) {
	if err := s.fresh(ctx, c.kills()); err != nil {
		return Draft{}, err
	}
	cur := s.current.Load()
	from, err := s.origin(ctx, cur, c.Rollback)
	if err != nil {
		return Draft{}, err
	}
	if c.Rollback != "" && c.Enabled == nil && !cur.enabled() {
		c.Enabled = new(bool) // the content comes back; reporting, once stopped, does so only if a person says so
	}
	return s.drafted(cur, from, s.floor(), c, by, time.Now().UTC().Truncate(time.Second))
}

// drafted makes the document over cur from the text of from; both may be nil.
func (s *Server) drafted(cur, from *served, top sampling.Version, c Change, by string, now time.Time) (Draft, error) {
	if c.kills() && len(c.Note)+len(by) > mostNote { // which would leave no room for what runs
		c.Note, by = clean(c.Note), clean(by)
	}
	d, base := textOf([]byte(blank)), defaultPolicy()
	if from != nil {
		d, base = textOf(slices.Clone(from.doc)), from.policy
	}
	out := Draft{Replaces: cur.version(), Version: next(top)}
	var err error
	out.Ended, err = d.apply(c, now, out.Version)
	if err == nil {
		err = d.date(&c, c.note(cur.version()), by, now, base, out.Version, s.signs(cur))
	}
	if err == nil {
		out.Document = d.B
		out.policy, out.Report, err = s.examine(cur, d.B, by, now)
	}
	if err != nil && c.kills() {
		out.Document = bareKill(d, base, c.note(cur.version()), by, now, out.Version)
		out.policy, out.Report, err = s.examine(cur, out.Document, by, now)
	}
	if _, strict := isStrict(err); err != nil && !strict {
		return Draft{}, err
	}
	return out, err
}

// mostNote is how long note and author of a kill switch may be together before they are cut to what a line of an audit holds.
const mostNote = 4000

// kills reports whether the change is the kill switch and nothing else.
func (c *Change) kills() bool {
	return c.Enabled != nil && !*c.Enabled && c.Clients == nil && len(c.Connect)+len(c.End)+len(c.Ramp)+len(c.Mute)+len(c.Raise)+len(c.Unmute)+len(c.Pull)+len(c.Unpull) == 0 && c.Rollback == ""
}

// bareKill is the kill switch alone, for a document that is wrong elsewhere (put into the store by hand): mistakes must not
// keep it from being thrown. Whether crashes are sent stays as it was. What clients take and only strict reading refuses is kept: see
// killedBy.
func bareKill(d *document, base *sampling.Policy, note, by string, now time.Time, v sampling.Version) []byte {
	var panics []byte
	if o, _, err := d.outline(); err == nil {
		panics = o.Panics
	}
	return policydoc.Kill(v, now, by, note, base.Salt(), panics)
}

func next(v sampling.Version) sampling.Version { return policydoc.Following(v) }

// origin returns the version whose text is to be changed; nil without one.
func (s *Server) origin(ctx context.Context, cur *served, rollback string) (*served, error) {
	if rollback == "" {
		return cur, nil
	}
	list, err := s.store.History(ctx, keep)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e.Version.String() == rollback {
			return prepare(e)
		}
	}
	return nil, fmt.Errorf("policyserver: version %q is not among the last %d; write one such as %q", rollback, keep, cur.version())
}

// note says why, also for who does not: a document that hides crashes needs a note, which must not keep a kill switch from going out as
// it is.
func (c *Change) note(from sampling.Version) string {
	switch {
	case strings.TrimSpace(c.Note) != "":
		return c.Note
	case c.Rollback != "":
		return "back to " + c.Rollback + " from " + from.String()
	case c.Enabled != nil && !*c.Enabled:
		return "kill switch"
	}
	return ""
}

// share sets the share of the clients, or the steps that raise it.
func (d *document) share(c *Change, now time.Time) error {
	if c.Clients != nil {
		if err := d.set("clients", number(*c.Clients), "panics"); err != nil {
			return err
		}
		if err := d.Drop("ramp"); err != nil { // who sets the share means that one
			return fmt.Errorf("policyserver: %w", err)
		}
	}
	if len(c.Ramp) == 0 {
		return nil
	}
	steps, err := ramp(c.Ramp, now)
	if err != nil {
		return err
	}
	return d.set("ramp", steps, "clients")
}

// apply makes the change in the text; rules that are over are taken out.
func (d *document) apply(c Change, now time.Time, v sampling.Version) (ended []string, err error) {
	if err := d.share(&c, now); err != nil {
		return nil, err
	}
	if c.Enabled != nil {
		if err := d.set("enabled", strconv.FormatBool(*c.Enabled), "version"); err != nil {
			return nil, err
		}
	}
	o, rules, err := d.outline()
	if err != nil {
		return nil, err
	}
	if err := d.singles(&c, now); err != nil {
		return nil, err
	}
	if err := d.pull(&c, o.Salt, now, v.String()); err != nil {
		return nil, err
	}
	if ended, err = d.TakeEnded(now, "kinds", "pulls"); err != nil {
		return nil, fmt.Errorf("policyserver: %w", err)
	}
	salt, n := o.Salt, len(rules)
	for _, id := range c.End {
		if c.Rollback == "" && !slices.ContainsFunc(rules, func(r ruleHead) bool { return r.ID == id }) { // an old version may be without it
			return nil, fmt.Errorf("policyserver: there is no rule %q to end", id)
		}
	}
	rules = slices.DeleteFunc(rules, func(r ruleHead) bool {
		over := !r.Until.IsZero() && !now.Before(r.Until)
		if over {
			ended = append(ended, r.ID)
		}
		return over || slices.Contains(c.End, r.ID)
	})
	for i, connect := range c.Connect {
		raw, err := connect.rule(d.B, connectPrefix+v.String()+"-"+strconv.Itoa(i+1), salt, now)
		if err != nil {
			return nil, err
		}
		rules = append(rules, ruleHead{raw: []byte(raw)})
	}
	if len(rules) == n && len(c.Connect) == 0 {
		return ended, nil
	}
	return ended, d.setRules(rules)
}

// rule writes the rule; strict reading judges channel and rate.
func (c *Connect) rule(doc []byte, id, salt string, now time.Time) (string, error) {
	length, err := time.ParseDuration(c.For)
	if err != nil || length < time.Second || length > longest {
		return "", fmt.Errorf("policyserver: for %q; write a time from 1s to 168h, such as 1h", c.For)
	}
	level, ok := policy.ParseLevel(c.Level)
	if !ok || level == policy.LevelOff {
		return "", fmt.Errorf("policyserver: level %q; write trace, debug, info, warn, error or fatal", c.Level)
	}
	set := policydoc.Levels(doc, level)
	if c.Clients != nil {
		set += `, "clients": ` + number(*c.Clients)
	}
	channel, who, top := strings.ToLower(c.Channel), everyone, ""
	switch {
	case c.Shared != "" && c.Player != "":
		return "", fmt.Errorf("policyserver: shared %q beside player; leave it out: one player may send %s or more", c.Shared, policydoc.PlayerRate)
	case c.Shared != "" && channel == "*":
		return "", fmt.Errorf("policyserver: shared %q for channel \"*\"; write it as rate, which is that of all channels together there", c.Shared)
	}
	if c.Player != "" {
		if err := policydoc.CheckID(c.Player); err != nil {
			return "", fmt.Errorf("policyserver: player %w", err)
		}
		who, top = `{ "player": [`+quote(hashed(salt, c.Player))+`] }`, `"clients": 100, `
		set = policydoc.OnePlayer(doc, channel, set+`, "records": 100`, cmp.Or(c.Rate, policydoc.PlayerRate))
	} else {
		if c.Rate != "" {
			set += `, "rate": ` + quote(c.Rate)
		}
		set = quote(channel) + ": { " + set + " }"
		if c.Shared != "" {
			set = `"*": { "rate": ` + quote(c.Shared) + " }, " + set
		}
	}
	return fmt.Sprintf(`{ "id": %s, "until": %s, "when": %s,`+"\n      "+`"set": { %s"channels": { %s } } }`,
		quote(id), stamp(now.Add(length)), who, top, set), nil
}

// hashed returns how a policy names a player without showing who it is.
func hashed(salt, player string) string { return policydoc.HashID(salt, player) }

// date gives the document its number, author and times; it holds as long as base was meant to, a kill switch for ten years. With
// ends it gets an end where base has none, since clients do not take a signed document without.
func (d *document) date(c *Change, note, by string, now time.Time, base *sampling.Policy, v sampling.Version, ends bool) error {
	type pair struct{ key, value, after string }
	set := []pair{
		{"version", strconv.FormatInt(v.N, 10), ""}, {"epoch", strconv.FormatInt(v.Epoch, 10), "krunk"},
		{"issued", stamp(now), "version"}, {"author", quote(by), "issued"}, {"note", quote(note), "author"},
	}
	if end := base.Expires(); !end.IsZero() || ends {
		holds := term
		if !end.IsZero() && !base.Issued().IsZero() && base.Enabled() { // ten years were for the kill switch
			holds = end.Sub(base.Issued())
		}
		if c.Enabled != nil && !*c.Enabled {
			holds = policydoc.KillHolds
		}
		holds = max(holds, d.plans(now), c.lasts())
		set = append(set, pair{"expires", stamp(now.Add(holds)), "issued"})
	}
	for _, p := range set {
		if err := d.set(p.key, p.value, p.after); err != nil {
			return err
		}
	}
	return nil
}

// lasts is how far an end has to be away, so that what the change asks for a while holds for that long, where it would not be over by then.
func (c *Change) lasts() (most time.Duration) {
	for i := range c.Mute {
		most = max(most, lengthOf(c.Mute[i].For))
	}
	for i := range c.Raise {
		most = max(most, lengthOf(c.Raise[i].For))
	}
	for i := range c.Connect {
		most = max(most, lengthOf(c.Connect[i].For))
	}
	for i := range c.Pull {
		most = max(most, lengthOf(c.Pull[i].For))
	}
	return most
}

// lengthOf reads a time that was checked; what is none is refused elsewhere.
func lengthOf(s string) time.Duration {
	d, _ := time.ParseDuration(s)
	return d
}

// plans is how far an end has to be away, so that all that is to happen by itself does.
func (d *document) plans(now time.Time) time.Duration {
	p, err := sampling.Parse(d.B)
	if err != nil {
		return 0
	}
	last := time.Duration(0)
	for _, m := range policy.Moments(p, now) {
		if m.Path != "policy" {
			last = m.At.Sub(now) + 24*time.Hour
		}
	}
	return last
}

// number writes a share without an exponent; what is not a number becomes a text that strict reading refuses by name.
func number(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return quote(fmt.Sprint(x))
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// Rollback publishes the content of an old version under the next number.
func (s *Server) Rollback(ctx context.Context, to sampling.Version, by string) (Report, error) {
	return s.Change(ctx, Change{Rollback: to.String()}, by)
}

// Change drafts and publishes in one step. If somebody publishes in between, it returns ErrConflict; a kill switch alone goes out
// over that too, as Kill does.
func (s *Server) Change(ctx context.Context, c Change, by string) (r Report, err error) {
	return s.change(ctx, c, Proposal{By: by})
}

// change is Change with what else a proposal says.
func (s *Server) change(ctx context.Context, c Change, p Proposal) (r Report, err error) {
	var late Report // of a kill switch that is to be made anew, and may not be, as where the signer is away
	for range killTries {
		var d Draft
		if d, err = s.Draft(ctx, c, p.By); err != nil {
			r = Report{}
			break
		}
		p.Bytes, p.Replaces, p.Restart = d.Document, d.Replaces, c.Enabled != nil && *c.Enabled
		if r, err = s.Replace(ctx, p); r.late {
			late = r
		}
		if !c.kills() || !r.late && !errors.Is(err, ErrConflict) {
			break
		}
	}
	if err != nil && late.late && !s.current.Load().enabled() {
		return late, nil
	}
	return r, err
}

// isStrict reports whether err is the list of what is wrong with a document.
func isStrict(err error) (*policy.Errors, bool) {
	var e *policy.Errors
	ok := errors.As(err, &e)
	return e, ok
}
