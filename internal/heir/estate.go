package heir

import (
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/crashtext"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/recorder"
	"github.com/krunk-go/krunk/internal/tally"
	"github.com/krunk-go/krunk/internal/verdict"
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
	crash   *recorder.Crash   // that waits for room, nil if none does
	text    *crashtext.Report // what the runtime wrote as it died, nil if that is nothing
	same    bool              // which is of the panic that the run had captured
	died    verdict.Verdict
	start   int64
	ended   int64 // when it wrote last
	size    int   // bytes of the file, once it is cut; 0: it is not
	through bool  // everything that it has left stands in its outbox or was counted
	keep    bool  // something is left that this program cannot send
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
	}
	e := &estate{file: file, block: b, facts: facts, ended: b.EndedAt(file.Ended())}
	if b.Ended.Store(e.ended); tried(b) > mostAttempts { // in this order: any other store changes when the file was written last
		h.remove(file, b)
		return nil
	}
	if e.through = b.Live.Cut.Load() != 0; e.through {
		e.outbox, _ = b.OpenOutbox()
		e.size = len(b.Bytes())
		b.Attempts.Store(0)
		if len(file.Bytes()) > e.size { // who cut it has died
			e.shorten()
		}
	} else {
		e.rec = recorder.Continue(b, &facts, e.ended, h.cfg.Build, h.cfg.Recorder)
		e.outbox = e.rec.Outbox()
	}
	if e.start = b.Wall.Load(); e.start == 0 {
		e.start = facts.Start
	}
	if e.examine(); e.through {
		e.settle() // there is nothing to do, unless somebody else has made the file: it would wait for good
	}
	return e
}

// examine works out what the run died of.
func (e *estate) examine() {
	ev := verdict.Evidence{Facts: &e.facts, Live: e.block.Live, Ended: e.ended}
	if !e.through {
		if text := e.file.Text(len(e.block.Bytes())); text != "" {
			e.text = crashtext.Parse(text)
			e.same = recorder.SameDeath(&e.block.Ending, e.text)
		}
	}
	ev.Text, ev.Same = e.text, e.same
	e.died = verdict.Of(&ev)
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
		read := e.rec.Replay()
		e.settle()
		e.through = read && e.tell() && e.bury()
		e.block.Attempts.Store(0) // it did not kill us
	}
	stays := 0
	_, ok := e.outbox.Next(-1, func(in *blackbox.Entry) bool {
		foreign := in.Encoding != 0 && in.Encoding != form
		if foreign {
			stays++
		}
		return foreign
	})
	e.keep = e.keep || stays > 0
	n, _, _ := e.outbox.Usage()
	return ok || n > stays // the rest is on its way
}

// settle says of the events of hangs how they ended: the run died in the newest one, or nobody knows when frames went on. It is done before
// anything is sent, and again for one that had found no room.
func (e *estate) settle() {
	var hung [16]byte
	if e.died.How == verdict.Hang {
		hung = e.died.Event
	}
	e.outbox.Settle(hung)
}

// tell makes an event of what the runtime wrote as the run died, unless the run itself had reported that panic before it raised it
// again. It reports whether that is done. The event's id is as old as the run, so a death has one event however often this is begun.
func (e *estate) tell() bool {
	if e.block.State.Load()&blackbox.StateTold != 0 {
		return true
	}
	if e.crash == nil && e.text != nil && e.text.Kind != crashtext.Unknown && !e.same {
		e.crash = &recorder.Crash{Report: e.text, ID: e.facts.Crash, At: e.ended}
	}
	if e.crash != nil && !e.rec.Crash(e.crash) {
		return false
	}
	e.crash = nil
	e.block.State.Or(blackbox.StateTold)
	return true
}

// cut gives back what only going on needed: a run that waits for a network takes what its envelopes take. One that is sent right away is not cut: waiting
// for the disk would hold up a game on one processor, and it goes as a whole.
func (e *estate) cut() {
	verdict.Note(e.block.Live, &e.facts, &e.died)
	e.file.Move(func() { e.size = e.block.Cut(e.outbox) })
	if n, _, _ := e.outbox.Usage(); n > 0 { // or the file goes right away
		e.shorten()
	}
}

// shorten cuts the file, once its head is on the disk, which says so: a power cut in between would leave a short file that claims to be a long one.
func (e *estate) shorten() {
	e.file.Sync()
	e.file.Cut(e.size)
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
	gone    state = iota
	busy          // it lives, or somebody else goes on with it, or its format is newer
	foreign       // it was captured for another project
	quiet         // it died without a word, or was closed
	crash         // something of it tells how it died
	unreadable
)

// peek looks at the head of a run, and corrects when it ended.
func (h *Heirs) peek(run *Left) state {
	file, err := h.dir.Claim(run.Name)
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
	}
	run.Ended, run.Size = b.EndedAt(file.Ended()), max(run.Size, int64(len(file.Bytes()))) // it may have holes
	if facts.Texts[blackbox.Target] != h.cfg.Target {
		return foreign
	}
	how, cut := verdict.Noted(b.Live)
	switch {
	case cut && how >= verdict.Panic && how <= verdict.Hang, b.State.Load()&(blackbox.StatePanicked|blackbox.StateHung) != 0:
		return crash
	case !cut && file.Text(len(b.Bytes())) != "":
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
