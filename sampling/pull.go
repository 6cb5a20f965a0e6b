package sampling

import (
	"unsafe"

	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/plan"
)

// Pull says whether a policy may ask this client for its flight log; make it with krunk.AllowPull. The zero Pull refuses.
//
// A policy asks by "pulls", for named players or one match. The client answers only a signed policy (Options.Verifier), only where it has a
// Storage to remember what it has answered, each request once, also after a restart, and one request a day, whatever their ids. Whether it
// is in the cohort does not matter; MaxBytesPerHour holds, and with the kill switch thrown nothing is sent.
type Pull struct {
	look func(c *Controller) // a function and no interface: converted to one, a type that reaches a controller is 56 KiB on 32-bit ARM
}

// sender sends a flight log, if there is room for it.
type sender func(client unsafe.Pointer, q gate.Pull) bool

// NewPull is for krunk.AllowPull.
func NewPull(send func(client unsafe.Pointer, q gate.Pull) bool) Pull {
	return Pull{func(c *Controller) { c.pulls(send) }}
}

// pulledKey is under which the day of the last answer is remembered, whatever the request was.
const pulledKey = 1<<64 - 1

// pulls answers the first request of the running policy that is for this client, and sees to it that the next one is looked at tomorrow. The
// caller holds the lock.
func (c *Controller) pulls(send sender) {
	doc, now := c.run.policy, c.clock.now()
	c.run.log = 0
	if doc == nil || c.run.kid == "" || c.plan.Killed || c.client == nil || c.client.Client == nil || c.opt.storage == nil {
		return
	}
	id, day := c.identity(), dayOf(now)+memoDays // they are forgotten after all kinds: that one of these has gone is of no use the next day
	list := doc.PullList()
	for i := range list {
		p := &list[i]
		key := plan.PullKey(p.ID)
		if p.Until.Over(now) || p.Who.Holds(id, doc.Salt, c.opt.hash) != plan.Yes {
			continue
		}
		if c.last(key) != 0 {
			c.run.log = plan.PullMark(p.ID)
			continue
		}
		if c.last(pulledKey) == day {
			c.retry(now)
			continue // perhaps to one that was answered, which the echo tells
		}
		c.note(pulledKey, day)
		c.note(key, day)
		c.run.log = plan.PullMark(p.ID)
		q := gate.Pull{ID: p.ID, Bytes: int(p.Bytes), Goroutines: p.Goroutines}
		go c.answer(send, key, q)
	}
}

// answer captures a flight log, on a goroutine of its own as that asks the client, which may ask the controller. One that found no room is
// to be asked for again.
func (c *Controller) answer(send sender, key uint64, q gate.Pull) {
	if send(c.client.Client, q) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run.log = 0
	if c.closed {
		return // nobody would wait for what is stored now
	}
	c.note(key, 0)
	c.note(pulledKey, 0)
}

// retry has the next day look again.
func (c *Controller) retry(now plan.Moment) {
	tomorrow := (now/oneDay + 1) * oneDay
	if c.plan.NextExpiry == 0 || tomorrow < c.plan.NextExpiry {
		c.plan.NextExpiry = tomorrow
	}
}
