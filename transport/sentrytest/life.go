package sentrytest

import (
	"fmt"
	"slices"

	"github.com/krunk-go/krunk/internal/sentryrules"
)

// life is what came of one session, in order of arrival.
type life struct {
	first, last Session
	seen        map[Session]bool // whole updates, without the number of the request
}

// maxSeen bounds the updates of one session that are known again; a game's has three.
const maxSeen = 1 << 10

// final reports whether nothing may follow the status.
func final(status string) bool { return status != "" && status != "ok" }

// live judges an update by those of its session that came before.
func (s *Server) live(v *verdict, x Session) {
	l := s.lives[x.ID]
	if l == nil {
		if _, gone := s.sids.turn(x.ID); gone != "" {
			delete(s.lives, gone)
		}
		l = &life{first: x, last: x, seen: make(map[Session]bool)}
		s.lives[x.ID] = l
	}
	same := x
	same.Envelope = 0
	if l.seen[same] {
		return // sent again, which is what a client must do when no answer came
	}
	if len(l.seen) < maxSeen {
		l.seen[same] = true
	}
	fault := func(loss Loss, write, what string, args ...any) {
		v.faults = append(v.faults, Fault{
			Envelope: v.env.Number, Item: -1, Where: "session", Offset: -1, Write: write, Loss: loss,
			What: fmt.Sprintf(what, args...) + " (sid " + sentryrules.Clip(x.ID) + ")",
		})
	}
	if s.opt.CrashTogether && x.Status == "crashed" && !slices.ContainsFunc(v.events, func(e Event) bool { return e.Level == "fatal" }) {
		fault(LossNone, "both in one envelope", "crashed without a fatal event in the envelope")
	}
	if len(l.seen) == 1 {
		if !x.Init {
			fault(LossItem, "init true", "first update delivered has no init: the session is not counted")
		}
		return
	}
	x.after(l, fault)
}

type faultFunc func(loss Loss, write, what string, args ...any)

// after judges an update by the first and the latest one of its session, and makes it the latest.
func (x *Session) after(l *life, fault faultFunc) {
	if final(l.last.Status) {
		fault(LossItem, "nothing", "update after a final status, %s", l.last.Status)
		return
	}
	if x.Init {
		fault(LossItem, "init once", "init in a later update: the session is counted twice")
	}
	if l.last.numbered || x.numbered {
		if x.Seq <= l.last.Seq || !x.numbered {
			fault(LossItem, "a number that rises with each update", "seq %d behind %d", x.Seq, l.last.Seq)
			return // what else fell with it says the same
		}
	}
	if !x.Time.IsZero() && x.Time.Before(l.last.Time) {
		fault(LossField, "times that do not fall", "timestamp %s behind %s", x.Time, l.last.Time)
	}
	if x.Errors < l.last.Errors {
		fault(LossField, "the sum so far", "errors fell from %d to %d", l.last.Errors, x.Errors)
	}
	for _, f := range [...]struct{ name, was, is string }{
		{"did", l.first.User, x.User}, {"started", l.first.Started.String(), x.Started.String()},
		{"release", l.first.Release, x.Release}, {"environment", l.first.Environment, x.Environment},
	} {
		if f.was != f.is {
			fault(LossField, "what the first update said", "%s changed from %q to %q", f.name, sentryrules.Clip(f.was), sentryrules.Clip(f.is))
		}
	}
	l.last = *x
}
