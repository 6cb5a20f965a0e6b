package policyserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krunk-go/krunk/sampling"
	"github.com/krunk-go/krunk/sampling/policy"
)

// ErrUnsigned says that clients which check signatures would refuse the document. Test with errors.Is.
var ErrUnsigned = errors.New("policyserver: not signed by a known key")

// storeError marks what is not the document's fault.
type storeError struct{ error }

// Unwrap returns what the store said.
func (e storeError) Unwrap() error { return e.error }

// Report says what publishing did, or would do.
type Report struct {
	Version  sampling.Version
	Replaced sampling.Version // zero for the first version
	ETag     string
	Changes  []policy.Difference
	Warnings []policy.Warning
	Effect   Effect
	Audit    string // one line, as given to Options.Audit
	Unstored error  // why a kill switch is served from memory alone; it is offered to the store again every 30 s
	late     bool   // it is, and something else was published while the store was waited for
}

// Proposal is a document to be published.
type Proposal struct {
	Bytes     []byte           // the document or a signed envelope around it
	Signature string           // value of a Krunk-Signature header; empty if there is none or Options.Sign makes it
	By        string           // who; not empty
	Replaces  sampling.Version // what it was made from; zero for the first version
	Restart   bool             // it may start reporting again that the kill switch has stopped
	permit    func(cur *served, doc []byte, p *sampling.Policy, rep *Report, now time.Time) error
}

// Publish publishes b over whatever is current; its version must be higher. A server that several people write to uses
// Replace. It does not start reporting again that the kill switch has stopped: that gives ErrKilled. It must not retain b, and
// does not.
func (s *Server) Publish(ctx context.Context, b []byte, by string) (Report, error) {
	if err := s.fresh(ctx, disables(b)); err != nil {
		return Report{}, err
	}
	return s.Replace(ctx, Proposal{Bytes: b, By: by, Replaces: s.top()})
}

// disables reports whether bytes are a document with the kill switch thrown.
func disables(b []byte) bool {
	doc, _, err := sampling.OpenEnvelope(b)
	if err != nil {
		return false
	}
	p, err := sampling.Parse(doc)
	return err == nil && !p.Enabled()
}

// Replace publishes a document after strict reading, in place of the version that its author saw. All that is wrong with it
// is in a *policy.Errors; a version published meanwhile gives ErrConflict. No error changes what is served. A kill switch is
// served even if the store does not take it: see Report.Unstored.
func (s *Server) Replace(ctx context.Context, p Proposal) (Report, error) {
	if p.By = clean(p.By); p.By == "" {
		return Report{}, errors.New("policyserver: nobody publishes; give a name in By")
	}
	if len(p.Bytes) > sampling.MaxEnvelope {
		return Report{}, sampling.ErrTooLarge
	}
	if err := s.fresh(ctx, disables(p.Bytes)); err != nil {
		return Report{}, err
	}
	return s.publish(ctx, p, time.Now().UTC().Truncate(time.Second))
}

// publish does what Replace does after the store was read.
func (s *Server) publish(ctx context.Context, p Proposal, now time.Time) (Report, error) {
	cur, top := s.current.Load(), s.top()
	if cur.version() == p.Replaces {
		p.Replaces = top // what the author saw; above it lies something that nobody can read
	}
	if top != p.Replaces {
		return Report{}, fmt.Errorf("%w: to replace %s, but %s is current", ErrConflict, p.Replaces, top)
	}
	doc, sigs, err := sampling.OpenEnvelope(p.Bytes)
	if err != nil {
		return Report{}, fmt.Errorf("policyserver: %w", err)
	}
	parsed, r, err := s.examine(cur, doc, p.By, now)
	if err != nil {
		return Report{}, err
	}
	if p.permit != nil {
		if err := p.permit(cur, doc, parsed, &r, now); err != nil {
			return Report{}, err
		}
	}
	if err := s.above(r.Version, top); err != nil {
		return Report{}, err
	}
	made, err := s.made(&p, doc, parsed, sigs, cur, &r, now)
	if err != nil {
		return Report{}, err
	}
	if r.Unstored, err = s.commit(ctx, made); err != nil {
		if made.policy.Enabled() {
			_ = s.reload(ctx) // to name who was faster; err tells the rest
		}
		return Report{}, err
	}
	r.late = r.Unstored != nil && s.current.Load() != cur
	if made.policy.Enabled() {
		s.unsaved.CompareAndSwap(cur, nil) // a person who saw the kill switch starts again
	}
	s.serve(made)
	s.audit(r.Audit)
	return r, nil
}

// made signs a document and makes it ready to be served. Where the signer fails, a kill switch that was signed beforehand stands
// in for one.
func (s *Server) made(p *Proposal, doc []byte, parsed *sampling.Policy, sigs []sampling.Signature, cur *served, r *Report, now time.Time) (*served, error) {
	kill, ends := !parsed.Enabled(), !parsed.Expires().IsZero()
	switch {
	case !kill && !cur.enabled() && !p.Restart:
		return nil, ErrKilled
	case len(sigs) == 0 && p.Signature == "" && s.o.Sign != nil && !ends:
		d := textOf(slices.Clone(doc))
		if err := d.set("expires", stamp(now.Add(max(term, d.plans(now)))), "version"); err != nil {
			return nil, err
		}
		p.Bytes, doc, ends = d.B, d.B, true
	}
	if err := s.sign(p, doc, sigs, cur, kill); err != nil {
		if ready := s.signedKill(s.top()); kill && ready != nil { // whatever higher versions somebody tells of: most clients run what this server knows
			r.Version, r.ETag = ready.entry.Version, ready.tag
			r.Audit = clean(r.Audit + " signed beforehand, since: " + err.Error())
			e := ready.entry
			e.By, e.At, e.Replaced, e.Audit = p.By, now, p.Replaces, r.Audit
			return prepare(e)
		}
		return nil, err
	}
	if (len(sigs) > 0 || p.Signature != "") && !kill && !ends {
		return nil, fmt.Errorf("policyserver: %w; write e.g. two weeks after \"issued\", and sign anew", sampling.ErrEndless)
	}
	made, err := prepare(Entry{Version: r.Version, Bytes: slices.Clone(p.Bytes), Signature: p.Signature, By: p.By, At: now, Replaced: p.Replaces, Audit: r.Audit})
	if err == nil {
		r.ETag = made.tag
	}
	return made, err
}

// above checks that clients will take a version after top.
func (s *Server) above(v, top sampling.Version) error {
	if !top.Less(v) {
		return fmt.Errorf("%w: %s is not above %s; write %s", ErrConflict, v, top, next(s.floor()))
	}
	if told := s.fleet.trusted(top == sampling.Version{}); !told.Less(v) {
		return fmt.Errorf("%w: clients run %s, which this server does not know, and would not take %s; write %s", ErrConflict, told, v, next(s.floor()))
	}
	if leaps(s.floor(), v) {
		return fmt.Errorf("policyserver: %s leaps over too much, and versions never go back; write %s", v, next(s.floor()))
	}
	return nil
}

// maxLeap is how far above the version before it a version may lie.
const maxLeap = 1_000_000

func leaps(from, to sampling.Version) bool {
	switch {
	case from == (sampling.Version{}):
		return to.Epoch > maxLeap || to.N > 1<<52
	case from.Epoch == to.Epoch:
		return to.N-from.N > maxLeap
	}
	return to.Epoch-from.Epoch > 1000 || to.N > 1<<52
}

// examine reads a document strictly and says what it would do in place of cur.
func (s *Server) examine(cur *served, doc []byte, by string, now time.Time) (*sampling.Policy, Report, error) {
	p, warnings, err := policy.ParseStrict(doc)
	if err != nil {
		strict, is := isStrict(err)
		if p = cur.killedBy(doc); p == nil || !is {
			return nil, Report{Warnings: warnings}, err
		}
		for _, x := range strict.List {
			warnings = append(warnings, policy.Warning{Problem: x})
		}
	}
	if end := p.Expires(); !end.IsZero() && !now.Before(end) {
		return nil, Report{}, fmt.Errorf("policyserver: %w: %s; write a later time", sampling.ErrExpired, end.UTC().Format(time.RFC3339))
	}
	if err := policy.CheckTimes(p, now); err != nil {
		return nil, Report{Warnings: warnings}, err
	}
	var old *sampling.Policy
	if cur != nil {
		old = cur.policy
	}
	r := Report{Version: p.Version(), Replaced: cur.version(), Changes: differences(old, p), Effect: s.predict(old, p)}
	r.Warnings = append(warnings, policy.Review(p, policy.Known{Previous: old, Channels: s.o.Channels, Default: s.o.Under.Default})...)
	r.Audit = r.line(p, by, now)
	return p, r, nil
}

// killedBy returns the policy of a document that throws the kill switch over what runs and changes nothing else, and that clients take also
// without it, though strict reading refuses it, such as a rule without an end that somebody put into the store by hand; nil for any other.
// Nothing but crashes is sent under it, and reporting starts again by a document that is good.
func (c *served) killedBy(doc []byte) *sampling.Policy {
	p, err := sampling.Parse(doc)
	if err != nil || p.Enabled() || c == nil {
		return nil
	}
	for _, d := range policy.Diff(c.policy, p) {
		if d.Path != "enabled" && d.Path != "expires" {
			return nil
		}
	}
	d := textOf(slices.Clone(doc))
	if d.set("enabled", "true", "version") != nil {
		return nil
	}
	if _, err := sampling.Parse(d.B); err != nil {
		return nil // of which older clients take nothing
	}
	return p
}

// differences leaves out what says nothing on both sides, such as the empty half of a condition, and calls the condition that a rule
// for everyone has by its name.
func differences(old, p *sampling.Policy) []policy.Difference {
	list := policy.Diff(old, p)
	for i := range list {
		d := &list[i]
		if path, is := strings.CutSuffix(d.Path, ".when.not"); is && (d.Old == "" || d.Old == noEnv) && (d.New == "" || d.New == noEnv) && !slices.ContainsFunc(list, func(o policy.Difference) bool { return o.Path == path+".when" && o.Old != o.New }) {
			d.Path = path + ".when"
			d.Old, d.New = strings.ReplaceAll(d.Old, noEnv, "everyone"), strings.ReplaceAll(d.New, noEnv, "everyone")
		}
	}
	return slices.DeleteFunc(list, func(d policy.Difference) bool { return d.Old == d.New })
}

// noEnv is the condition of everyone as policy.Settings has it.
const noEnv = "env: none"

// line puts a report into one line, however its texts look.
func (r *Report) line(p *sampling.Policy, by string, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q published %s over %s:", now.Format(time.RFC3339), clean(by), r.Version, r.Replaced)
	for i, c := range r.Changes {
		if i == 20 {
			fmt.Fprintf(&b, " and %d more;", len(r.Changes)-i)
			break
		}
		fmt.Fprintf(&b, " %s %s -> %s;", c.Path, orNone(c.Old), orNone(c.New))
	}
	if len(r.Changes) == 0 {
		b.WriteString(" no change;")
	}
	if p.Note() != "" {
		fmt.Fprintf(&b, " note %q;", p.Note())
	}
	return clean(b.String() + " " + r.Effect.Text)
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// clean keeps a text on one line of a log, at most 4,000 bytes of it.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > 4000 {
		s = strings.ToValidUTF8(s[:4000], "") + "..."
	}
	return strings.TrimSpace(s)
}

// sign makes or checks the signature. What was signed once does not become unsigned: clients that check would be deaf. A signer is
// not waited for by a kill switch.
func (s *Server) sign(p *Proposal, doc []byte, sigs []sampling.Signature, cur *served, kill bool) error {
	if len(sigs) == 0 && p.Signature == "" && s.o.Sign != nil {
		header, err := s.signature(doc, kill)
		if err != nil {
			return fmt.Errorf("policyserver: Options.Sign: %w", err)
		}
		p.Signature = header
	}
	if p.Signature != "" {
		more, err := sampling.ParseSignature(p.Signature)
		if err != nil {
			return fmt.Errorf("%w: Krunk-Signature: %w", ErrUnsigned, err)
		}
		sigs = append(sigs, more...)
	}
	if s.o.Verifier != nil {
		if _, err := s.o.Verifier.Verify(doc, sigs); err != nil {
			return fmt.Errorf("%w: %w", ErrUnsigned, err)
		}
	}
	if len(sigs) == 0 && cur.signed() {
		return fmt.Errorf("%w: %s is signed, and this server has no key (Options.Sign); sign it and send Krunk-Signature", ErrUnsigned, cur.version())
	}
	return nil
}

// signWithin is how long the signer may take when nothing burns.
const signWithin = 30 * time.Second

// signature asks the signer.
func (s *Server) signature(doc []byte, kill bool) (header string, err error) {
	wait := signWithin
	if kill {
		wait = patience
	}
	answer := make(chan string, 1)
	err = within(context.Background(), wait, func(context.Context) error {
		header, err := s.o.Sign(doc)
		answer <- header
		return err
	})
	if err != nil {
		return "", err
	}
	return <-answer, nil
}

// keysOf lists the ids of the keys in a header.
func keysOf(header string) string {
	sigs, err := sampling.ParseSignature(header)
	if err != nil {
		return ""
	}
	ids := ""
	for _, sig := range sigs {
		ids += sig.Kid + ";"
	}
	return ids
}

func (s *Server) audit(line string) {
	if s.o.Audit != nil {
		s.o.Audit(line)
	}
}
