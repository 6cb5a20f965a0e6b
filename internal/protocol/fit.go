package protocol

import (
	"errors"
	"unicode/utf8"
	"unsafe"
)

// MinFit is the number of bytes into which EventWithin brings any event.
const MinFit = 4096

var errTooLong = errors.New("protocol: the event does not fit, whatever is left out; allow it 4096 bytes")

// EventWithin appends ev as JSON of at most max bytes, and never of more than MaxEvent; it always succeeds for MinFit and more.
// While the event is longer, it gives up what explains least: what is over a limit; frames of the other goroutines, and then these;
// the oldest half of the breadcrumbs, again and again; the middle of the stack; the longest values of contexts; the ends of long texts; inner errors; and at last everything
// that is not required. The context krunk_trimmed says what is gone. All this changes ev. An event that cannot fit is cut
// before it is encoded, and what cannot fit is dropped before its texts are copied, so work and memory depend on MaxEvent,
// not on the event.
func (e *Encoder) EventWithin(dst []byte, ev *Event, max int) ([]byte, error) {
	if ev == nil {
		return dst, errNil
	}
	max = min(max, MaxEvent)
	out, fits, err := e.attempt(dst, ev, max)
	if fits || err != nil {
		return out, err
	}
	return e.fit(out, ev, max)
}

// attempt reports whether ev fits as it is. If not, it returns dst, with the room that was needed.
func (e *Encoder) attempt(dst []byte, ev *Event, max int) (out []byte, fits bool, err error) {
	if max < 0 || ev.least() > uint64(max) {
		return dst, false, nil
	}
	out, err = e.Event(dst, ev)
	if err != nil || len(out)-len(dst) <= max {
		return out, err == nil, err
	}
	return out[:len(dst)], false, nil
}

func (e *Encoder) fit(dst []byte, ev *Event, max int) ([]byte, error) {
	f := fitter{ev: ev}
	for step := range steps {
		for f.step(step) {
			f.note()
			out, fits, err := e.attempt(dst, ev, max)
			if fits || err != nil {
				return out, err
			}
			dst = out
		}
	}
	return dst, errTooLong
}

// fitter takes parts out of an event and counts them.
type fitter struct {
	_                                               [0]func() // no code to compare it
	ev                                              *Event
	limits, crumbs, frames, contexts, texts, errors int
	threads, others                                 int // and frames of theirs
	rest, bare                                      bool
}

const steps = 10

// step gives up one more part, or reports that nothing of it is left. A list of functions would keep the fitter from lying on the stack.
func (f *fitter) step(n int) bool {
	switch n {
	case 0:
		return f.limit()
	case 1:
		return f.thinThreads()
	case 2:
		return f.dropThreads()
	case 3:
		return f.halveCrumbs()
	case 4:
		return f.dropFrames()
	case 5:
		return f.shrinkContexts()
	case 6:
		return f.cutTexts()
	case 7:
		return f.dropErrors()
	case 8:
		return f.dropRest()
	}
	return f.strip()
}

func (f *fitter) limit() bool {
	n := f.surplus() + f.ev.Trim()
	f.limits += n
	return n > 0
}

// thinThreads leaves the innermost frames of each goroutine, and then none.
func (f *fitter) thinThreads() bool {
	const keep = 10
	t, n := f.ev.Threads, 0
	if t == nil {
		return false
	}
	for max := keep; n == 0 && max >= 0; max -= keep {
		for i := range t.Values {
			n += t.Values[i].Stacktrace.keep(0, max)
		}
	}
	f.others += n
	return n > 0
}

// dropThreads leaves those of whom the event is.
func (f *fitter) dropThreads() bool {
	t, n := f.ev.Threads, 0
	if t == nil {
		return false
	}
	left := t.Values[:0]
	for _, v := range t.Values {
		if v.Crashed || v.Current {
			left = append(left, v)
		} else {
			n++
		}
	}
	clear(t.Values[len(left):])
	t.Values = left
	f.threads += n
	return n > 0
}

func (f *fitter) halveCrumbs() bool {
	n := len(f.ev.Breadcrumbs)
	f.dropCrumbs((n + 1) / 2)
	return n > 0
}

// dropCrumbs takes the oldest n out. Their owner fills the list again, so its beginning stays.
func (f *fitter) dropCrumbs(n int) {
	b := f.ev.Breadcrumbs
	f.crumbs += n
	left := copy(b, b[n:])
	clear(b[left:])
	f.ev.Breadcrumbs = b[:left]
}

func (f *fitter) dropFrames() bool {
	n := f.keepFrames(10, 50)
	f.frames += n
	return n > 0
}

func (f *fitter) keepFrames(first, max int) (n int) {
	if f.ev.Exception == nil {
		return 0
	}
	for i := range f.ev.Exception.Values {
		n += f.ev.Exception.Values[i].Stacktrace.keep(first, max)
	}
	return n
}

func (f *fitter) shrinkContexts() bool {
	const keep = 1024
	var t trimmer
	t.contexts(f.ev.Contexts, keep)
	f.contexts += t.cut
	return t.cut > 0
}

// keepContexts leaves those of these names that are no longer than max, and what note says.
//
//go:noinline
func (f *fitter) keepContexts(max int, names ...string) {
	list := f.ev.Contexts
	kept := list[:0]
	for i := range list {
		c := list[i]
		list[i] = Context{}
		keep := c.Name == trimmed
		for _, name := range names {
			keep = keep || c.Name == name && len(c.Fields) <= max
		}
		if keep {
			kept = append(kept, c)
		}
	}
	f.contexts += len(list) - len(kept)
	f.ev.Contexts = kept
}

func (f *fitter) cutTexts() bool {
	const keep = 1024
	var t trimmer
	if e := f.ev.LogEntry; e != nil {
		t.text(&e.Message, keep)
	}
	if f.ev.Exception != nil {
		for i := range f.ev.Exception.Values {
			t.text(&f.ev.Exception.Values[i].Value, keep)
		}
	}
	f.texts += t.cut
	return t.cut > 0
}

func (f *fitter) dropErrors() bool {
	n := f.keepErrors(5)
	f.errors += n
	return n > 0
}

// keepErrors leaves the outermost errors, which are the last ones of the list.
//
//go:noinline
func (f *fitter) keepErrors(max int) int {
	x := f.ev.Exception
	if x == nil || len(x.Values) <= max {
		return 0
	}
	n := len(x.Values) - max
	copy(x.Values, x.Values[n:])
	clear(x.Values[max:])
	x.Values = x.Values[:max]
	return n
}

const trimmed = "krunk_trimmed"

// note writes down what is gone.
func (f *fitter) note() {
	o := Open(nil)
	o.number("limits", f.limits)
	o.number("thread_frames", f.others)
	o.number("threads", f.threads)
	o.number("breadcrumbs", f.crumbs)
	o.number("frames", f.frames)
	o.number("contexts", f.contexts)
	o.number("messages", f.texts)
	o.number("exceptions", f.errors)
	o.Flag("rest", f.rest)
	fields := o.Close()
	if n := len(f.ev.Contexts); n > 0 && f.ev.Contexts[n-1].Name == trimmed {
		f.ev.Contexts[n-1].Fields = fields
		return
	}
	f.ev.AddContext(trimmed, fields)
}

// least returns the bytes that ev takes when encoded, at the least: those of its texts and of what stands around each element
// of a list. White space in a Raw counts, though it is not sent.
func (ev *Event) least() uint64 {
	var n size
	ev.visit(n.member)
	for i := range ev.Tags {
		n += size(len(`"":""`) + len(ev.Tags[i].Key) + len(ev.Tags[i].Value))
	}
	for i := range ev.Contexts {
		n += size(len(`"":`) + len(ev.Contexts[i].Name) + len(ev.Contexts[i].Fields))
	}
	for _, c := range ev.Breadcrumbs {
		n += size(len(c) + len(`,`))
	}
	return uint64(n)
}

// size is 64 bits wide everywhere: one long text may be named many times.
type size uint64

func (n *size) member(m *member, at unsafe.Pointer) {
	switch m.kind {
	case texts, mustTexts, lines, raws:
		*n += size(length(at))
	case lists:
		for _, s := range *(*[]string)(at) {
			*n += size(len(`""`) + len(s))
		}
	case many:
		*n += size(length(at)) * size(m.of.least)
	}
}

// encodedLen returns how many bytes of a JSON string the character at the start of s takes, and its own.
func encodedLen(s string) (encoded, n int) {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == '"' || r == '\\' || r >= '\b' && r <= '\r' && r != '\v':
		return 2, n
	case r < ' ' || r == utf8.RuneError && n == 1 || r == '\u2028' || r == '\u2029':
		return 6, n
	}
	return n, n
}
