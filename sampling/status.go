package sampling

import (
	"context"
	"sync"
	"time"

	"github.com/krunk-go/krunk/internal/plan"
)

// Status is what a controller knows about itself.
type Status struct {
	Running    Version       // zero: the compiled default
	Seen       Version       // the last that came in, whether it runs or not; an older one means a server that is behind
	Source     string        // where the running one came from: "default", "stored" by an earlier run, "apply" or what the source calls itself
	LastError  error         // why the last document was refused; nil after one that was not
	FetchError error         // why the source could not ask; nil after it could
	Storage    error         // of the last Load or Save
	Partial    string        // E12 or E13 if a rule of the running policy is not understood
	Unknown    int           // members of the running policy that this program does not know
	Sticky     bool          // the install id was given; without one the share is drawn anew at each start of the game
	InCohort   bool          // by the top level
	Killed     bool          // all but panics are silenced
	Panics     bool          // this client sends panics
	Age        time.Duration // since the last document that was good, 0 if none
	NextExpiry time.Duration // until a rule starts or ends, a raise ends, a ramp takes a step, or the policy ends; 0 if nothing does
	Rules      []string      // ids of the rules that apply, in order
	ServerTime time.Time     // as far as it is known
	PanicsPPM  uint32        // share of clients that send panics
	ClientsPPM uint32        // share of clients at the top level, 0 while Options.Wait lasts
}

// Status returns the state of this moment.
func (c *Controller) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, r, now := c.plan, &c.run, c.clock.now()
	s := Status{
		Running: *c.version(), Seen: r.seen, Source: r.source, LastError: r.err, FetchError: r.fetch, Storage: r.storage,
		Sticky: c.sticky, Killed: p.Killed, ClientsPPM: p.Clients,
		InCohort:   p.InCohort(),
		ServerTime: now.Time(),
	}
	s.PanicsPPM, s.Panics = p.PanicShare()
	if r.policy != nil {
		s.Unknown, s.Partial = r.policy.Unknown, r.policy.Partial
	}
	if !r.since.IsZero() {
		s.Age = time.Since(r.since)
	}
	if p.NextExpiry != 0 {
		s.NextExpiry = max(p.NextExpiry.Sub(now), 0)
	}
	for i := range p.Layers {
		if id := p.Layers[i].ID; id != "" {
			s.Rules = append(s.Rules, id)
		}
	}
	return s
}

// Version returns the version that runs; zero is the compiled default.
func (c *Controller) Version() Version {
	c.mu.Lock()
	v := *c.version()
	c.mu.Unlock()
	return v
}

// Echo returns what the server is told, in a heartbeat or in the Krunk-Policy header: "have=3.1187", then "; seen=3.1188" if
// that is another one, "; err=E06" if it was refused or a rule of it is not understood, and "; log=9f2c41d0" once a request for the
// flight log was answered.
func (c *Controller) Echo() string {
	c.mu.Lock()
	have, seen := c.version(), &c.run.seen
	s := "have=" + have.String()
	if seen.order(have) != 0 && seen.order(new(Version)) != 0 {
		s += "; seen=" + seen.String()
	}
	code := errorCode(c.run.err)
	if code == "" && c.run.policy != nil {
		code = c.run.policy.Partial
	}
	if code != "" {
		s += "; err=" + code
	}
	if c.run.log != 0 {
		s += "; log=" + plan.KindName(c.run.log)
	}
	c.mu.Unlock()
	return s
}

// ETag returns the tag that came with the running policy, empty if there was none.
func (c *Controller) ETag() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run.policy == nil {
		return ""
	}
	return c.run.etag
}

// Pace returns how fast the running policy, or else the compiled default, wants to be asked for.
func (c *Controller) Pace() Pace {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range [...]*plan.Document{c.run.policy, c.fallback} {
		if p != nil {
			return paceOf(p)
		}
	}
	return Pace{}
}

// Fetched notes whether a source could ask its origin, for Status. A source calls it behind Apply: it ends Options.Wait.
func (c *Controller) Fetched(err error) {
	c.mu.Lock()
	c.run.fetch = err
	c.mu.Unlock()
	if err == nil {
		c.answered()
	}
}

// Sink is where a source delivers; *Controller is one.
type Sink interface {
	Apply(b []byte, at ...At) error
	Fetched(err error)
	ETag() string
	Echo() string
	Pace() Pace
	Version() Version
}

// Source brings policies from somewhere until its context ends.
type Source interface {
	Run(ctx context.Context, to Sink) error
}

// news brings changes to OnChange in order, without the controller's lock.
type news struct {
	mu   sync.Mutex // guards list and busy
	list []Change
	busy bool
}

//go:noinline
func (n *news) add(old, new *Version, reason string, err error) {
	c := Change{Old: *old, New: *new, Reason: reason, Err: err}
	n.mu.Lock()
	n.list = append(n.list, c)
	n.mu.Unlock()
}

func (n *news) deliver(f func(Change)) {
	n.mu.Lock()
	if f == nil {
		n.list = nil
	}
	if !n.busy {
		n.busy = true
		for len(n.list) > 0 {
			c := n.list[0]
			n.list = n.list[1:]
			n.mu.Unlock()
			tell(f, c)
			n.mu.Lock()
		}
		n.busy = false
	}
	n.mu.Unlock()
}

// tell survives a panic in foreign code, which must not take the caller of Apply with it.
func tell(f func(Change), c Change) {
	defer func() { _ = recover() }()
	f(c)
}
