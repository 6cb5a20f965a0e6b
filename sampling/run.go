package sampling

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/krunk-go/krunk/internal/gate"
)

// silent reports whether the player wants no reports; the caller holds mu.
func (c *Controller) silent() bool {
	return c.client != nil && c.client.Answer != nil && c.client.Answer.Load() == gate.No
}

// follower is one run of a source. Only who runs one links what it does.
type follower struct {
	turned func() // the player's answer may be another one; called with the controller's mutex held
}

// rest ends a source's context while the player says no.
type rest struct {
	ctl   *Controller
	stop  context.CancelCauseFunc // guarded by ctl.mu; nil while the source does not run
	noes  bool                    // guarded by ctl.mu; the player has said no since the source was started last
	again chan struct{}           // holds a token after an answer behind that which is no no
}

func (r *rest) turned() {
	if r.ctl.silent() {
		if r.noes = true; r.stop != nil {
			r.stop(gate.ErrSilent)
		}
		return
	}
	if !r.noes {
		return // somebody else plays
	}
	select {
	case r.again <- struct{}{}:
	default:
	}
}

// begin returns a context for the source; nil if it has to rest.
func (r *rest) begin(ctx context.Context) (inner context.Context) {
	r.ctl.mu.Lock()
	if r.noes = r.ctl.silent(); !r.noes {
		select {
		case <-r.again: // it is started now
		default:
		}
		inner, r.stop = context.WithCancelCause(ctx)
	}
	r.ctl.mu.Unlock()
	return inner
}

func (r *rest) end() {
	r.ctl.mu.Lock()
	r.stop(nil)
	r.stop = nil
	r.ctl.mu.Unlock()
}

// Run keeps a source running until ctx ends, and returns ctx's error. A source that returns early is started again, after a
// second at first and after an hour at most. While the player says no (krunk.Denied) the source rests, since who reports nothing needs no policy:
// its context ends before Client.Consent returns, and it is started again as soon as the answer is another one.
func (c *Controller) Run(ctx context.Context, s Source) error {
	r := &rest{ctl: c, again: make(chan struct{}, 1)}
	f := &follower{r.turned}
	c.mu.Lock()
	c.followers = append(c.followers, f)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.followers = slices.DeleteFunc(c.followers, func(x *follower) bool { return x == f })
		c.mu.Unlock()
	}()
	return r.run(ctx, s)
}

func (r *rest) run(ctx context.Context, s Source) error {
	wait := time.Second
	for {
		inner := r.begin(ctx)
		if inner == nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-r.again:
			}
			continue
		}
		began := time.Now()
		err := s.Run(inner, r.ctl)
		silenced := context.Cause(inner) == gate.ErrSilent
		r.end()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if silenced {
			wait = time.Second
			continue
		}
		r.ctl.Fetched(err)
		if time.Since(began) > time.Hour {
			wait = time.Second
		}
		t := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-r.again: // a yes behind a no waits for nothing
			t.Stop()
			wait = time.Second
			continue
		case <-t.C:
		}
		wait = min(2*wait, time.Hour)
	}
}
