package krunk

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// put copies a record into the black box. No foreign code runs between Reserve and Commit.
func (c *Channel) put(k blackbox.Kind, h *record.Head, text string, pcs []uintptr, errs []record.Error, attrs []Attr) bool {
	n := record.Size(h, text, len(pcs)) + len(c.fixed)
	for i := range errs {
		n += errs[i].Size()
	}
	for i := range attrs {
		if attrs[i].pending() {
			return c.putSettled(k, h, text, pcs, errs, attrs)
		}
		f := attrs[i].field()
		n += f.Size()
	}
	if n > c.client.maxBody || len(attrs)+int(c.nfixed) > record.MaxFields {
		return c.putCut(k, h, text, pcs, errs, attrs)
	}
	return c.write(n, k, h, text, pcs, errs, attrs, 0)
}

func (c *Channel) write(n int, k blackbox.Kind, h *record.Head, text string, pcs []uintptr, errs []record.Error, attrs []Attr, left int) bool {
	ring := c.client.ring
	slot, ok := ring.Reserve(k, n)
	if !ok {
		if h.Type < record.SetTag {
			c.client.lost(h, n)
			return false
		}
		slot.Body = make([]byte, n) // of the scope the newest wins, however full the ring is
	}
	w := record.Begin(slot.Body, h, text, pcs)
	for i := range errs {
		w.Error(&errs[i])
	}
	if c.nfixed > 0 {
		w.Fields(c.fixed, int(c.nfixed))
	}
	for i := range attrs {
		f := attrs[i].field()
		w.Field(&f)
	}
	w.LeftOut(left)
	if !ok {
		c.client.changes.Add(ring.Head(), slot.Body)
		return true
	}
	if ring.Commit(slot) {
		c.client.bell.Ring()
	}
	return true
}

// putSettled asks the attributes that run foreign code, in a copy: the slice belongs to the caller.
//
//go:noinline
func (c *Channel) putSettled(k blackbox.Kind, h *record.Head, text string, pcs []uintptr, errs []record.Error, attrs []Attr) bool {
	var few [8]Attr
	own := append(few[:0], attrs[:min(len(attrs), record.MaxFields+1)]...)
	left := len(attrs) - len(own)
	for i := range own {
		own[i].settle()
	}
	if left > 0 {
		return c.putCut(k, h, text, pcs, errs, own)
	}
	return c.put(k, h, text, pcs, errs, own)
}

// putCut shortens a record that is too long for the ring: each part to its share, then as many attributes as find room.
//
//go:noinline
func (c *Channel) putCut(k blackbox.Kind, h *record.Head, text string, pcs []uintptr, errs []record.Error, attrs []Attr) bool {
	room := c.client.maxBody
	if len(text) > room/4 {
		text, h.Flags = text[:room/4], h.Flags|record.FlagText
	}
	if len(pcs) > room/32 {
		pcs, h.Flags = pcs[:room/32], h.Flags|record.FlagStack
	}
	n := record.Size(h, text, len(pcs))
	n += cutErrors(errs, room/4)
	d := *c
	if n+len(d.fixed) > room {
		d.fixed, d.nfixed = nil, 0
	}
	n += len(d.fixed)
	fit := 0
	for ; fit < len(attrs) && fit+int(d.nfixed) < record.MaxFields; fit++ {
		f := attrs[fit].field()
		if n+f.Size() > room {
			break
		}
		n += f.Size()
	}
	left := len(attrs) - fit + int(c.nfixed) - int(d.nfixed)
	return d.write(n, k, h, text, pcs, errs, attrs[:fit], left)
}

// cutErrors shortens the texts so that all entries together take at most room bytes, and returns what they take.
func cutErrors(errs []record.Error, room int) int {
	n, share := 0, room/max(len(errs), 1)
	for i := range errs {
		e := &errs[i]
		e.Type, _ = text.Trim(e.Type, min(record.MaxType, share/4))
		e.Text, _ = text.Trim(e.Text, max(share-len(e.Type)-8, 8))
		n += e.Size()
	}
	return n
}
