package krunk

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/text"
)

// Lines takes records that a logging library has encoded itself, such as JSON, one each: for a bridge to a library that shows its
// fields to nobody before. Get one from Channel.Lines. A nil Lines does nothing.
type Lines struct {
	channel *Channel // as the game has it, for what is read at once
	lined   Channel  // whose records carry the name of the format
	open    func() LineReader
	most    int // bytes of a line that is read later; -1: none is
	size    int // of a record of such a line without it
	loop    loop
}

// LineReader takes a line apart. It must not retain the line, nor change it, nor wait for the client, such as by Client.Flush: the client waits for it. A
// panic of it costs the line, and one where the line is read at once is the caller's. What it logs by Lines itself is read in turn, up to eight lines in
// each other or some thousand in a row; from then on that is history at most, and all message.
type LineReader interface {
	// Read returns what the line says. What is none of its format is all message, so that nothing is lost, and so is a line that Read
	// panics at. It is called once, and what it returns stays valid until Done.
	Read(line string) (message string, attrs []Attr)
	// Done ends the use of the reader.
	Done()
}

// Lines returns what takes lines of a format to the channel. The format's name, of up to 200 bytes, tells this one from others:
// of one name the client keeps the first open. It is called for a reader of one line, by any goroutine and by several at once. Lines allocates:
// call it once, and with a Config.RunFile within a second of Start: what a run left that crashed is read then, and a line of which nobody has brought the
// format, as in a Start that waits for what runs left which died early, is all message.
func (c *Channel) Lines(format string, open func() LineReader) *Lines {
	if c == nil {
		return nil
	}
	name, _ := text.Trim(format, record.MaxKey)
	f := record.Field{Key: name, Kind: record.Line}
	l := &Lines{channel: c, lined: *c, open: open, most: -1}
	lined := &l.lined
	lined.fixed = record.AppendField(append([]byte(nil), c.fixed...), &f)
	if c.nfixed < record.MaxFields {
		lined.nfixed++
		h := record.Head{Type: record.LogType}
		l.size = record.Size(&h, "", 0) + len(lined.fixed)
		// None is cut, also not when it was read: an attribute takes 5 bytes of JSON at least, and then 10 of a record.
		l.most = min(record.MaxValue, (c.owner().maxBody-l.size)/2)
	}
	c.owner().uses.Lines.Add(&recorder.Format{Name: name, Open: l.body})
	return l
}

// Emit takes a record. Most lines are copied as they are, and read where they are needed, by the recorder; one that is raised as an event, or longer
// than 2048 bytes, is read at once. Its time is now. The message holds values: events are grouped by the place that logged. It returns the
// event's id if it was raised as one. The line may be used again when Emit returns. It does not allocate.
func (l *Lines) Emit(level Level, line []byte) EventID {
	if l == nil {
		return EventID{}
	}
	c := &l.lined
	v, ppm := c.gate.Decide(level.clamp()), uint32(gate.Million)
	if v&gate.Draw != 0 {
		v, ppm = c.take(v, level, c.bridgeSite(0))
	}
	if v == 0 {
		return EventID{}
	}
	var r capture
	r.Type, r.Level, r.PPM, r.Flags = record.LogType, int16(level.clamp()), ppm, record.FlagForeign|record.FlagPlain
	if l.loop.asks.Load() && l.loop.here(c.owner()) {
		c.back(v, &r)
		if r.text = view(line); v&gate.Trail != 0 {
			l.channel.note(gate.Trail, &r, nil)
		}
		return EventID{}
	}
	if v&gate.Issue != 0 || len(line) > l.most {
		return l.now(v, &r, line)
	}
	k := blackbox.History
	if v&gate.Send != 0 {
		if o := c.owner(); o.inside() && o.insideHere() {
			c.back(v, &r)
			v &^= gate.Send
		} else {
			k = blackbox.Log
		}
	}
	r.Flags |= record.FlagLine | flags(v)
	r.Channel, r.text = c.index, view(line)
	c.owner().stampNote(&r)
	c.writeLine(k, &r, l.size+len(line))
	return EventID{}
}

// writeLine is write for a line, without what such a record does not have.
func (c *Channel) writeLine(k blackbox.Kind, r *capture, n int) {
	var t writing
	ring := c.owner().ring
	if g := c.owner().guard; g != nil {
		t.was = g.Hold()
	}
	defer t.end(c, r)
	if !ring.ReserveIn(&t.slot, k, n) {
		c.owner().lost(protocol.ReasonQueueOverflow, &r.Head, n)
		if t.done = true; k == blackbox.Log {
			c.back(gate.Send, r)
		}
		return
	}
	t.out.Open(t.slot.Body, &r.Head, r.text, 0)
	t.out.Fields(c.fixed, int(c.nfixed))
	t.out.LeftOut(int(c.left))
	if ring.Commit(&t.slot) {
		if ring.Urgent(&t.slot) {
			c.owner().bell.Call()
		} else {
			c.owner().bell.Ring()
		}
	}
	t.done = true
}

// now reads a line at once.
//
//go:noinline
func (l *Lines) now(v gate.Verdict, base *capture, line []byte) EventID {
	l.loop.begin()
	defer l.loop.end()
	reader := l.open()
	defer reader.Done()
	r := *base
	r.text, r.attrs = l.loop.read(reader, view(line))
	if v&gate.Issue != 0 {
		return l.channel.raise(v, &r, nil)
	}
	l.channel.note(v, &r, nil)
	return EventID{}
}

// body is recorder.Format.Open.
func (l *Lines) body(dst, body []byte) []byte {
	rec, _ := record.Read(body) // who calls has read it
	reader := l.open()
	defer reader.Done()
	ring := l.channel.owner().ring
	from := ring.Head()
	message, attrs := l.loop.read(reader, rec.Text)
	l.loop.round(ring.Head() != from)
	for i := range attrs {
		attrs[i].settle(l.channel.owner(), false)
	}
	h, pcs := rec.Head, rec.PCs(nil)
	h.Flags &^= record.FlagLine
	n, kept, left := record.Size(&h, message, len(pcs)), 0, rec.LeftOut
	all := fields{own: rec.Fields()}
	for f, ok := all.next(attrs); ok; f, ok = all.next(attrs) {
		switch {
		case f.Kind == record.Line:
		case kept == record.MaxFields:
			left++
		default:
			n += f.Size()
			kept++
		}
	}
	if cap(dst) < n {
		dst = make([]byte, n)
	}
	w := record.Begin(dst[:n], &h, message, pcs)
	all = fields{own: rec.Fields()}
	for f, ok := all.next(attrs); ok && kept > 0; f, ok = all.next(attrs) {
		if f.Kind != record.Line {
			w.Field(&f)
			kept--
		}
	}
	w.LeftOut(left)
	return dst[:n]
}
