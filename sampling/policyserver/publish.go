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
}

// Proposal is a document to be published.
type Proposal struct {
	Bytes     []byte           // the document or a signed envelope around it
	Signature string           // value of a Krunk-Signature header; empty if there is none or Options.Sign makes it
	By        string           // who; not empty
	Replaces  sampling.Version // what it was made from; zero for the first version
}

// Publish publishes b over whatever is current; its version must be higher. A server that several people write to uses
// Replace. It must not retain b, and does not.
func (s *Server) Publish(ctx context.Context, b []byte, by string) (Report, error) {
	if err := s.reload(ctx); err != nil {
		return Report{}, err
	}
	return s.Replace(ctx, Proposal{Bytes: b, By: by, Replaces: s.top()})
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
	if err := s.reload(ctx); err != nil {
		return Report{}, err
	}
	cur, now, top := s.current.Load(), time.Now().UTC().Truncate(time.Second), s.top()
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
	r, err := s.examine(cur, doc, p.By, now)
	if err != nil {
		return Report{}, err
	}
	if !top.Less(r.Version) {
		return Report{}, fmt.Errorf("%w: %s is not above %s; write %s", ErrConflict, r.Version, top, next(top))
	}
	if leaps(top, r.Version) {
		return Report{}, fmt.Errorf("policyserver: %s leaps over too much, and versions never go back; write %s", r.Version, next(top))
	}
	if err := s.sign(&p, doc, sigs, cur); err != nil {
		return Report{}, err
	}
	e := Entry{Version: r.Version, Bytes: append([]byte(nil), p.Bytes...), Signature: p.Signature, By: p.By, At: now, Replaced: p.Replaces, Audit: r.Audit}
	made, err := prepare(e)
	if err != nil {
		return Report{}, err
	}
	r.ETag = made.tag
	if err := s.store.Publish(ctx, e, p.Replaces); err != nil {
		if made.policy.Enabled() || errors.Is(err, ErrConflict) {
			_ = s.reload(ctx) // to name who was faster; err tells the rest
			return Report{}, storeError{err}
		}
		r.Unstored = err
		s.unsaved.Store(made)
	}
	s.serve(made)
	s.audit(r.Audit)
	return r, nil
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
func (s *Server) examine(cur *served, doc []byte, by string, now time.Time) (Report, error) {
	p, warnings, err := policy.ParseStrict(doc)
	if err != nil {
		return Report{Warnings: warnings}, err
	}
	if end := p.Expires(); !end.IsZero() && !now.Before(end) {
		return Report{}, fmt.Errorf("policyserver: %w: %s; write a later time", sampling.ErrExpired, end.UTC().Format(time.RFC3339))
	}
	var old *sampling.Policy
	if cur != nil {
		old = cur.policy
	}
	r := Report{Version: p.Version(), Replaced: cur.version(), Changes: differences(old, p), Effect: s.predict(old, p)}
	r.Warnings = append(warnings, policy.Review(p, policy.Known{Previous: old, Channels: s.o.Channels})...)
	r.Audit = r.line(p, by, now)
	return r, nil
}

// differences leaves out what says nothing on both sides, such as the empty half of a condition.
func differences(old, p *sampling.Policy) []policy.Difference {
	return slices.DeleteFunc(policy.Diff(old, p), func(d policy.Difference) bool { return d.Old == d.New })
}

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

// sign makes or checks the signature. What was signed once does not become unsigned: clients that check would be deaf.
func (s *Server) sign(p *Proposal, doc []byte, sigs []sampling.Signature, cur *served) error {
	if len(sigs) == 0 && p.Signature == "" && s.o.Sign != nil {
		header, err := s.o.Sign(doc)
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

func (s *Server) audit(line string) {
	if s.o.Audit != nil {
		s.o.Audit(line)
	}
}
