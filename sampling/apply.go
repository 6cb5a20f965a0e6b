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
	var o opened
	c.open(&o, b, &a)
	c.mu.Lock()
	err := c.apply(&o, &a)
	if (err == nil && o.fresh || o.kills) && c.opt.storage != nil {
		c.opt.storage.store(c, b, &a)
	}
	c.unlock()
	return err
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
	c.unlock()
}

// opened is a document after everything that needs no lock.
type opened struct {
	_      [0]func() // no code to compare it
	body   []byte
	kid    string
	policy *plan.Document
	err    error
	head   plan.Head
	fresh  bool // it changed what runs
	kills  bool // it did so by its head alone
}

// open verifies, then parses.
func (c *Controller) open(o *opened, b []byte, a *At) {
	o.body, o.kid, o.err = unseal(b, a.Signature, c.opt.verifier)
	if o.err != nil {
		return
	}
	if o.policy, o.err = parsed(o.body); o.err == nil {
		o.head.Version, o.head.Disabled, o.head.Issued = o.policy.Version, o.policy.Disabled, o.policy.Issued
	} else if len(o.body) <= MaxDocument {
		plan.Peek(o.body, &o.head)
	}
}

func (c *Controller) apply(o *opened, a *At) error {
	if c.closed {
		return ErrClosed
	}
	r := &c.run
	if o.version().order(&Version{}) != 0 {
		r.seen = *o.version()
	}
	given := plan.MomentOf(a.ServerTime)
	now, told, trusted := c.clock.guess(given, o.head.Issued)
	told = min(told, o.head.Issued)
	p, err := o.policy, c.admit(o, now)
	if o.err != nil { // its head is obeyed, however wrong the rest is
		o.kills, err = err == nil, o.err
	}
	if err != nil && !o.kills {
		return c.refuse(o, err)
	}
	old, f := *c.version(), r.floor(o.kid)
	f.version, f.sum = *o.version(), 0
	if o.kills {
		r.kill = o.head
	} else {
		f.sum = p.Sum
		r.err, r.since = nil, time.Now()
		if a.ETag != "" {
			o.fresh = r.etag != a.ETag
			r.etag = a.ETag
		}
		trusted = trusted && !a.doubt
		if r.policy != nil && r.policy.Sum == p.Sum && r.kid == o.kid { // runs already
			if trusted && given != 0 {
				c.clock.set(now, true)
				c.rebuild()
			}
			return nil
		}
		o.fresh = true
		least := a.least
		if given == 0 && c.clock.trusted { // no time came with it: the machine's clock may have been set ahead
			least = c.clock.begun()
		}
		c.clock.learn(now, least, p.Issued, trusted)
		r.policy, r.source, r.etag = p, a.Source, a.ETag
		r.kill = plan.Head{}
	}
	if r.kid = o.kid; r.issued < told { // one that does not say when it was made, or too early a time, is no older than what held before
		r.issued = told
	}
	c.rebuild()
	reason := "applied"
	if o.head.Disabled {
		reason = "killed"
	}
	c.news.add(&old, o.version(), reason, err)
	if o.kills {
		return c.refuse(o, err)
	}
	return nil
}

// admit compares a document with what has been seen; of one that is wrong, its head if that kills. A kill switch needs no end and does not
// end: what a person stopped starts again when a person says so.
func (c *Controller) admit(o *opened, now plan.Moment) error {
	r, p, issued, kills := &c.run, o.policy, o.head.Issued, o.head.Disabled
	f, run, stopped, other := r.floor(o.kid), r.policy, r.kill.Version.N != 0, o.kid != r.kid
	newer := o.version().order(&f.version)
	if issued != 0 && !kills && (stopped || run != nil && run.Disabled) {
		issued-- // what was made in the moment of a kill switch does not undo it
	}
	switch {
	case o.err != nil && (!kills || o.head.Version.N == 0):
		return o.err
	case o.kid != "" && !kills && p.Expires == 0:
		return ErrEndless
	case (run != nil || stopped) && other && (issued < r.issued || issued == 0 && !kills):
		return ErrStale // versions count per key: without this an old document of another key would come back
	case newer < 0, stopped && run != nil && p != nil && run.Sum == p.Sum, newer == 0 && (stopped || o.err != nil || run != nil && other):
		return ErrStale // also a copy of what ran before, which may be dated in the future
	case newer == 0 && p.Sum != f.sum:
		return ErrConflict
	case !kills && p.Expires.Over(now):
		return ErrExpired
	}
	return nil
}

// version is what the document claims.
func (o *opened) version() *Version { return (*Version)(&o.head.Version) }

// maxTold bounds what a publisher gone wild can make a client remember; then all are told once more.
const maxTold = 32

// refuse notes why a document changes nothing, and tells it once per version and reason.
func (c *Controller) refuse(o *opened, err error) error {
	c.run.err = err
	code := errorCode(err)
	if code == "" || o.kills {
		return err
	}
	key := o.version().String() + code
	if c.told.N == maxTold {
		c.told = plan.Keys{}
	}
	if c.told.Add(key) {
		c.news.add(c.version(), o.version(), "rejected", err)
	}
	return err
}

// version returns what runs.
//
//go:noinline
func (c *Controller) version() *Version {
	if c.run.policy == nil {
		return new(Version)
	}
	return (*Version)(&c.run.policy.Version)
}

// errorCode is the short reason that travels to the server. Apply makes all its errors itself, so they are compared and not
// unwrapped: errors.Is and errors.As would bring 12 KiB of reflection.
//
//go:noinline
func errorCode(err error) string {
	switch e := err.(type) {
	case nil:
		return ""
	case *Rejection:
		return e.Code
	case *refusal:
		return e.code
	case *signatureError:
		return plan.CodeSignature
	}
	return plan.CodeOther
}
