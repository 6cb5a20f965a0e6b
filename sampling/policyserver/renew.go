package policyserver

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// term is how long a document holds that is signed here and does not say so itself.
const term = 14 * 24 * time.Hour

// renewer is who publishes a renewal.
const renewer = "policyserver"

// lease returns how long a version was meant to hold, zero for ever.
func (c *served) lease() time.Duration {
	end, issued := c.policy.Expires(), c.policy.Issued()
	switch {
	case end.IsZero():
		return 0
	case issued.IsZero():
		return term
	}
	return end.Sub(issued)
}

// signs reports whether clients may want signatures of what is published here, and so an end.
func (s *Server) signs(cur *served) bool {
	return s.o.Sign != nil || s.o.Verifier != nil || cur.signed()
}

// renew publishes what runs under the next number and with a later end once half of its time is over, if it was signed here: what
// a person has decided holds until a person decides something else, also if the server was away when it ended. Of several servers
// over one store the first one does it.
func (s *Server) renew(ctx context.Context) error {
	cur, now := s.current.Load(), time.Now().UTC().Truncate(time.Second)
	if s.o.Sign == nil || cur == nil || cur.lease() <= 0 || s.unsaved.Load() != nil || s.broken.Load() != nil {
		return nil
	}
	lease := cur.lease()
	if now.Before(cur.policy.Expires().Add(-lease / 2)) {
		return nil
	}
	d := textOf(append([]byte(nil), cur.doc...))
	v := next(s.floor())
	if _, err := d.apply(Change{}, now, v); err != nil {
		return err
	}
	for _, p := range [...]struct{ key, value, after string }{
		{"version", strconv.FormatInt(v.N, 10), ""}, {"epoch", strconv.FormatInt(v.Epoch, 10), "krunk"},
		{"issued", stamp(now), "version"}, {"expires", stamp(now.Add(max(lease, d.plans(now)))), "issued"},
	} {
		if err := d.set(p.key, p.value, p.after); err != nil {
			return err
		}
	}
	if !s.mine(cur) {
		return nil // signed elsewhere: whoever did that says how long it holds
	}
	_, err := s.publish(ctx, Proposal{Bytes: d.B, By: renewer, Replaces: cur.version()}, now)
	return err
}

// mine reports whether this server's signer has signed a version: it names the same keys.
func (s *Server) mine(c *served) bool {
	if c.signature == nil {
		return false
	}
	header, err := s.signature(c.doc, false)
	return err == nil && keysOf(header) == keysOf(c.signature[0])
}

// tend is what is done from time to time: read the store, renew what runs, and have the kill switch ready.
func (s *Server) tend(ctx context.Context) {
	if s.reload(ctx) != nil {
		return // kept in failure, and what is served stays
	}
	if err := s.renew(ctx); err != nil {
		s.audit(clean(fmt.Sprintf("version %s cannot be renewed: %v", s.current.Load().version(), err)))
	}
	s.standBy()
}
