// Package gate decides what becomes of a record: thresholds of a channel in one atomic word, then draws and rates. A client
// reads, a controller writes, and neither waits for the other. It knows nothing of policies, so that a program without
// remote control links none of what reads them.
package gate

import (
	"sync"
	"sync/atomic"
)

// Thresholds are the three levels of a channel, lowest first. A record at or above Trail is kept in the black box and
// travels as a breadcrumb, at or above Send it is shipped as a structured log record, at or above Issue it is raised as an
// event with a stack. Any of them may be LevelOff; those that are not keep the order Trail <= Send <= Issue.
type Thresholds struct {
	Trail, Send, Issue Level
}

// Off returns thresholds that nothing reaches.
func Off() Thresholds { return Thresholds{Trail: LevelOff, Send: LevelOff, Issue: LevelOff} }

// Defaults returns what a channel has when nothing else was said: trail debug, send off, issue error.
func Defaults() Thresholds { return Thresholds{Trail: LevelDebug, Send: LevelOff, Issue: LevelError} }

// Gate is the decision of one channel in one atomic word: level thresholds change together and a reader never waits.
// The zero Gate is closed. Levels beyond ±16382 count as the nearest of these two. It must not be copied.
type Gate struct {
	_ [0]func() // no code to compare it
	// From the top: 16 bits lowest threshold as its distance below LevelOff, so that one unsigned compare with the whole word
	// decides about it; 15 bits each of issue, send and trail as their distance below offLevel; bit 0 is Draw. Zero is off
	// everywhere.
	word   atomic.Uint64
	mu     sync.Mutex
	wanted uint64 // guarded by mu; what word is unless the gate is shut
	shut   bool   // guarded by mu
}

const (
	offLevel = Level(1<<14 - 1)
	topLevel = offLevel - 1
	field    = 1<<15 - 1
	atIssue  = 33
	atSend   = 18
	atTrail  = 3
	gateDraw = 1
)

// Verdict says what becomes of one record.
type Verdict uint8

// The bits of a Verdict; zero means that the record is not wanted at all.
const (
	Trail   Verdict = 1 << iota // keep it in the black box
	Send                        // ship it as a log record
	Issue                       // raise it as an event
	Draw                        // ask Channel.Take before Send and Issue are obeyed
	Doubt                       // with Issue: it is raised if Controls.Settle says so, once its kind is known
	Outside                     // with Doubt: this client is not in the cohort
	late                        // the kind is known
	Drawn                       // with Doubt: it was drawn at the call, with its log record, and goes if that goes
)

// Floor returns the number that Reaches compares with for a record of level l, which is below LevelOff.
func Floor(l Level) uint64 { return uint64(int(LevelOff)-int(l)) << 48 }

// Reaches reports whether a record is wanted for anything, given the Floor of its level. It is what a caller inlines: one
// atomic load and a compare. It never blocks and does not allocate.
func (g *Gate) Reaches(floor uint64) bool { return g.word.Load() >= floor }

// Enabled reports whether a record of level l is wanted for anything. One atomic load; it never blocks and does not
// allocate.
func (g *Gate) Enabled(l Level) bool { return l != LevelOff && g.word.Load() >= Floor(l) }

// Decide returns what becomes of a record of level l. Draw is set only together with Send or Issue. It never blocks and
// does not allocate.
func (g *Gate) Decide(l Level) Verdict {
	w := g.word.Load()
	if l == LevelOff || w < Floor(l) {
		return 0
	}
	need := below(l)
	var v Verdict
	if w>>atTrail&field >= need {
		v = Trail
	}
	if w>>atSend&field >= need {
		v |= Send
	}
	if w>>atIssue&field >= need {
		v |= Issue
	}
	if w&gateDraw != 0 && v > Trail {
		v |= Draw
	}
	return v
}

// Error is Decide(LevelError) of what is no log record: without Send, and without Draw where there is no Issue. It is what a caller inlines. It
// never blocks and does not allocate.
func (g *Gate) Error() (v Verdict) {
	const need = uint64(offLevel - LevelError)
	w := g.word.Load()
	if w>>atTrail&field >= need {
		v = Trail
	}
	if w>>atIssue&field >= need {
		v |= Issue | Verdict(w&gateDraw)*Draw
	}
	return v
}

// Set publishes t in one atomic store.
func (g *Gate) Set(t Thresholds) { g.set(t, false) }

func (g *Gate) set(t Thresholds, draw bool) {
	w := below(t.Issue)<<atIssue | below(t.Send)<<atSend | below(t.Trail)<<atTrail
	switch low := min(t.Trail, t.Send, t.Issue); {
	case low == LevelOff:
	case low <= -topLevel:
		w |= Floor(-1 << 15)
	default:
		w |= Floor(min(low, topLevel))
	}
	if draw {
		w |= gateDraw
	}
	g.mu.Lock()
	if g.wanted = w; !g.shut {
		g.word.Store(w)
	}
	g.mu.Unlock()
}

// Shut closes the gate, whatever is Set meanwhile, or opens it again to what was Set last.
func (g *Gate) Shut(on bool) {
	g.mu.Lock()
	w := g.wanted
	if g.shut = on; on {
		w = 0
	}
	g.word.Store(w)
	g.mu.Unlock()
}

// below returns how far l, kept within ±topLevel, lies below offLevel; 0 is off.
func below(l Level) uint64 {
	if l == LevelOff {
		return 0
	}
	return uint64(int(offLevel) - int(max(min(l, topLevel), -topLevel)))
}
