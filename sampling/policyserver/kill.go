package policyserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/krunk-go/krunk/sampling"
)

// ErrKilled says that everything is stopped by the kill switch and that a document would start it again without saying so.
// Test with errors.Is.
var ErrKilled = errors.New("policyserver: all reporting is stopped by the kill switch, and this would start it again; who means that says so (Change.Enabled, Proposal.Restart or ?restart=1)")

// patience is how long a kill switch waits for a store or a signer, each time.
const patience = 2 * time.Second

// killTries is how often the kill switch is made anew over what others publish meanwhile.
const killTries = 5

// Kill throws the kill switch over whatever runs: every client stops sending anything but panics. Nothing keeps it: a store that
// cannot be read, hangs or is full is given 2 s each time, then the kill is served from memory by this server alone (Report.Unstored) and offered to
// the store again; a publication in between is published over; ctx does not cut it short. Where Options.Sign fails, the kill that
// was signed beforehand goes out.
func (s *Server) Kill(ctx context.Context, note, by string) (Report, error) {
	return s.Change(ctx, Change{Enabled: new(bool), Note: note}, by)
}

// within calls f and waits for it no longer than d, whatever f does with its context, which does not end with ctx. After that f
// goes on by itself and its result is lost.
func within(ctx context.Context, d time.Duration, f func(context.Context) error) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), d)
	done := make(chan error, 1)
	go func() {
		defer stop()
		done <- f(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	default:
		return fmt.Errorf("policyserver: no answer within %s: %w", d, ctx.Err())
	}
}

// fresh reads the store before something is published. A kill switch does without where that takes long or fails.
func (s *Server) fresh(ctx context.Context, kill bool) error {
	if kill {
		_ = within(ctx, patience, s.reload) // what is in memory has to do; the failure is told in the status
		return nil
	}
	return s.reload(ctx)
}

// commit stores a version. Only a kill switch is served without: then unstored says why.
func (s *Server) commit(ctx context.Context, made *served) (unstored, err error) {
	kill := !made.policy.Enabled()
	store := func(ctx context.Context) error { return s.store.Publish(ctx, made.entry, made.entry.Replaced) }
	if kill {
		err = within(ctx, patience, store)
	} else {
		err = store(ctx)
	}
	switch {
	case err == nil:
		return nil, nil
	case kill && !errors.Is(err, ErrConflict):
		s.setting.Lock() // what serve lets through before that is current now, and publish sees it
		s.unsaved.Store(made)
		s.setting.Unlock()
		return err, nil
	}
	return nil, storeError{err}
}

// save offers a kill switch that was served from memory to the store again. If something else was published there meanwhile, by
// somebody who could not see it, the kill switch is published over that.
func (s *Server) save(ctx context.Context) {
	c := s.unsaved.Load()
	if c == nil {
		return
	}
	err := s.store.Publish(ctx, c.entry, c.entry.Replaced)
	switch {
	case err == nil:
		s.unsaved.CompareAndSwap(c, nil)
	case errors.Is(err, ErrConflict):
		s.saveOver(ctx, c)
	}
}

func (s *Server) saveOver(ctx context.Context, c *served) {
	e, err := s.store.Current(ctx)
	if err != nil {
		return
	}
	there, err := prepare(e)
	if err == nil && !there.policy.Enabled() {
		s.unsaved.CompareAndSwap(c, nil) // an attempt that was thought lost, or a kill switch of somebody else's
		return
	}
	top := e.Version
	if top.Less(c.entry.Version) {
		top = c.entry.Version
	}
	made, report, err := s.killOver(there, top, c.policy.Note(), c.entry.By)
	if err != nil {
		s.audit(clean(fmt.Sprintf("the kill switch of %s cannot be made anew over %s: %v", c.entry.Version, e.Version, err)))
		return
	}
	made.entry.Replaced = e.Version
	if !s.unsaved.CompareAndSwap(c, made) {
		return
	}
	s.serve(made)
	s.audit(report.Audit)
	if s.store.Publish(ctx, made.entry, e.Version) == nil {
		s.unsaved.CompareAndSwap(made, nil)
	}
}

// killOver makes a kill switch over a version, which may be nil.
func (s *Server) killOver(over *served, top sampling.Version, note, by string) (*served, Report, error) {
	now := time.Now().UTC().Truncate(time.Second)
	d, err := s.drafted(over, over, top, Change{Enabled: new(bool), Note: note}, by, now)
	if err != nil {
		return nil, Report{}, err
	}
	p := Proposal{Bytes: d.Document, By: by}
	if err := s.sign(&p, d.Document, nil, over, true); err != nil {
		return nil, Report{}, err
	}
	made, err := prepare(Entry{Version: d.Version, Bytes: p.Bytes, Signature: p.Signature, By: by, At: now, Replaced: over.version(), Audit: d.Report.Audit})
	return made, d.Report, err
}

// standBy has a kill switch over what is served signed before anybody needs it, since the signer may be out of reach then.
func (s *Server) standBy() {
	cur := s.current.Load()
	if s.o.Sign == nil || cur == nil || !cur.policy.Enabled() {
		return
	}
	if k := s.signedKill(s.floor()); k != nil && k.entry.Replaced == cur.entry.Version {
		return
	}
	if made, _, err := s.killOver(cur, s.floor(), "kill switch", "policyserver"); err == nil {
		s.standby.Store(made)
	}
}

// signedKill returns the kill switch that was signed beforehand, if it is above what has to be replaced.
func (s *Server) signedKill(top sampling.Version) *served {
	if k := s.standby.Load(); k != nil && top.Less(k.entry.Version) {
		return k
	}
	return nil
}
