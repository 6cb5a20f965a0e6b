package krunk

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
)

// put copies a record into the black box, with a chain of errors, and reports whether that took it.
func (c *Channel) put(k blackbox.Kind, r *capture, errs []record.Error) bool {
	r.Channel = c.index
	n := record.Size(&r.Head, r.text, r.depth()) + len(c.fixed)
	for i := range errs {
		n += errs[i].Size()
	}
	for i := range r.attrs {
		a := &r.attrs[i]
		if a.pending() {
			return c.putSettled(k, r, errs)
		}
		n += record.FieldSize(a.name(), a.kind(), int(a.num))
	}
	left := int(c.left) + r.left
	if n > c.owner().maxBody || len(r.attrs)+int(c.nfixed) > record.MaxFields {
		return c.putCut(k, r, errs)
	}
	return c.write(n, left, k, r, errs, nil)
}

// writing is one record on its way into the black box. It is handed on by pointer: what is returned by value in more than four words
// is copied in pairs of words, and the processor waits for each pair to be written.
type writing struct {
	_    [0]func() // no code to compare it
	slot blackbox.Slot
	out  record.Writer
	heap bool // slot does not lie in the ring
	done bool
	was  bool // of Guard.Hold
}

// write reserves n bytes and fills them; no foreign code runs in between. A fault that happens there all the same, for instance
// since a text lies in memory that the game has unmapped, or since another goroutine changes the attributes, costs this record.
func (c *Channel) write(n, left int, k blackbox.Kind, r *capture, errs []record.Error, cut *cutting) (ok bool) {
	var t writing
	ring := c.owner().ring
	if g := c.owner().guard; g != nil {
		t.was = g.Hold()
	}
	defer t.end(c, r)
	if !ring.ReserveIn(&t.slot, k, n) {
		if r.Type < record.SetTag {
			c.owner().lost(protocol.ReasonQueueOverflow, &r.Head, n)
			t.done = true
			return false
		}
		t.slot.Body, t.heap = make([]byte, n), true // of the scope the newest wins, however full the ring is
	}
	t.fill(c, r, errs, cut)
	t.out.LeftOut(left)
	if t.heap {
		c.owner().uses.Changes.Add(ring.Head(), t.slot.Body)
	} else if ring.Commit(&t.slot) {
		if ring.Urgent(&t.slot) {
			c.owner().bell.Call()
		} else {
			c.owner().bell.Ring()
		}
	}
	t.done = true
	return true
}

func (t *writing) fill(c *Channel, r *capture, errs []record.Error, cut *cutting) {
	stack := t.out.Open(t.slot.Body, &r.Head, r.text, r.depth())
	switch {
	case r.mark.N > 0:
		r.mark.Fill(stack)
	case len(r.pcs) > 0:
		record.PutPCs(stack, r.pcs)
	case r.site != 0:
		record.PutPC(stack, r.site)
	}
	for i := range errs {
		t.out.Error(&errs[i])
	}
	if cut != nil {
		cut.fields(c, r, &t.out)
	} else {
		if c.nfixed > 0 {
			t.out.Fields(c.fixed, int(c.nfixed))
		}
		for i := range r.attrs {
			a := &r.attrs[i]
			t.out.Value(a.name(), a.kind(), a.num, a.text())
		}
	}
}

// end gives up a record that could not be written.
func (t *writing) end(c *Channel, r *capture) {
	if !t.done {
		t.broken(c.owner(), r, recover())
	}
	if g := c.owner().guard; g != nil {
		g.Let(t.was)
	}
}

//go:noinline
func (t *writing) broken(c *Client, r *capture, v any) {
	if g := c.guard; g != nil && g.Fault(v) && g.State() == blackbox.BlockGone {
		return
	}
	c.lost(protocol.ReasonInternalSDKError, &r.Head, len(t.slot.Body))
	if t.slot.Body != nil && !t.heap && c.ring.Abandon(t.slot) {
		c.bell.Call()
	}
}

// putSettled asks the attributes that run foreign code, in a copy: the slice belongs to the caller.
//
//go:noinline
func (c *Channel) putSettled(k blackbox.Kind, base *capture, errs []record.Error) bool {
	var room [8]Attr
	if len(base.attrs) > len(room) {
		return c.putManySettled(k, base, errs)
	}
	r := *base
	r.attrs = settled(c.owner(), append(room[:0], r.attrs...), r.Flags)
	return c.put(k, &r, errs)
}

// putManySettled is apart since its array is clear work, and larger than the stack of most goroutines has room.
//
//go:noinline
func (c *Channel) putManySettled(k blackbox.Kind, base *capture, errs []record.Error) bool {
	var room [record.MaxFields]Attr
	r := *base
	r.attrs = settled(c.owner(), append(room[:0], r.attrs[:min(len(r.attrs), len(room))]...), r.Flags)
	r.left = len(base.attrs) - len(r.attrs)
	return c.put(k, &r, errs)
}

func settled(c *Client, own []Attr, flags uint16) []Attr {
	for i := range own {
		own[i].settle(c, flags&record.FlagID != 0)
	}
	return own
}
