package recorder

import (
	"encoding/binary"
	"errors"

	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/gate"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/stack"
	"github.com/krunk-go/krunk/internal/text"
)

// A kind is what a policy names an issue by: a short hash of what it is, which stays the same over builds that do not touch it and over
// platforms, so neither lines nor addresses nor numbers of closures are part of it. That is what the game said it is grouped by, or else
// the type, or channel and template, and the game's innermost functions.

// kindFrames is how many functions tell one issue from another: a helper that reports for others is in all of their stacks.
const kindFrames = 2

// kindOf returns the kind of the event that stands in e, behind grouping.
func (e *events) kindOf(rec *record.Record) (kind uint32) {
	if group := groupOf(rec); group != "" {
		return hashed(0, group)
	}
	what := e.event.Logger
	if rec.Type != record.LogType {
		what = e.exceptions.Values[len(e.exceptions.Values)-1].Type
	} else if rec.Flags&record.FlagPlain == 0 {
		kind = hashed(0, rec.Text)
	}
	kind = hashed(kind, what)
	n, last, own := 0, "", false
	for i := range e.frames {
		own = own || e.frames[i].InApp // else all frames are as good
	}
	for i := len(e.frames) - 1; i >= 0 && n < kindFrames; i-- {
		f := &e.frames[i]
		if name := owner(f.Function); f.InApp == own && name != last { // a closure within its function, or a recursion, is one
			kind, last = hashed(hashed(kind, f.Module), name), name
			n++
		}
	}
	return kind
}

// hashed adds a text to a hash, which is FNV-1a of all texts with a zero byte behind each.
//
//go:noinline
func hashed(h uint32, s string) uint32 {
	const basis, prime = 2166136261, 16777619
	h ^= basis
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * prime
	}
	return h * prime
}

// owner returns the function that a closure stands in, and any other function as it is. In front of it stands what the compiler has
// inlined it into, which another build may do otherwise.
func owner(name string) string {
	cut := stack.CutClosure(name)
	if len(cut) == len(name) {
		return name
	}
	i := ascii.LastIndex(cut, ".")
	if i > 0 && cut[i-1] == ')' {
		i = ascii.LastIndex(cut[:i], "(") - 1
	}
	return cut[i+1:]
}

// settle asks the policy about the kind of the event that stands in e, and notes in the event which it is, for how many it stands, and the
// tags of the scope.
func (e *events) settle(rec *record.Record, s *scope) (err error) {
	kind := e.kindOf(rec)
	e.tag("krunk.kind", view(text.AppendHex(e.kind[:0], []byte{byte(kind >> 24), byte(kind >> 16), byte(kind >> 8), byte(kind)})))
	if e.judge != nil {
		q := &e.asked
		q.ID, q.Kind, q.Share, q.Level = binary.LittleEndian.Uint32(rec.ID[12:]), kind, rec.PPM, gate.Level(rec.Level)
		q.Hang = rec.Flags&record.FlagHang != 0
		q.Panic, q.Doubt = rec.Type == record.PanicType, rec.Flags&record.FlagDoubt != 0
		q.Drawn, q.Sent = rec.Flags&record.FlagDrawn != 0, rec.Flags&record.FlagSend != 0
		fate := e.judge(q, e.event.Logger)
		rec.PPM = q.Share
		switch fate {
		case gate.Muted:
			err = errMuted
		case gate.Missed:
			err = errMissed
		}
	}
	if use := e.attached.use; use != nil {
		use.gather(e, err == nil)
	}
	if err == nil {
		e.tags(rec, s)
	}
	return err
}

// tags adds for how many the event stands, and the tags of the scope.
func (e *events) tags(rec *record.Record, s *scope) {
	e.sampled(rec)
	for own, i := e.event.Tags, 0; i < len(s.tags); i++ {
		if protocol.Tagged(own, s.tags[i].Key) == "" {
			e.tag(s.tags[i].Key, s.tags[i].Value)
		}
	}
}

var (
	errMuted  = errors.New("muted")  // an event is not made, since a policy keeps its kind back
	errMissed = errors.New("missed") // it would not have been raised if its kind had been known
)
