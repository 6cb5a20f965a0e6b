package krunk

import (
	"time"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/record"
	"github.com/krunk-go/krunk/internal/recorder"
)

// ReportCrash reports the death of an earlier run by what the Go runtime printed as it died, where the program kept that text itself: a page
// in the storage of its browser, a console in its log. Elsewhere Config.RunFile does all of that, and better. The event is that of a run file:
// reason, frames, other goroutines; but release, tags and user are those of now, since nobody else knows them, and it has no breadcrumbs. As
// anybody may have written the text, at most 64 KiB of it are read, what is private is cut as in messages, and the event says unverified
// (contexts.krunk).
//
// It returns the zero EventID for a text that tells of no death, and while the event of another one is being made: call it once, after Start.
// It reads the text on the caller's time, about 0.1 ms, and retains it until the event is made.
func (c *Client) ReportCrash(printed string) EventID {
	own := c.main()
	if own == nil || c.closed.Load() || c.denied() || c.inside() && c.insideHere() {
		return EventID{}
	}
	ppm, doubt, wanted := c.controls.PanicShare()
	report := crashtext.Parse(printed)
	if !wanted && !doubt || len(report.Goroutines) == 0 { // a death names one
		return EventID{}
	}
	var r capture
	r.Type, r.Level, r.PPM, r.Flags = record.PanicType, int16(LevelFatal), ppm, record.FlagID|record.FlagFeedback
	if !wanted {
		r.Flags |= record.FlagDoubt
	}
	c.stamp(&r)
	c.ids.Take(&r.ID)
	if !c.uses.Deaths.Tell(&recorder.Crash{Report: report, ID: r.ID, At: time.Now().UnixNano(), Told: true}) {
		return EventID{}
	}
	if !own.put(blackbox.Fatal, &r, nil) {
		c.uses.Deaths.Forget()
		return EventID{}
	}
	return r.ID
}
