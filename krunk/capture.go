package krunk

import (
	"math/bits"
	"runtime"
	"time"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/walk"
)

// Every record takes the same way: the gate decides what becomes of it (take), an issue gets its stack (raise), asks whether
// its kind may be raised again and gets an id (raised), and put copies it into the black box.

// capture is what a call wants to say. It lies on that call's stack; a function that adds a slice of an array of its own, such as
// a stack that was taken by runtime.Callers, hands on a copy, as the array would move to the heap if a caller's capture held it. The
// error or panic and what is made of it are handed on beside it for the same reason: its methods, which may keep what they get, are
// called when it is sure that it is wanted.
type capture struct {
	record.Head
	text  string
	attrs []Attr
	mark  walk.Mark // the stack, which is walked once more, into the black box
	pcs   []uintptr // or this, where the chain of frame pointers is not whole
	site  uintptr   // call site that a bridge named, or 0
	dated bool      // Time came from a bridge
	last  bool      // a panic that is about to end the program
	left  int       // attributes that were too many
}

// self is what a walk leaves out of a stack: itself. Krunk's own frames are cut by who reads the stack, from what the
// functions are called. Only siteKey has to know how many there are.
const self = 1

// fewPCs is how many return addresses runtime.Callers takes at first: an array of MaxPCs costs a microsecond to clear.
const fewPCs = 64

// Report raises err as an event with its chain of wrapped and joined errors and the caller's stack, and returns the event's
// id; its SupportCode is what a player reads out to support. The zero EventID means that there is no event: err is nil, the
// channel's issue threshold is above LevelError or a policy keeps this client silent, and then err is a breadcrumb if the trail
// threshold lets it; or the black box was full, which is counted before anything else is asked. Over Config.MaxRepeats
// it returns the id of the event of the same kind that was raised before. While a policy raises one kind of issue it is known only later which
// events go: then an id may be returned under which nothing arrives, as where a kind is muted. It never blocks and does not allocate, apart from what
// err.Error, Unwrap and the like do themselves.
//
//go:noinline
func (c *Channel) Report(err error, attrs ...Attr) EventID {
	v, ppm := c.decideError(err)
	if v&gate.Issue == 0 {
		if v == 0 {
			return EventID{}
		}
		return c.unraised(v, ppm, err, attrs)
	}
	var r capture
	r.Type, r.Level, r.PPM, r.attrs = record.ErrorType, int16(LevelError), ppm, attrs
	if !c.owner().measure(&r) {
		return c.raiseCalled(v, &r, err)
	}
	return c.raised(v, &r, err)
}

// Report raises err as an event on the client's own channel, "default"; see Channel.Report.
//
//go:noinline
func (c *Client) Report(err error, attrs ...Attr) EventID {
	own := c.main()
	v, ppm := own.decideError(err)
	if v&gate.Issue == 0 {
		if v == 0 {
			return EventID{}
		}
		return own.unraised(v, ppm, err, attrs)
	}
	var r capture
	r.Type, r.Level, r.PPM, r.attrs = record.ErrorType, int16(LevelError), ppm, attrs
	if !own.owner().measure(&r) {
		return own.raiseCalled(v, &r, err)
	}
	return own.raised(v, &r, err)
}

//go:noinline
func (c *Channel) decideError(err error) (gate.Verdict, uint32) {
	if c == nil || err == nil {
		return 0, 0
	}
	v, ppm := c.gate.Error(), uint32(gate.Million)
	if v&gate.Issue == 0 {
		c.refuse()
		return v, ppm
	}
	if v&gate.Draw != 0 {
		v, ppm = c.take(v, LevelError, 0)
	}
	if v&gate.Issue != 0 && c.full(blackbox.Event, LevelError) {
		c.state.Return(v, gate.LevelError, ppm)
		return 0, 0
	}
	return v, ppm
}

// full reports whether the black box refuses an event before its stack is taken, and counts it. What is to be sent as a log record
// as well is not asked for, as its bytes are counted; nor is what a transport of the game's raises: that is no event.
func (c *Channel) full(k blackbox.Kind, level Level) bool {
	if !c.owner().ring.Full(k) || c.owner().inside() && c.owner().insideHere() {
		return false
	}
	if level >= LevelError {
		c.owner().failed(1)
	}
	c.owner().lost(protocol.ReasonQueueOverflow, &record.Head{Flags: record.FlagID}, 0)
	return true
}

//go:noinline
func (c *Channel) unraised(v gate.Verdict, ppm uint32, err error, attrs []Attr) EventID {
	var r capture
	r.Type, r.Level, r.PPM, r.attrs = record.ErrorType, int16(LevelError), ppm, attrs
	c.note(v, &r, err)
	return EventID{}
}

// Entry is a record that comes through a bridge from another logging library.
type Entry struct {
	Level   Level
	Message string
	Attrs   []Attr
	Time    time.Time // when it was made; zero: now
	PC      uintptr   // return address of the call site or, as runtime.Frame has it, one less; 0 if only the stack tells
	Plain   bool      // Message holds values and is no template: events are grouped by call site alone
}

// Emit takes a record from a bridge, such as package krunkslog. Without a PC the frames of the bridge and of the logging library
// above the call site are cut off along with Krunk's own. A Time that has not come yet counts as now, and one that is older than
// servers keep as 89 days ago; both are marked (time_cut). It returns the event's id if the record was raised as an event. It does
// not allocate.
func (c *Channel) Emit(e Entry) EventID { return c.emit(&e) }

// emit is Emit where that is inlined: an Entry that is handed on by value is copied in pairs of words, which the processor waits for.
//
//go:noinline
func (c *Channel) emit(e *Entry) EventID {
	if c == nil {
		return EventID{}
	}
	v, ppm := c.gate.Decide(e.Level.clamp()), uint32(gate.Million)
	if v&gate.Draw != 0 {
		v, ppm = c.take(v, e.Level, c.bridgeSite(e.PC))
	}
	if v == 0 {
		return EventID{}
	}
	var r capture
	r.Type, r.Level, r.PPM, r.Flags = record.LogType, int16(e.Level.clamp()), ppm, record.FlagForeign
	r.text, r.attrs, r.site = e.Message, e.Attrs, e.PC
	if e.PC != 0 {
		r.Flags |= record.FlagSite
	}
	if !e.Time.IsZero() {
		r.madeAt(e.Time.Sub(c.owner().start))
	}
	if e.Plain {
		r.Flags |= record.FlagPlain
	}
	if v&gate.Issue != 0 {
		return c.raise(v, &r, nil)
	}
	c.note(v, &r, nil)
	return EventID{}
}

// log takes a record that is wanted for something.
func (c *Channel) log(level Level, msg string, attrs []Attr) {
	v, ppm := c.gate.Decide(level.clamp()), uint32(gate.Million)
	if v&gate.Draw != 0 {
		v, ppm = c.take(v, level, 0)
	}
	if v == 0 {
		return
	}
	var r capture // a literal would be made elsewhere and copied: 10 ns
	r.Type, r.Level, r.PPM, r.text, r.attrs = record.LogType, int16(level.clamp()), ppm, msg, attrs
	if v&gate.Issue != 0 {
		c.raise(v, &r, nil)
		return
	}
	c.note(v, &r, nil)
}

// take returns what becomes of a record that is drawn, and its share: for how many it stands.
//
//go:noinline
func (c *Channel) take(v gate.Verdict, level Level, site uintptr) (gate.Verdict, uint32) {
	key := uint64(site)
	if key == 0 && c.state.WantsKey() {
		key = siteKey()
	}
	taken, ppm := c.state.Take(v, level.clamp(), key)
	if v&^taken&gate.Issue != 0 && level >= LevelError {
		c.owner().failed(1)
	}
	return taken, ppm
}

// raise takes the stack of an issue, unless the black box is full.
//
//go:noinline
func (c *Channel) raise(v gate.Verdict, r *capture, cause any) EventID {
	if v&gate.Send == 0 && r.Type != record.PanicType && c.full(r.importance(), Level(r.Level)) {
		c.back(v, r)
		return EventID{}
	}
	// Where calls were inlined only runtime.Callers tells their addresses apart, as the site's does that a bridge named.
	if r.site != 0 || !c.owner().measure(r) {
		return c.raiseCalled(v, r, cause)
	}
	return c.raised(v, r, cause)
}

// measure looks at the stack from the call of its caller's caller on, and reports false where runtime.Callers is to be asked. What it notes
// holds until its caller returns.
func (c *Client) measure(r *capture) (ok bool) {
	if r.mark, ok = c.walker.Measure(record.MaxPCs); r.mark.N == record.MaxPCs {
		r.Flags |= record.FlagStack
	}
	return ok
}

// raiseCalled takes a stack by runtime.Callers.
//
//go:noinline
func (c *Channel) raiseCalled(v gate.Verdict, base *capture, cause any) EventID {
	if c.owner().deep.Load() {
		return c.raiseDeep(v, base, cause)
	}
	var pcs [fewPCs]uintptr
	n := runtime.Callers(self, pcs[:])
	if n == len(pcs) {
		c.owner().deep.Store(true)
		return c.raiseDeep(v, base, cause)
	}
	return c.raisedFrom(v, base, cause, pcs[:n])
}

// raiseDeep takes a stack again that filled the small array, or at once where the one before did.
//
//go:noinline
func (c *Channel) raiseDeep(v gate.Verdict, base *capture, cause any) EventID {
	var pcs [record.MaxPCs]uintptr
	n := runtime.Callers(self, pcs[:])
	if n < fewPCs {
		c.owner().deep.Store(false)
	}
	if n == len(pcs) {
		base.Flags |= record.FlagStack
		if base.Type == record.PanicType {
			outermost(pcs[:])
		}
	}
	return c.raisedFrom(v, base, cause, pcs[:n])
}

// raisedFrom is raised for a stack of runtime.Callers.
func (c *Channel) raisedFrom(v gate.Verdict, base *capture, cause any, pcs []uintptr) EventID {
	r := *base
	r.mark, r.pcs = walk.Mark{}, pcs
	if r.site != 0 {
		if r.pcs = from(r.site, pcs); len(r.pcs) < len(pcs) {
			r.Flags &^= record.FlagForeign // no frame of a logger is left in front of the place
		}
	}
	return c.raised(v, &r, cause)
}

// outermost puts the outermost calls in the place of the last fifth of a stack that was deeper than pcs: where an endless
// recursion was entered says more than one of its calls more. It finds the end by halving, each try walks the stack. Like what it
// is called by, it is called by raiseDeep alone.
//
//go:noinline
func outermost(pcs []uintptr) {
	const skip = self + 1
	var one [1]uintptr
	end := len(pcs) - 1
	for runtime.Callers(skip+2*end, one[:]) > 0 {
		if end *= 2; end > 1<<16 {
			return // each try would take milliseconds
		}
	}
	for beyond := 2 * end; beyond-end > 1; {
		if mid := (end + beyond) / 2; runtime.Callers(skip+mid, one[:]) > 0 {
			end = mid
		} else {
			beyond = mid
		}
	}
	outer := pcs[len(pcs)-len(pcs)/5:]
	runtime.Callers(skip+end+1-len(outer), outer)
}

// raised makes an event of a capture unless there were enough of its kind. Of a log record that is not raised again remains what
// is sent as a log record. An event of a log record tells the chain of the first error among its attributes, or else among those of With; most errors wrap
// nothing and need no room for a chain.
func (c *Channel) raised(v gate.Verdict, r *capture, cause any) EventID {
	if c.owner().inside() && c.owner().insideOf(r.pcs) {
		return c.demote(v, r, cause)
	}
	c.owner().parts.glean()
	if Level(r.Level) >= LevelError && (v&gate.Outside == 0 || r.Type == record.ErrorType) { // what counts where no kind is in doubt
		c.owner().failed(1)
	}
	now := c.owner().stamp(r)
	table, kind := c.owner().repeats.of(r.Type), r.kind(cause)
	pass, ok := table.Pass(kind, now)
	if !ok {
		if v&gate.Doubt == 0 {
			c.back(v&^gate.Send, r) // as a log record it goes on to stand for them
		} else if v&gate.Outside != 0 {
			table.Quiet()
		}
		if v&gate.Send != 0 {
			c.keep(v&^(gate.Issue|gate.Trail), r, nil)
		}
		return c.owner().last(table.Last(kind, pass))
	}
	r.Flags |= record.FlagID | flags(v)
	r.Suppressed, r.Place = pass.Suppressed, pass.Place
	n := c.owner().ids.Take(&r.ID)
	switch err := c.failure(r, cause); {
	case r.Type == record.PanicType || err != nil && c.owner().repeats.wraps(err):
		ok = c.putChain(r.importance(), r, cause, err)
	case err != nil:
		var one [1]record.Error
		one[0].Type, one[0].Text = c.owner().repeats.types.of(err), errorText(err)
		ok = c.put(r.importance(), r, one[:])
	default:
		ok = c.put(r.importance(), r, nil)
	}
	if !ok {
		c.back(v, r)
		table.Back(pass)
		return EventID{}
	}
	table.Raised(kind, pass, n)
	return r.ID
}

// last returns the id of the event with that number; 0 is none.
//
//go:noinline
func (c *Client) last(n uint64) (id EventID) {
	if n > 0 {
		c.ids.At((*[16]byte)(&id), n)
	}
	return id
}

// failure returns the error that an event is about, or nil.
func (c *Channel) failure(r *capture, cause any) error {
	if r.Type != record.LogType {
		err, _ := cause.(error)
		return err
	}
	for i := range r.attrs {
		if err := r.attrs[i].failure(); err != nil {
			return err
		}
	}
	return c.cause
}

// importance of an event. The recorder tells crashes from log records of that level.
func (r *capture) importance() blackbox.Kind {
	if Level(r.Level) >= LevelFatal {
		return blackbox.Fatal
	}
	return blackbox.Event
}

//go:noinline
func (c *Channel) putChain(k blackbox.Kind, r *capture, cause any, err error) bool {
	errs := chain{types: &c.owner().repeats.types}
	if r.Type == record.PanicType {
		r.Gid = c.owner().header.goroutine()
		errs.panicValue(cause)
		if r.last && k != blackbox.History && c.owner().diary != nil {
			c.owner().diary.Dooms(r.ID, r.Gid, c.owner().now())
		}
	} else {
		errs.walk(err, -1, 0)
	}
	list := errs.list(&r.Head)
	if k == blackbox.History {
		r.Type = record.ErrorType // a breadcrumb like any other
	}
	return c.put(k, r, list)
}

// note keeps a record that is no event: as history, so that a crash still shows what came before it, or as a log record.
//
//go:noinline
func (c *Channel) note(v gate.Verdict, r *capture, err error) {
	if v&gate.Send != 0 && c.owner().inside() && c.owner().insideHere() {
		c.back(v, r)
		v &^= gate.Send
	}
	c.owner().stampNote(r)
	c.keep(v, r, err)
}

// keep is note for what was stamped.
func (c *Channel) keep(v gate.Verdict, r *capture, err error) {
	r.Flags |= flags(v)
	k := blackbox.History
	if v&gate.Send != 0 {
		k = blackbox.Log
	}
	if r.mark.N|len(r.pcs) != 0 {
		r.mark.N, r.pcs = 0, nil // of the stack the call site is enough
	}
	var ok bool
	if err != nil {
		ok = c.keepError(k, r, err)
	} else {
		ok = c.put(k, r, nil)
	}
	if !ok && k == blackbox.Log {
		c.back(gate.Send, r)
	}
}

// back gives back what a record that is lost was to stand for beside itself. A panic passes no rate.
//
//go:noinline
func (c *Channel) back(v gate.Verdict, r *capture) {
	if r.Type != record.PanicType {
		c.state.Return(v, Level(r.Level).clamp(), r.PPM)
	}
}

//go:noinline
func (c *Channel) keepError(k blackbox.Kind, r *capture, err error) bool {
	return c.put(k, r, []record.Error{{Type: c.owner().repeats.types.of(err), Text: errorText(err)}})
}

// depth returns how many return addresses the stack has. The call site that a bridge named is one where there is no other.
func (r *capture) depth() int {
	n := r.mark.N + len(r.pcs)
	if n == 0 && r.site != 0 {
		n = 1
	}
	return n
}

// from returns the stack from the call site on that the bridge named, if it did: what lies between, such as another handler of
// the game's, is not the place that logged. A site that is not on this stack, since the library logs in the background, is all
// that there is to tell.
func from(site uintptr, pcs []uintptr) []uintptr {
	for i, pc := range pcs {
		if pc == site || pc == site+1 {
			return pcs[i:]
		}
	}
	pc := [1]uintptr{site + 1} // as a return address
	if f, _ := runtime.CallersFrames(pc[:]).Next(); f.PC == 0 {
		return pcs // no address of this program
	}
	return append(pcs[:0], site)
}

// kind returns a hash of what makes two events the same: their stack, and the type of an error or a panic. The text of a log
// record is no part of it, as one that was made by Sprintf is another one each time.
func (r *capture) kind(cause any) uint64 {
	const m = 0x9e3779b97f4a7c15
	h := uint64(r.Type) ^ uint64(typeWord(cause)) ^ r.mark.Kind
	pcs, g := r.pcs, uint64(len(r.pcs))
	for ; len(pcs) >= 2; pcs = pcs[2:] { // in two lanes, as a multiplication takes longer than all else here
		h = bits.RotateLeft64((h^uint64(pcs[0]))*m, 29)
		g = bits.RotateLeft64((g^uint64(pcs[1]))*m, 31)
	}
	if len(pcs) == 1 {
		g = bits.RotateLeft64((g^uint64(pcs[0]))*m, 31)
	}
	if len(r.pcs) > 0 {
		h ^= g * m
	}
	for i := range r.attrs {
		if g := r.attrs[i].group(); g != "" {
			for j := range len(g) {
				h = (h ^ uint64(g[j])) * m
			}
		}
	}
	h *= m
	return h ^ h>>32
}

// typeWord returns the word of an interface value that tells its dynamic type.
func typeWord(v any) uintptr { return *(*uintptr)(unsafe.Pointer(&v)) }

// maxAway is how far from the start of the run a bridge's time may be, as nanoseconds hold 292 years. The recorder bounds it to what
// servers keep.
const maxAway = 100 * 365 * 24 * time.Hour

// madeAt notes a time that a bridge brought along, counted from the start of the run.
func (r *capture) madeAt(since time.Duration) {
	r.Time = int64(min(max(since, -maxAway), maxAway))
	r.dated = true
	if r.Time != int64(since) {
		r.Flags |= record.FlagTime
	}
}

func flags(v gate.Verdict) uint16 {
	var f uint16
	if v&(gate.Issue|gate.Doubt) == gate.Issue|gate.Doubt {
		f = record.FlagDoubt | uint16(v&gate.Drawn)*(record.FlagDrawn/uint16(gate.Drawn))
		v &^= gate.Issue
	}
	if v&gate.Trail != 0 && v&gate.Issue == 0 {
		f |= record.FlagTrail
	}
	if v&gate.Send != 0 {
		f |= record.FlagSend
	}
	return f
}
