package krunk

import (
	"errors"
	"runtime"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/sampling"
)

// control is the attached controller by its methods, so that a program which uses none does not link one.
type control struct {
	controller *sampling.Controller
	adopt      func(*sampling.ChannelState)
	panics     func() bool
	panicsPPM  func() uint32
	killed     func() bool
	version    func() sampling.Version
	close      func()
}

// Sampling returns the controller through which the game server decides who reports what. Without one attached it makes one:
// unsigned policies are accepted, none is stored, and Config.Channels stays what is in force until a policy arrives. Call it
// right after Start and hand it what the server sends:
//
//	err := client.Sampling().Apply(bytesFromTheGameServer)
//
// On a nil Client it returns a controller that decides about nothing.
func (c *Client) Sampling() *sampling.Controller {
	if c == nil {
		ctl, _ := sampling.New(sampling.Identity{}, sampling.Options{})
		return ctl
	}
	if old := c.control.Load(); old != nil {
		return old.controller
	}
	base := make(map[string]sampling.Levels, len(c.plan.Channels))
	for name, t := range c.plan.Channels {
		base[name] = sampling.Levels(t)
	}
	// Start has checked the levels, so that nothing is left that could be wrong.
	ctl, err := sampling.New(sampling.Identity{
		Release: c.plan.Release, Env: c.plan.Environment, Platform: runtime.GOOS, Arch: runtime.GOARCH,
	}, sampling.Options{Base: base})
	if err != nil {
		ctl, _ = sampling.New(sampling.Identity{}, sampling.Options{})
	}
	if c.Attach(ctl) != nil {
		return c.control.Load().controller
	}
	return ctl
}

// Attach puts the client's channels under a controller that the game made with sampling.New, with limits, signatures or
// storage of its choice; Config.Channels no longer counts, Options.Base takes its place. A client has one controller: a
// second one is an error. Close closes it.
func (c *Client) Attach(ctl *sampling.Controller) error {
	if c == nil || ctl == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.control.Load() != nil {
		return errors.New("krunk: Attach: the client has a controller; call Attach once, before Sampling")
	}
	if c.closed.Load() {
		return errors.New("krunk: Attach: the client is closed; attach the controller after Start")
	}
	c.control.Store(&control{
		controller: ctl, adopt: ctl.Adopt, panics: ctl.Panics, panicsPPM: ctl.PanicsPPM, killed: ctl.Killed, version: ctl.Version, close: ctl.Close,
	})
	for _, ch := range c.channels {
		ctl.Adopt(ch.state)
	}
	return nil
}

// killed reports whether the kill switch is thrown.
func (c *Client) killed() bool {
	ctl := c.control.Load()
	return ctl != nil && ctl.killed()
}

// policy returns the version of the policy in force, "" if there is none.
func (c *Client) policy() string {
	if ctl := c.control.Load(); ctl != nil {
		if v := ctl.version(); v != (sampling.Version{}) {
			return v.String()
		}
	}
	return ""
}

// collect moves what the channels sampled out into the tally.
func (c *Client) collect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range c.channels {
		d := ch.state.TakeDropped()
		for _, n := range [...]struct {
			reason   protocol.Reason
			category protocol.Category
			n        uint64
		}{
			{protocol.ReasonSampleRate, protocol.CategoryLogItem, d.SampledRecords}, {protocol.ReasonSampleRate, protocol.CategoryError, d.SampledEvents},
			{protocol.ReasonRateLimitBackoff, protocol.CategoryLogItem, d.LimitedRecords}, {protocol.ReasonRateLimitBackoff, protocol.CategoryError, d.LimitedEvents},
		} {
			if n.n > 0 {
				c.tally.Add(n.reason, n.category, n.n)
			}
		}
	}
}
