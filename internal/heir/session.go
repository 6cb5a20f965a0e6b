package heir

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/session"
	"github.com/krunk-go/krunk/internal/verdict"
)

// bury puts how the session of the dead run ended into its outbox, from where it goes along with the run's crash. It reports whether that
// is done; where there was no room it is begun again. What dies in between finds it there.
func (e *estate) bury() bool {
	v := &e.died
	d := session.Death{Now: time.Now().UnixNano(), Start: e.start, Seen: int64(v.Ran), Status: session.Abnormal}
	switch v.How {
	case verdict.Clean:
		d.Status = session.Exited
	case verdict.Panic, verdict.Fatal, verdict.Signal:
		d.Status = session.Crashed
	case verdict.Hang:
		if d.Hang = session.HangInForeground; e.block.State.Load()&blackbox.StateBackground != 0 {
			d.Hang = session.HangInBackground
		}
	}
	run := session.Run{ID: e.facts.Run, Release: e.facts.Texts[blackbox.Release], Environment: e.facts.Texts[blackbox.Environment]}
	items, ok := session.Bury(nil, e.block.Live, &run, &d, e.outbox)
	if ok && !e.outbox.Put(blackbox.Meta{Kind: blackbox.Event, Category: uint8(protocol.CategorySession), Count: 1}, items) {
		return false
	}
	session.Buried(e.block.Live)
	return true
}
