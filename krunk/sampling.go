package krunk

import (
	"errors"
	"runtime"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/sampling"
)

// control is the attached controller by its methods, so that a program which uses none does not link one. An interface would
// bring 6 KiB on 32-bit ARM: every method of any type that looks like one of its own.
type control struct {
	controller *sampling.Controller
	adopt      func(*gate.Channel)
	panics     func() bool
	panicsPPM  func() uint32
	killed     func() bool
	version    func() sampling.Version
	bytes      func() int64
	reports    func() bool
	close      func()
	own        bool // made by Sampling, so that Config.Channels is its base

	last sampling.Version // owned by the recorder's goroutine, as name is: a policy has its name made once
	name string
}

// Sampling returns the controller through which the game server decides who reports what. Without one attached it makes one:
// unsigned policies are accepted, none is stored, and Config.Channels stays what is in force until a policy arrives. Call it
// right after Start and hand it what the server sends:
//
//	err := client.Sampling().Apply(bytesFromTheGameServer)
//
// On a nil or closed Client it returns a controller that decides about nothing.
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
	if c.attach(ctl, true) != nil {
		if old := c.control.Load(); old != nil {
			return old.controller
		}
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
	return c.attach(ctl, false)
}

func (c *Client) attach(ctl *sampling.Controller, own bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.control.Load() != nil {
		return errors.New("krunk: Attach: the client has a controller; call Attach once, before Sampling")
	}
	if c.closed.Load() {
		return errors.New("krunk: Attach: the client is closed; attach the controller after Start")
	}
	c.control.Store(&control{
		controller: ctl, adopt: ctl.Adopt, panics: ctl.Panics, panicsPPM: ctl.PanicsPPM, killed: ctl.Killed,
		version: ctl.Version, bytes: ctl.BytesPerHour, reports: ctl.Reports, close: ctl.Close, own: own,
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

// policy returns the version of the policy in force, "" if there is none. Only the recorder calls it.
func (c *Client) policy() string {
	ctl := c.control.Load()
	if ctl == nil {
		return ""
	}
	if v := ctl.version(); v != ctl.last {
		ctl.last, ctl.name = v, ""
		if v != (sampling.Version{}) {
			ctl.name = v.String()
		}
	}
	return ctl.name
}

// bytesPerHour returns how many bytes may be encoded in an hour, 0 without a limit.
func (c *Client) bytesPerHour() int64 {
	if ctl := c.control.Load(); ctl != nil {
		return ctl.bytes()
	}
	return 0
}

// disconnected reports whether a policy is in force and this client is one that reports: only then errors which a channel
// does not raise are told of. A client outside of the cohort tells nobody anything, and one without a policy was configured so.
func (c *Client) disconnected() bool {
	ctl := c.control.Load()
	return ctl != nil && ctl.reports()
}

// refuse counts an error that the channel's issue threshold did not let through; collect settles whether a policy did that.
func (c *Channel) refuse() {
	if c.client.control.Load() != nil && !c.client.closed.Load() {
		c.refused.Add(1)
	}
}

// collect moves what the channels sampled out or did not raise into the tally.
func (c *Client) collect() {
	if n := c.collectChannels(); n > 0 && c.disconnected() {
		c.tally.Add(protocol.ReasonIgnored, protocol.CategoryError, n)
	}
}

// collectChannels returns how many errors were refused that Config.Channels alone would have raised.
func (c *Client) collectChannels() (refused uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ctl := c.control.Load()
	for name, ch := range c.channels {
		if n := ch.refused.Swap(0); n > 0 && !(ctl.own && c.plan.levels.of(name).Issue > gate.LevelError) {
			refused += n
		}
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
	return refused
}
