package krunk

import (
	"runtime"
	"slices"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/sampling"
)

// Report raises err as an event with its chain of wrapped and joined errors and the caller's stack, and returns the event's
// id; Short of that is what a player can read to support. The zero EventID means that nothing was captured: err is nil, the
// channel's issue threshold is above LevelError, or the black box was full, which is counted. It never blocks and does not
// allocate, apart from what err.Error and its kin do themselves.
//
//go:noinline
func (c *Channel) Report(err error, attrs ...Attr) EventID {
	// The stack is taken here, from the only frame of Krunk's, before anything else and with nothing inlined above it: each
	// further frame would be walked too, and the runtime decodes a function's tables from its entry to the call.
	if err == nil || !c.raisesErrors() {
		return c.reportSampled(err, attrs)
	}
	var pcs [fewPCs]uintptr
	n := runtime.Callers(2, pcs[:])
	return c.reported(err, attrs, sampling.Million, pcs[:n])
}

//go:noinline
func (c *Channel) raisesErrors() bool { return c != nil && c.gate.RaisesErrors() }

// Report raises err as an event on the client's own channel, "default"; see Channel.Report.
func (c *Client) Report(err error, attrs ...Attr) EventID {
	if c == nil {
		return EventID{}
	}
	return c.own.Report(err, attrs...)
}

// reportSampled asks the policy before it takes the stack.
//
//go:noinline
func (c *Channel) reportSampled(err error, attrs []Attr) EventID {
	if c == nil || err == nil {
		return EventID{}
	}
	v, ppm := c.gate.Decide(sampling.LevelError), uint32(sampling.Million)
	if v&sampling.Draw != 0 {
		v, ppm = c.state.Take(v&^sampling.Send, fingerprint(typeName(err)))
	}
	if v&sampling.Issue == 0 {
		return EventID{}
	}
	var pcs [fewPCs]uintptr
	n := runtime.Callers(3, pcs[:])
	return c.reported(err, attrs, ppm, pcs[:n])
}

// reported is what is left to do for an error whose stack was taken. Most errors wrap nothing and need no room for a chain.
//
//go:noinline
func (c *Channel) reported(err error, attrs []Attr, ppm uint32, pcs []uintptr) EventID {
	h := c.head(record.ErrorType, LevelError)
	h.PPM = ppm
	if wraps(err) {
		return c.reportedChain(err, attrs, &h, pcs)
	}
	one := [1]record.Error{{Type: typeName(err), Text: errorText(err)}}
	return c.identified(blackbox.Event, &h, "", pcs, one[:], attrs)
}

//go:noinline
func (c *Channel) reportedChain(err error, attrs []Attr, h *record.Head, pcs []uintptr) EventID {
	var errs chain
	errs.walk(err, -1, 0)
	return c.identified(blackbox.Event, h, "", pcs, errs.list(h), attrs)
}

// Entry is a record that comes through a bridge from another logging library.
type Entry struct {
	Level   Level
	Message string
	Attrs   []Attr
	Time    time.Time // when it was made; zero: now
	PC      uintptr   // return address of the call site, 0 if only the stack tells
	Plain   bool      // Message holds values and is no template: events are grouped by call site alone
}

// Emit takes a record from a bridge, such as package krunkslog. Frames of log and log/slog above the call site are cut off
// along with Krunk's own. It returns the event's id if the record was raised as an event.
func (c *Channel) Emit(e Entry) EventID {
	if !c.Enabled(e.Level) {
		return EventID{}
	}
	v, ppm := c.decide(e.Level, e.Message)
	if v == 0 {
		return EventID{}
	}
	h := c.head(record.LogType, e.Level)
	h.PPM = ppm
	h.Flags |= record.FlagForeign | flags(v)
	if !e.Time.IsZero() {
		h.Time = int64(e.Time.Sub(c.client.start))
	}
	if e.Plain {
		h.Flags |= record.FlagPlain
	}
	if v&sampling.Issue != 0 {
		return c.bridged(e.PC, kindOf(v, e.Level), &h, e.Message, e.Attrs)
	}
	site := [1]uintptr{e.PC}
	pcs := site[:]
	if e.PC == 0 {
		pcs = nil
	}
	c.put(kindOf(v, e.Level), &h, e.Message, pcs, nil, e.Attrs)
	return EventID{}
}

// log takes a record that is wanted for something.
func (c *Channel) log(level Level, msg string, attrs []Attr) {
	v, ppm := c.decide(level, msg)
	if v == 0 {
		return
	}
	h := c.head(record.LogType, level)
	h.PPM = ppm
	h.Flags = flags(v)
	if v&sampling.Issue != 0 {
		c.issue(v, level, &h, msg, attrs)
		return
	}
	c.put(kindOf(v, level), &h, msg, nil, nil, attrs)
}

// issue is apart from log so that a plain record does not pay for the stack's array.
//
//go:noinline
func (c *Channel) issue(v sampling.Verdict, level Level, h *record.Head, msg string, attrs []Attr) {
	c.event(5, kindOf(v, level), h, msg, nil, attrs)
}

// fewPCs is how many return addresses are taken at first: an array of MaxPCs costs a microsecond to clear.
const fewPCs = 64

// event takes the stack, skipping frames of Krunk that are always there; the recorder cuts the rest of them.
//
//go:noinline
func (c *Channel) event(skip int, k blackbox.Kind, h *record.Head, text string, errs []record.Error, attrs []Attr) EventID {
	var pcs [fewPCs]uintptr
	return c.identified(k, h, text, pcs[:runtime.Callers(skip, pcs[:])], errs, attrs)
}

// bridged takes the stack from the call site on that the bridge named: what lies between, such as another handler of the
// game's, is not the place that logged.
//
//go:noinline
func (c *Channel) bridged(site uintptr, k blackbox.Kind, h *record.Head, text string, attrs []Attr) EventID {
	var pcs [record.MaxPCs]uintptr
	stack := pcs[:runtime.Callers(3, pcs[:])]
	if len(stack) == len(pcs) {
		h.Flags |= record.FlagStack
	}
	if i := slices.Index(stack, site); i >= 0 {
		stack = stack[i:]
	}
	return c.withID(k, h, text, stack, nil, attrs)
}

// identified gives the event its id and puts it into the black box. A stack that filled the small array is taken again.
func (c *Channel) identified(k blackbox.Kind, h *record.Head, text string, pcs []uintptr, errs []record.Error, attrs []Attr) EventID {
	if len(pcs) == fewPCs {
		return c.deepEvent(k, h, text, errs, attrs)
	}
	return c.withID(k, h, text, pcs, errs, attrs)
}

//go:noinline
func (c *Channel) deepEvent(k blackbox.Kind, h *record.Head, text string, errs []record.Error, attrs []Attr) EventID {
	var pcs [record.MaxPCs]uintptr
	n := runtime.Callers(2, pcs[:])
	if n == len(pcs) {
		h.Flags |= record.FlagStack
	}
	return c.withID(k, h, text, pcs[:n], errs, attrs)
}

func (c *Channel) withID(k blackbox.Kind, h *record.Head, text string, pcs []uintptr, errs []record.Error, attrs []Attr) EventID {
	h.Flags |= record.FlagID
	h.ID = c.client.ids.Take()
	if !c.put(k, h, text, pcs, errs, attrs) {
		return EventID{}
	}
	return h.ID
}

// head returns the stamped beginning of a record.
func (c *Channel) head(t record.Type, level Level) record.Head {
	h := record.Head{Type: t, Level: int16(level.clamp()), Channel: c.index, PPM: 1_000_000}
	c.client.stamp(&h)
	return h
}

// decide settles what becomes of a record and with which probability one like it is kept.
func (c *Channel) decide(level Level, text string) (sampling.Verdict, uint32) {
	v := c.gate.Decide(level.clamp())
	if v&sampling.Draw == 0 {
		return v, sampling.Million
	}
	return c.state.Take(v, fingerprint(text))
}

// fingerprint tells kinds of records apart for the policy's "first": by where the text lies, which costs nothing and is the
// same for every record of one call site.
func fingerprint(text string) uint64 {
	return uint64(uintptr(unsafe.Pointer(unsafe.StringData(text))))*31 + uint64(len(text))
}

func flags(v sampling.Verdict) uint8 {
	var f uint8
	if v&sampling.Trail != 0 && v&sampling.Issue == 0 {
		f |= record.FlagTrail
	}
	if v&sampling.Send != 0 {
		f |= record.FlagSend
	}
	return f
}

func kindOf(v sampling.Verdict, level Level) blackbox.Kind {
	switch {
	case v&sampling.Issue != 0 && level >= LevelFatal:
		return blackbox.Fatal
	case v&sampling.Issue != 0:
		return blackbox.Event
	case v&sampling.Send != 0:
		return blackbox.Log
	}
	return blackbox.History
}

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
		c.client.lost(h, n)
		return false
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
		e.Type, _ = protocol.Trim(e.Type, min(record.MaxType, share/4))
		e.Text, _ = protocol.Trim(e.Text, max(share-len(e.Type)-8, 8))
		n += e.Size()
	}
	return n
}
