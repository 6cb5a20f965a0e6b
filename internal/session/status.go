// Package session has the life of a session, Sentry's unit of release health: when it began, what went wrong, how it ended, and the items
// that tell a server of it (protocol.md section 4). It has no goroutine and no clock. All that it has to know lies in a few words of the
// black box, each a single store, so that whoever goes on with a dead run can end its session.
//
// Of one session a server hears at most three times: that it began (seq 0), that it had an error (seq 1), how it ended (seq 2, or 0 where it
// did not hear of it before). Nothing of it waits in a queue but the end: the first two are made when an envelope leaves, and are the same
// bytes again until a server has taken them.
package session

import (
	"sync/atomic"

	"github.com/krunk-go/krunk/internal/blackbox"
)

// Status is how a session stands.
type Status uint8

// The statuses. All but Running are final: nothing is told of a session behind one.
const (
	Running  Status = iota // "ok", with errors or without
	Exited                 // the program ended it
	Crashed                // the program died of what nobody recovered
	Abnormal               // it vanished: killed, power lost, hung
)

// AwayLimit is how many milliseconds a game may be in the background; a longer stay ends its session when the stay began.
const AwayLimit = 30_000

// What Stage says.
const (
	beginPut  = 1 << iota // an envelope with the first update has left
	beginTold             // a server has taken it
	errorPut
	errorTold
	ended // how it ended stands in the outbox
)

const (
	numberBits = 16
	low        = 1<<(64-numberBits) - 1
	most       = 1<<numberBits - 1 // sessions of a run
)

// numbered returns a word that says v of a session.
func numbered(number, v uint64) uint64 { return number<<(64-numberBits) | v&low }

// said returns what a word says of a session, 0 if it speaks of another one.
//
//go:noinline
func said(w *atomic.Uint64, number uint64) uint64 {
	if v := w.Load(); v>>(64-numberBits) == number {
		return v & low
	}
	return 0
}

// Run is the run that a session is part of, as everything that is told of it says. It is immutable.
type Run struct {
	_           [0]func() // no code to compare it
	ID          [16]byte  // of the run, and of its first session
	Release     string    // a run without one has no sessions
	Environment string
}

// view is a session as its words have it.
type view struct {
	w      *blackbox.Session
	run    *Run
	number uint64
	begun  uint64 // milliseconds of the run
	stage  uint64
	errors uint64
	start  int64 // of the run, Unix milliseconds; counts until a server was told
}

// look returns the running session of a run, or false if there is none, or its end stands in the outbox.
func look(w *blackbox.Session, errors uint64, run *Run, start int64) (v view, ok bool) {
	begun := w.Begun.Load()
	v = view{w: w, run: run, number: begun >> (64 - numberBits), begun: begun & low, start: max(start/1e6, 0)}
	v.stage = said(&w.Stage, v.number)
	if base := said(&w.Base, v.number); errors > base {
		v.errors = errors - base
	}
	return v, v.number != 0 && v.stage&ended == 0
}

// update returns one of the session.
func (v *view) update(seq uint32, since uint64, status Status, errors uint64) Update {
	u := Update{Run: v.run, ID: v.run.ID, User: v.w.Player.Load(), Seq: seq, Init: seq == 0, Status: status, Since: int64(since), Errors: errors}
	if v.stage&beginPut != 0 {
		u.User = v.w.User.Load()
	}
	u.ID[4] ^= byte((v.number - 1) >> 8) // one run's ids differ, and none is of another version
	u.ID[5] ^= byte(v.number - 1)
	if u.Started = int64(said(&v.w.Started, v.number)); u.Started == 0 {
		u.Started = v.start + int64(v.begun)
	}
	return u
}

// appendBegin appends the first update: that the session began, whatever has happened since.
func (v *view) appendBegin(dst []byte) []byte {
	u := v.update(0, 0, Running, 0)
	return u.appendItem(dst)
}

// appendEnd appends the items by which the session ends at that moment of the run. One that ends while the game was in the background for
// longer than AwayLimit ended when it went there, unless it crashed.
func (v *view) appendEnd(dst []byte, status Status, hang Hang, at uint64) []byte {
	if away := said(&v.w.Away, v.number); away != 0 && at+1 > away+AwayLimit && status != Crashed {
		status, hang, at = Exited, NoHang, away-1
	}
	errors := v.errors
	if status == Crashed || v.stage&errorPut != 0 {
		errors = max(errors, 1) // a crash is one
	}
	since := max(at, v.begun) - v.begun
	since = max(since, said(&v.w.Failed, v.number)) // times never fall
	seq := uint32(2)
	switch {
	case v.stage&beginTold != 0:
	case v.stage&beginPut != 0: // nobody knows: it goes once more, the same
		dst = v.appendBegin(dst)
	default:
		seq = 0
	}
	u := v.update(seq, since, status, errors)
	u.Hang = hang
	return u.appendItem(dst)
}
