package krunk

import (
	"runtime"
	"slices"
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/record"
)

// Report raises err as an event with its chain of wrapped and joined errors and the caller's stack, and returns the event's
// id; its SupportCode is what a player reads out to support. The zero EventID means that there is no event: err is nil, the
// channel's issue threshold is above LevelError or a policy keeps this client silent, and then err is a breadcrumb if the trail
// threshold lets it; or the black box was full, which is counted. It never blocks and does not allocate, apart from what
// err.Error, Unwrap and the like do themselves.
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
	return c.reported(err, attrs, gate.Million, pcs[:n])
}

//go:noinline
func (c *Channel) raisesErrors() bool { return c != nil && c.gate.RaisesErrors() }

// Report raises err as an event on the client's own channel, "default"; see Channel.Report.
func (c *Client) Report(err error, attrs ...Attr) EventID {
	if c == nil {
		return EventID{}
	}
	return c.direct.Report(err, attrs...)
}

// reportSampled asks the policy before it takes the stack.
//
//go:noinline
func (c *Channel) reportSampled(err error, attrs []Attr) EventID {
	if c == nil || err == nil {
		return EventID{}
	}
	v, ppm := c.gate.Decide(gate.LevelError), uint32(gate.Million)
	if v&gate.Issue == 0 {
		c.refuse()
	} else if v&gate.Draw != 0 {
		v, ppm = c.state.Take(v&^gate.Send, c.site())
	}
	if v&gate.Issue == 0 {
		if v&gate.Trail != 0 {
			c.crumb(err, attrs)
		}
		return EventID{}
	}
	var pcs [fewPCs]uintptr
	n := runtime.Callers(3, pcs[:])
	return c.reported(err, attrs, ppm, pcs[:n])
}

// crumb keeps an error that is not sent as history, so that a crash still shows what came before it.
//
//go:noinline
func (c *Channel) crumb(err error, attrs []Attr) {
	h := c.head(record.ErrorType, LevelError)
	h.Flags = record.FlagTrail
	one := [1]record.Error{{Type: typeName(err), Text: errorText(err)}}
	c.put(blackbox.History, &h, "", nil, one[:], attrs)
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
	v, ppm := c.gate.Decide(e.Level.clamp()), uint32(gate.Million)
	if v&gate.Draw != 0 {
		v, ppm = c.state.Take(v, c.bridgeSite(e.PC))
	}
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
	if v&gate.Issue != 0 {
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
	v, ppm := c.gate.Decide(level.clamp()), uint32(gate.Million)
	if v&gate.Draw != 0 {
		v, ppm = c.state.Take(v, c.site())
	}
	if v == 0 {
		return
	}
	h := c.head(record.LogType, level)
	h.PPM = ppm
	h.Flags = flags(v)
	if v&gate.Issue != 0 {
		c.issue(v, level, &h, msg, attrs)
		return
	}
	c.put(kindOf(v, level), &h, msg, nil, nil, attrs)
}

// issue is apart from log so that a plain record does not pay for the stack's array.
//
//go:noinline
func (c *Channel) issue(v gate.Verdict, level Level, h *record.Head, msg string, attrs []Attr) {
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

func flags(v gate.Verdict) uint16 {
	var f uint16
	if v&gate.Trail != 0 && v&gate.Issue == 0 {
		f |= record.FlagTrail
	}
	if v&gate.Send != 0 {
		f |= record.FlagSend
	}
	return f
}

func kindOf(v gate.Verdict, level Level) blackbox.Kind {
	switch {
	case v&gate.Issue != 0 && level >= LevelFatal:
		return blackbox.Fatal
	case v&gate.Issue != 0:
		return blackbox.Event
	case v&gate.Send != 0:
		return blackbox.Log
	}
	return blackbox.History
}
