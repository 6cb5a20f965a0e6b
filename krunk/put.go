package krunk

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

// put copies a record into the black box and reports whether that took it.
func (c *Channel) put(k blackbox.Kind, r *capture) bool {
	r.Channel = c.index
	n := record.Size(&r.Head, r.text, len(r.pcs)) + len(c.fixed)
	for i := range r.errs {
		n += r.errs[i].Size()
	}
	for i := range r.attrs {
		a := &r.attrs[i]
		if a.pending() {
			return c.putSettled(k, r)
		}
		f := a.field()
		n += f.Size()
	}
	left := int(c.left) + r.left
	if n > c.client.maxBody || len(r.attrs)+int(c.nfixed) > record.MaxFields {
		return c.putCut(k, r)
	}
	return c.write(n, left, k, r, nil)
}

// write reserves n bytes and fills them; no foreign code runs in between. A fault that happens there all the same, for instance
// since a text lies in memory that the game has unmapped, or since another goroutine changes the attributes, costs this record.
func (c *Channel) write(n, left int, k blackbox.Kind, r *capture, cut *cutting) (ok bool) {
	ring := c.client.ring
	slot, room := ring.Reserve(k, n)
	if !room {
		if r.Type < record.SetTag {
			c.client.lost(protocol.ReasonQueueOverflow, &r.Head, n)
			return false
		}
		slot.Body = make([]byte, n) // of the scope the newest wins, however full the ring is
	}
	defer func() {
		if !ok {
			recover()
			c.broken(slot, room, r)
		}
	}()
	w := record.Begin(slot.Body, &r.Head, r.text, r.pcs)
	for i := range r.errs {
		w.Error(&r.errs[i])
	}
	if cut != nil {
		cut.fields(c, r, &w)
	} else {
		if c.nfixed > 0 {
			w.Fields(c.fixed, int(c.nfixed))
		}
		for i := range r.attrs {
			f := r.attrs[i].field()
			w.Field(&f)
		}
	}
	w.LeftOut(left)
	if !room {
		c.client.changes.Add(ring.Head(), slot.Body)
		return true
	}
	switch {
	case !ring.Commit(slot):
	case ring.Urgent(slot):
		c.client.bell.Call()
	default:
		c.client.bell.Ring()
	}
	return true
}

// broken gives up a record that could not be written.
//
//go:noinline
func (c *Channel) broken(slot blackbox.Slot, reserved bool, r *capture) {
	c.client.lost(protocol.ReasonInternalSDKError, &r.Head, len(slot.Body))
	if reserved && c.client.ring.Abandon(slot) {
		c.client.bell.Call()
	}
}

// putSettled asks the attributes that run foreign code, in a copy: the slice belongs to the caller.
//
//go:noinline
func (c *Channel) putSettled(k blackbox.Kind, base *capture) bool {
	var room [8]Attr
	if len(base.attrs) > len(room) {
		return c.putManySettled(k, base)
	}
	r := *base
	r.attrs = settled(append(room[:0], r.attrs...))
	return c.put(k, &r)
}

// putManySettled is apart since its array is clear work, and larger than the stack of most goroutines has room.
//
//go:noinline
func (c *Channel) putManySettled(k blackbox.Kind, base *capture) bool {
	var room [record.MaxFields]Attr
	r := *base
	r.attrs = settled(append(room[:0], r.attrs[:min(len(r.attrs), len(room))]...))
	r.left = len(base.attrs) - len(r.attrs)
	return c.put(k, &r)
}

func settled(own []Attr) []Attr {
	for i := range own {
		own[i].settle()
	}
	return own
}
