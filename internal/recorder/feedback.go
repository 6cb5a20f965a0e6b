package recorder

import (
	"sync/atomic"
	"unsafe"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/text"
)

// Feedback makes items of what players write, for a program that asks them: any other one does not link what it takes. The zero Feedback has
// none.
type Feedback struct {
	used unsafe.Pointer // *wording, atomic
}

// wording is what a program links only if it has feedback.
type wording struct {
	_   [0]func()                                   // no code to compare it
	put func(r *Recorder, body []byte, upto uint64) // a record would move to the heap if its address were handed on, and its type be linked
}

// words is immutable. Use alone reaches it.
var words = wording{put: (*Recorder).feedback}

// Use is called before the first feedback is captured, and may be called before each.
func (f *Feedback) Use() {
	if atomic.LoadPointer(&f.used) == nil {
		atomic.StorePointer(&f.used, unsafe.Pointer(&words))
	}
}

// feedback encodes what a player wrote and puts it into the outbox.
func (r *Recorder) feedback(body []byte, upto uint64) {
	rec, err := record.Read(body)
	if err != nil {
		return // who calls has read it
	}
	r.logs.waits.body = nil
	if use := r.cfg.Attachments.using(); use != nil {
		use.hold(r, rec.ID, body, false)
		use.gather(&r.events, true)
	}
	item, err := r.events.feedback(&rec, &r.scope)
	r.worked += eventWork + len(item)
	if err != nil || len(item) > r.cfg.Outbox.Size()/4 {
		r.cfg.Tally.Add(protocol.ReasonInternalSDKError, protocol.CategoryFeedback, 1)
		return
	}
	r.budget.charge(r.elapsed(), len(item)+len(r.events.attached.items))
	r.put(blackbox.Meta{
		ID: rec.ID, Kind: blackbox.Event, Category: uint8(protocol.CategoryFeedback), Count: 1, Start: r.events.clock.start, Upto: upto,
	}, item)
}

// feedback returns the item of what a player wrote. Words, name, address and link go out as they were given.
func (e *events) feedback(rec *record.Record, s *scope) (item []byte, err error) {
	defer e.forget()
	slow := e.slow
	e.begin(rec, s)
	e.tags(rec, s)
	e.event.Exception = nil
	own := e.said(rec)
	e.fields = appendFields(e.fields[:0], rec, e.scrub, takenInContext)
	rest := e.fields[:0]
	for i := range e.fields {
		if feedbackName(e.fields[i].Key) == "" {
			rest = append(rest, e.fields[i])
		}
	}
	e.fields = rest
	e.contexts(s)
	e.event.AddContext("feedback", own) // one of the game's has another name, see protocol.ContextName
	e.about(rec, s)
	e.slow = slow
	e.event.Trim()
	return e.items.feedback(&e.event, e.limit())
}

// said returns the context that makes a feedback of an event. What takes more bytes in JSON than a context may have loses its end.
func (e *events) said(rec *record.Record) protocol.Raw {
	for {
		o := protocol.Open(e.raw)
		o.Text("message", rec.Text)
		for _, key := range [...]string{"name", "email", "url", record.FeedbackFor} {
			last := ""
			all := rec.Fields()
			for f, ok := all.Next(); ok; f, ok = all.Next() {
				if f.Key == key && f.Kind&^record.Cut == record.String {
					last = f.Str
				}
			}
			if last, _ = text.Trim(last, maxTold); last != "" {
				o.Text(feedbackName(key), last)
			}
		}
		b := o.Close()
		over := len(b) - len(e.raw) - (protocol.MaxContext - 64)
		if over <= 0 {
			return e.keep(b)
		}
		rec.Text, _ = text.Trim(rec.Text, len(rec.Text)-max(over/6, 1)) // a byte takes up to six
		rec.Flags |= record.FlagText
	}
}

// feedbackName returns where an attribute of a feedback belongs, "" for none of its own.
func feedbackName(key string) string {
	switch key {
	case "name", "url", record.FeedbackFor:
		return key
	case "email":
		return "contact_email"
	}
	return ""
}
