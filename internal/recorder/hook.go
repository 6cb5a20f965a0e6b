package recorder

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// Hook is code of the game's that looks at each event before it is encoded. Recorders of dead runs share it with that of the one that lives: it is
// called by one of them at a time. It is functions alone, so that what they take is linked, with all types, by who makes one.
type Hook struct {
	_      [0]func() // no code to compare it
	look   func(e *events, id [16]byte, level int16, what record.Type) (send bool)
	leaves func(e *events, id [16]byte) (text string, ok bool) // whether an event leaves a breadcrumb, and what it says if that was changed

	// Told returns the nanoseconds that it took so far, and what was wrong with it first, "" if nothing ever was.
	Told func() (spent int64, fault string)
	// Inside returns a return address that is on the stack of whatever runs inside of the hook at the moment, 0 if nothing does: what is
	// captured there must not be sent, or one event would lead to the next one.
	Inside func() uintptr
}

// NewHook returns a hook that calls edit with what may be changed of an event, which goes unless edit reports false. What edit panics with
// is told by say, which runs no foreign code.
func NewHook(edit func(*Draft) bool, say func(v any) string) *Hook {
	h := &editor{edit: edit, say: say}
	return &Hook{look: h.look, leaves: leaves, Told: h.told, Inside: h.within}
}

// editor is what is behind a Hook.
type editor struct {
	_     [0]func() // no code to compare it
	edit  func(*Draft) (send bool)
	say   func(v any) string
	mu    sync.Mutex
	over  bool // guarded by mu; it has ended its goroutine, and is not called again
	spent atomic.Int64
	fault atomic.Pointer[string]
	calls atomic.Uint32
	place atomic.Uintptr // return address of inside
}

func (h *editor) told() (spent int64, fault string) {
	if s := h.fault.Load(); s != nil {
		fault = *s
	}
	return h.spent.Load(), fault
}

func (h *editor) within() uintptr {
	if h.calls.Load() == 0 {
		return 0
	}
	return h.place.Load()
}

// Draft is what a Hook is told of an event, and may change from Level on. It owns its texts. It lies in memory as krunk.Event does, which tells
// what the fields mean.
type Draft struct {
	ID               [16]byte
	Channel, Release string
	Panic            bool

	Level       int
	Title, Text string
	Causes      []DraftCause
	Group       []string
	Tags        map[string]string
	User        protocol.User
}

// DraftCause is an error inside of another one.
type DraftCause struct {
	_          [0]func() // no code to compare it
	Type, Text string
}

var errDropped = errors.New("dropped by BeforeSend")

// look is Hook.look.
func (h *editor) look(e *events, id [16]byte, level int16, what record.Type) (send bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e.looked, e.left, e.dropped = id, "", false
	if h.over {
		return true
	}
	d := e.draft(id, level, what)
	send, whole := h.call(d)
	if whole && send {
		e.apply(d, level, what)
	}
	e.dropped = !send
	return send
}

// leaves is Hook.leaves. Of an event that another process has made it is not known what was left of it.
func leaves(e *events, id [16]byte) (text string, ok bool) {
	return e.left, e.looked == id && !e.dropped
}

// call calls the game. What it panics with leaves the event as it was.
//
//go:noinline
func (h *editor) call(d *Draft) (send, whole bool) {
	began := time.Now()
	send = true
	defer func() {
		h.spent.Add(int64(time.Since(began)))
		if whole {
			return
		}
		what := "Config.BeforeSend called runtime.Goexit, which cost an event; it is not called any more"
		if v := recover(); v != nil {
			what = "Config.BeforeSend panicked" + h.say(v) + "; the event goes as it was"
		} else {
			h.over = true
		}
		h.fault.CompareAndSwap(nil, &what)
	}()
	send = h.inside(d)
	return send, true
}

// inside is called from one place alone.
//
//go:noinline
func (h *editor) inside(d *Draft) bool {
	if h.place.Load() == 0 {
		var pc [1]uintptr
		runtime.Callers(2, pc[:])
		h.place.Store(pc[0])
	}
	h.calls.Add(1)
	defer h.calls.Add(^uint32(0)) // one less
	return h.edit(d)
}

// own reports whether a tag is one of Krunk's.
func own(key string) bool { return key == "support_code" || strings.HasPrefix(key, "krunk.") }

// copied returns a text of its own: those of an event are views of memory that is used again, or unmapped, and a game may keep what it gets.
//
//go:noinline
func copied(s string) string { return string([]byte(s)) }

// draft returns what may be changed of the event.
func (e *events) draft(id [16]byte, level int16, what record.Type) *Draft {
	ev, all := &e.event, e.exceptions.Values
	last := len(all) - 1
	d := &Draft{
		ID: id, Channel: copied(ev.Logger), Release: copied(ev.Release), Panic: what == record.PanicType, Level: int(level),
		Title: copied(all[last].Type), Text: copied(all[last].Value), Tags: make(map[string]string, len(ev.Tags)),
	}
	for i := last - 1; i >= 0; i-- {
		d.Causes = append(d.Causes, DraftCause{Type: copied(all[i].Type), Text: copied(all[i].Value)})
	}
	for _, g := range ev.Fingerprint {
		d.Group = append(d.Group, copied(g))
	}
	for i := range ev.Tags {
		if t := &ev.Tags[i]; !own(t.Key) {
			d.Tags[copied(t.Key)] = copied(t.Value)
		}
	}
	if u := ev.User; u != nil {
		d.User.ID, d.User.Username, d.User.Email = copied(u.ID), copied(u.Username), copied(u.Email)
	}
	return d
}

// apply makes the event what is in the draft, by the limits and the scrubbing that hold for all that a game says.
func (e *events) apply(d *Draft, level int16, what record.Type) {
	ev := &e.event
	if d.Level != int(level) {
		ev.Level = protocol.EventLevel(d.Level)
	}
	e.applyErrors(d, what == record.LogType)
	ev.Fingerprint = ev.Fingerprint[:0]
	for _, g := range d.Group {
		ev.Fingerprint = append(ev.Fingerprint, e.scrub.Text(g))
	}
	e.applyTags(d.Tags)
	u := &d.User
	if ev.User = nil; u.ID+u.Username+u.Email != "" {
		ev.User = u
		u.ID, u.Username = e.scrub.Path(u.ID), e.scrub.Path(u.Username) // Trim does the rest
		u.Email = e.scrub.Path(u.Email)
	}
}

// applyErrors is apply for the chain, whose innermost errors come first in an event.
func (e *events) applyErrors(d *Draft, log bool) {
	all := e.exceptions.Values
	last := len(all) - 1
	top := &all[last]
	same := !e.replace(&top.Type, d.Title)
	if same = !e.replace(&top.Value, d.Text) && same; log {
		if blank(top.Value) {
			top.Value = "(no message)"
		}
		e.entry.Message = top.Value
	}
	if !same {
		if e.left = top.Value; !log || top.Type != e.event.Logger {
			e.left = top.Type + ": " + top.Value
		}
	}
	n := min(last, len(d.Causes))
	for i := range d.Causes[:n] {
		x := &all[last-1-i]
		e.replace(&x.Type, d.Causes[i].Type)
		e.replace(&x.Value, d.Causes[i].Text)
	}
	e.exceptions.Values = all[last-n:]
	for i := range e.exceptions.Values { // servers throw one without either away
		if x := &e.exceptions.Values[i]; blank(x.Type) && blank(x.Value) {
			x.Type = "error"
		}
	}
}

// replace reports whether a text is another one.
func (e *events) replace(s *string, by string) bool {
	if *s == by {
		return false
	}
	*s = e.scrub.Text(by)
	return true
}

// applyTags keeps Krunk's own tags.
func (e *events) applyTags(list map[string]string) {
	tags := e.event.Tags[:0]
	for _, t := range e.event.Tags {
		if own(t.Key) {
			tags = append(tags, t)
		}
	}
	keys := make([]string, 0, len(list))
	for k := range list {
		keys = append(keys, k)
	}
	text.SortKeys(keys)
	for _, k := range keys[:min(len(keys), maxTags)] {
		key, value, ok := cleanTag(e.scrub, k, list[k])
		if value, _ = text.Trim(value, protocol.MaxTag); ok && value != "" && !own(key) && protocol.Tagged(tags, key) == "" {
			tags = append(tags, protocol.Tag{Key: key, Value: value})
		}
	}
	e.event.Tags = tags
}
