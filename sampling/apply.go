package sampling

import (
	"time"

	"github.com/krunk-go/krunk/internal/plan"
)

// At is what is known about a document beside its bytes. The zero At is fine.
type At struct {
	_          [0]func()   // comparing is code that nobody calls
	ServerTime time.Time   // when the server sent it, its clock; zero: what an earlier one said, or this machine's clock
	Signature  string      // "kid=...; sig=<base64>", if it does not stand in an envelope
	ETag       string      // kept with the document once it is applied
	Source     string      // for Status; empty: "apply"
	doubt      bool        // ServerTime is made up
	least      plan.Moment // of a ServerTime in doubt: it was this late at least
}

// Apply brings a policy into force, as bytes of the document or of a signed envelope around it. It returns nil if the policy
// runs now or ran already. Any error leaves running what runs, with one exception: a document that is newer, says
// "enabled": false and is wrong elsewhere stops everything but panics, and still returns its error. Apply takes a lock that
// no capture call takes, does no I/O, and must not retain b, and does not; storing happens on a goroutine of its own.
func (c *Controller) Apply(b []byte, at ...At) error {
	var a At
	if len(at) > 0 {
		a = at[0]
	}
	if a.Source == "" {
		a.Source = "apply"
	}
	o := c.open(b, a)
	c.mu.Lock()
	err := c.apply(&o, a)
	if err == nil && o.fresh || o.kills {
		c.store(b, a)
	}
	c.mu.Unlock()
	c.news.deliver(c.opt.OnChange)
	return err
}

// store hands the document that runs to the keeper.
func (c *Controller) store(b []byte, a At) {
	if c.opt.Storage != nil {
		c.opt.Storage.store(c, b, a)
	}
}

// Clock tells the controller the server's time where no document came with it, such as the Date of an answer that says
// nothing has changed. It is for sources.
func (c *Controller) Clock(server time.Time) {
	if server.IsZero() {
		return
	}
	c.mu.Lock()
	c.clock.set(plan.MomentOf(server), true)
	c.rebuild()
	c.mu.Unlock()
	c.news.deliver(c.opt.OnChange)
}

// opened is a document after everything that needs no lock.
type opened struct {
	body   []byte
	kid    string
	policy *plan.Document
	err    error
	head   plan.Head
	fresh  bool // it changed what runs
	kills  bool // it did so by its head alone
}

// open verifies, then parses.
func (c *Controller) open(b []byte, a At) (o opened) {
	o.body, o.kid, o.err = unseal(b, a.Signature, c.opt.Verifier)
	if o.err != nil {
		return o
	}
	if o.policy, o.err = parsed(o.body); o.err != nil {
		if len(o.body) <= MaxDocument {
			o.head = plan.Peek(o.body)
		}
	} else {
		o.head.Version, o.head.Disabled = o.policy.Version, o.policy.Disabled
	}
	return o
}

func (c *Controller) apply(o *opened, a At) error {
	if c.closed {
		return ErrClosed
	}
	r := &c.run
	if v := Version(o.head.Version); v != (Version{}) {
		r.seen = v
	}
	if o.err != nil {
		c.kill(o)
		return c.refuse(o, o.err)
	}
	p := o.policy
	now, told, trusted := c.clock.guess(plan.MomentOf(a.ServerTime), p.Issued)
	same, err := c.admit(o, now)
	if err != nil {
		return c.refuse(o, err)
	}
	r.err, r.since = nil, time.Now()
	if a.ETag != "" {
		o.fresh = r.etag != a.ETag
		r.etag = a.ETag
	}
	if same {
		if trusted && !a.doubt && !a.ServerTime.IsZero() {
			c.clock.set(now, true)
			c.rebuild()
		}
		return nil
	}
	o.fresh = true
	old := c.version()
	c.clock.set(now, trusted && !a.doubt)
	if now >= never {
		c.clock.least = max(a.least, p.Issued)
	}
	r.policy, r.kid, r.kill, r.source, r.etag = p, o.kid, nil, a.Source, a.ETag
	r.issued = min(p.Issued, told)
	r.floors[o.kid] = floor{Version(p.Version), p.Sum}
	c.rebuild()
	reason := "applied"
	if p.Disabled {
		reason = "killed"
	}
	c.news.add(Change{Old: old, New: Version(p.Version), Reason: reason})
	return nil
}

// admit compares a valid document with what has been seen. A kill switch needs no end and does not end: what a person stopped
// starts again when a person says so.
func (c *Controller) admit(o *opened, now plan.Moment) (same bool, err error) {
	p, f, run := o.policy, c.run.floors[o.kid], c.run.policy
	v := Version(p.Version)
	switch {
	case o.kid != "" && p.Expires == 0 && !p.Disabled:
		return false, ErrEndless
	case run != nil && o.kid != c.run.kid && (p.Issued == 0 || p.Issued < c.run.issued):
		return false, ErrStale // versions count per key: without this an old document of another key would come back
	case v.Less(f.version), c.run.kill != nil && o.kid == c.run.killKid && v.Less(Version(c.run.kill.Version)):
		return false, ErrStale
	case v == f.version && p.Sum != f.sum:
		return false, ErrConflict
	case !p.Disabled && p.Expires.Over(now):
		return false, ErrExpired
	}
	return run != nil && c.run.kill == nil && run.Version == p.Version && run.Sum == p.Sum, nil
}

// kill obeys the head of a newer document that says so, however wrong the rest is.
func (c *Controller) kill(o *opened) {
	h, v := &o.head, Version(o.head.Version)
	if !h.Disabled || v.N == 0 || !c.run.floors[o.kid].version.Less(v) {
		return
	}
	if k := c.run.kill; k != nil && o.kid == c.run.killKid && !Version(k.Version).Less(v) {
		return
	}
	c.run.kill, c.run.killKid, o.kills = h, o.kid, true
	c.rebuild()
	c.news.add(Change{Old: c.version(), New: v, Reason: "killed", Err: o.err})
}

// maxTold bounds what a publisher gone wild can make a client remember; then all are told once more.
const maxTold = 32

// refuse notes why a document changes nothing, and tells it once per version and reason.
func (c *Controller) refuse(o *opened, err error) error {
	c.run.err = err
	code := errorCode(err)
	if code == "" || o.kills {
		return err
	}
	key := Version(o.head.Version).String() + code
	if _, old := c.told[key]; !old {
		if len(c.told) >= maxTold || c.told == nil {
			c.told = make(map[string]struct{})
		}
		c.told[key] = struct{}{}
		c.news.add(Change{Old: c.version(), New: Version(o.head.Version), Reason: "rejected", Err: err})
	}
	return err
}

// version returns what runs.
func (c *Controller) version() Version {
	if c.run.policy == nil {
		return Version{}
	}
	return Version(c.run.policy.Version)
}

// coded are the errors of Apply and what the server is told of them; older documents are normal and have no code.
func coded() [9]struct {
	err  error
	code string
} {
	return [...]struct {
		err  error
		code string
	}{
		{nil, ""}, {ErrStale, ""}, {ErrClosed, ""}, {ErrConflict, plan.CodeConflict}, {ErrSignature, plan.CodeSignature}, {ErrUnsupported, "E02"},
		{ErrTooLarge, "E01"}, {ErrExpired, plan.CodeExpired}, {ErrEndless, plan.CodeEndless},
	}
}

// errorCode is the short reason that travels to the server. Apply makes all its errors itself, so they are compared and not
// unwrapped: errors.Is and errors.As would bring 12 KiB of reflection.
//
//go:noinline
func errorCode(err error) string {
	switch e := err.(type) {
	case *Rejection:
		return e.Code
	case *signatureError:
		return plan.CodeSignature
	}
	for _, known := range coded() {
		if err == known.err {
			return known.code
		}
	}
	return plan.CodeOther
}
