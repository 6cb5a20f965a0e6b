package heir

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/tally"
)

// mostAttempts is how often a program may die at the same record of a run until that run is given up.
const mostAttempts = 3

// estate is what a dead run has left, while somebody goes on with it.
type estate struct {
	file    File
	block   *blackbox.Block
	rec     *recorder.Recorder
	outbox  *blackbox.Outbox
	facts   blackbox.Facts
	crash   *recorder.Crash // that waits for room, nil if none does
	start   int64
	through bool // everything that it has left stands in its outbox or was counted
	keep    bool // something is left that this program cannot send
}

// claim takes a run up, nil if it cannot be had or nothing can be made of it.
func (h *Heirs) claim(name string) *estate {
	file, err := h.dir.Claim(name)
	if err != nil {
		return nil
	}
	b, facts, err := blackbox.Open(file.Bytes())
	switch {
	case err != nil:
		h.remove(file, b)
		return nil
	case facts.Texts[blackbox.Target] != h.cfg.Target:
		file.Close()
		return nil
	case tried(b) > mostAttempts:
		h.remove(file, b)
		return nil
	}
	e := &estate{file: file, block: b, facts: facts}
	e.rec = recorder.Continue(b, &facts, file.Ended(), h.cfg.Build(), h.cfg.Recorder)
	e.outbox = e.rec.Outbox()
	if e.start = b.Wall.Load(); e.start == 0 {
		e.start = facts.Start
	}
	return e
}

// tried counts a claim, and returns how many there were since the run was last got on with: on a slow machine programs that are killed early
// take many to go through it, and lose none of it.
func tried(b *blackbox.Block) uint64 {
	n, at := b.Attempts.Load(), b.Done.Load()<<8
	if n&^0xff != at {
		n = at
	}
	b.Attempts.Store(n + 1)
	return (n + 1) & 0xff
}

// next goes on as far as the outbox has room, and reports whether something waits there that this program can send.
func (e *estate) next(form uint8) bool {
	if !e.through {
		e.through = e.rec.Replay() && e.tell() && e.bury()
		e.block.Attempts.Store(0) // it did not kill us
	}
	_, ok := e.outbox.Next(-1, func(in *blackbox.Entry) bool {
		foreign := in.Encoding != 0 && in.Encoding != form
		e.keep = e.keep || foreign
		return foreign
	})
	n, _, _ := e.outbox.Usage()
	return ok || n > 0 && !e.keep // the rest is on its way
}

// tell makes an event of what the runtime wrote as the run died, unless the run itself had reported that panic before it raised it
// again. It reports whether that is done. The event's id is as old as the run, so a death has one event however often this is begun.
func (e *estate) tell() bool {
	if e.block.State.Load()&blackbox.StateTold != 0 {
		return true
	}
	if text := e.file.Text(len(e.block.Bytes())); e.crash == nil && text != "" {
		report := crashtext.Parse(text)
		if report.Kind != crashtext.Unknown && !recorder.SameDeath(&e.block.Ending, report) {
			e.crash = &recorder.Crash{Report: report, ID: e.facts.Crash, At: e.file.Ended()}
		}
	}
	if e.crash != nil && !e.rec.Crash(e.crash) {
		return false
	}
	e.crash = nil
	e.block.State.Or(blackbox.StateTold)
	return true
}

// end lets go of a run of which nothing is left to do.
func (e *estate) end() {
	if e.through && !e.keep {
		e.file.Remove()
	}
	e.file.Close()
}

// state is what a run is worth.
type state uint8

const (
	gone  state = iota
	busy        // it lives, or somebody else goes on with it, or it is none of this program's
	quiet       // it died without a word, or was closed
	crash       // something of it tells how it died
	unreadable
)

// peek looks at the head of a run.
func (h *Heirs) peek(name string) state {
	file, err := h.dir.Claim(name)
	if err != nil {
		return busy
	}
	defer file.Close()
	b, facts, err := blackbox.Open(file.Bytes())
	switch {
	case err != nil && blackbox.Newer(file.Bytes()):
		return busy
	case err != nil:
		return unreadable
	case facts.Texts[blackbox.Target] != h.cfg.Target:
		return quiet
	case b.State.Load()&(blackbox.StatePanicked|blackbox.StateHung) != 0, file.Text(len(b.Bytes())) != "":
		return crash
	}
	return quiet
}

// giveUp removes a run for its age, its size or because nobody can read it.
func (h *Heirs) giveUp(name string) {
	if file, err := h.dir.Claim(name); err == nil {
		b, _, _ := blackbox.Open(file.Bytes())
		h.remove(file, b)
	}
}

// remove removes a run and counts what was in it.
func (h *Heirs) remove(file File, b *blackbox.Block) {
	events, logs := uint64(1), uint64(0) // nobody knows
	if b != nil {
		events, logs = recorder.Holds(b)
		if mem := b.At(blackbox.TallyRegion); len(mem) >= tally.Size { // what it had given up itself, and what those before it had
			h.cfg.Recorder.Tally.Inherit(tally.At(mem))
		}
	}
	h.lost(protocol.ReasonCacheOverflow, events, logs)
	file.Remove()
	file.Close()
}
