package krunk

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// cutting is what a record that is too long for the black box has to keep to.
type cutting struct {
	value int // bytes of a value
	room  int // bytes for all attributes
}

// leastValue is what is left of every value before attributes are left out.
const leastValue = 16

// putCut shortens a record that is too long: text, stack and errors to a quarter of the room each, then the longest values,
// all to the same length. What finds no room then, or is over MaxFields, is left out and counted.
//
//go:noinline
func (c *Channel) putCut(k blackbox.Kind, base *capture, errs []record.Error) bool {
	r, room := *base, c.owner().maxBody
	if len(r.text) > room/4 {
		r.text, r.Flags = r.text[:room/4], r.Flags|record.FlagText
	}
	if r.depth() > room/32 {
		r.pcs, r.mark.N, r.Flags = r.pcs[:min(len(r.pcs), room/32)], min(r.mark.N, room/32), r.Flags|record.FlagStack
	}
	n := record.Size(&r.Head, r.text, r.depth()) + cutErrors(errs, room/4)
	cut := cutting{value: leastValue, room: room - n}
	for step := record.MaxValue / 2; step > 0; step /= 2 {
		if c.sizeOf(&r, cut.value+step) <= cut.room {
			cut.value += step
		}
	}
	size, kept := cut.fields(c, &r, nil)
	left := int(c.left) + r.left + int(c.nfixed) + len(r.attrs) - kept
	return c.write(n+size, left, k, &r, errs, &cut)
}

// sizeOf returns what all attributes take when values have at most so many bytes.
func (c *Channel) sizeOf(r *capture, value int) int {
	n, all := 0, fields{own: record.FieldsOf(c.fixed, int(c.nfixed))}
	for f, ok := all.next(r.attrs); ok; f, ok = all.next(r.attrs) {
		f = shortened(f, value)
		n += f.Size()
	}
	return n
}

// fields writes what finds room, the channel's own attributes first, or only counts it where w is nil.
func (t *cutting) fields(c *Channel, r *capture, w *record.Writer) (size, kept int) {
	all := fields{own: record.FieldsOf(c.fixed, int(c.nfixed))}
	for f, ok := all.next(r.attrs); ok && kept < record.MaxFields; f, ok = all.next(r.attrs) {
		f = shortened(f, t.value)
		n := f.Size()
		if size+n > t.room {
			continue
		}
		size += n
		kept++
		if w != nil {
			w.Field(&f)
		}
	}
	return size, kept
}

// fields walks over the attributes of a channel and then those of a record.
type fields struct {
	own record.Fields
	at  int
}

func (f *fields) next(attrs []Attr) (record.Field, bool) {
	if out, ok := f.own.Next(); ok {
		return out, true
	}
	if f.at >= len(attrs) {
		return record.Field{}, false
	}
	f.at++
	return attrs[f.at-1].field(), true
}

// shortened returns f with a value of at most so many bytes.
func shortened(f record.Field, value int) record.Field {
	if kind := f.Kind &^ record.Cut; kind >= record.String && kind != record.Group && kind != record.Attachment && len(f.Str) > value {
		f.Str, f.Kind = f.Str[:value], kind|record.Cut
	}
	return f
}

// cutErrors shortens texts and stacks so that all entries together take at most room bytes, and returns what they take.
func cutErrors(errs []record.Error, room int) int {
	n, share := 0, room/max(len(errs), 1)
	for i := range errs {
		e := &errs[i]
		e.PCs = e.PCs[:min(len(e.PCs), share/32)]
		e.Type, _ = text.Trim(e.Type, min(record.MaxType, share/4))
		e.Text, _ = text.Trim(e.Text, max(share-len(e.Type)-8*len(e.PCs)-9, 8))
		n += e.Size()
	}
	return n
}
