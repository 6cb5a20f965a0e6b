package krunk

import (
	"errors"
	"strconv"

	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/text"
)

// Ring keeps the newest bytes of what the game writes into it. It is an io.Writer for one goroutine at a time. A nil Ring takes everything and
// keeps nothing.
type Ring struct {
	tape  *blackbox.Tape
	guard blackbox.Guard // nil: it lies on the heap
}

// Ring returns a ring for the newest size bytes, rounded up to 64, of the game's own: inputs, seeds, hashes of ticks, whatever makes a crash
// happen again. They travel beside every fatal event (panics, hangs, LevelFatal) as an attachment of that name, as many of the newest as there is
// room for (see Attachment), and are not scrubbed. The event says which byte of all that was ever written the attachment begins with
// (contexts.krunk.rings): where records are of one length that tells where one begins.
//
// With Config.RunFile the bytes lie in the file of the run: they survive whatever kills the program, travel with the crash that the next start tells of,
// and LastRun.Ring has them where nothing is told, as after a kill.
//
// All rings share a sixteenth of Config.Memory, 64 KiB where that is 1 MiB, and each takes 64 bytes and an eighth beside its size. Without a
// run file it is the outbox that gives it up: call Ring at the start. The error says what to write instead. The same name
// is the same ring, whatever the size. It takes a lock and allocates.
func (c *Client) Ring(name string, size int) (*Ring, error) {
	if c == nil {
		return nil, nil
	}
	about := "krunk: Ring " + text.Quote(name) + ": "
	switch {
	case !blackbox.TapeName(name):
		return nil, errors.New(about + `a name is 1 to 32 letters, digits and ._-; write one such as "inputs"`)
	case size < blackbox.MinTape:
		return nil, errors.New(about + strconv.Itoa(size) + " bytes; write at least " + strconv.Itoa(blackbox.MinTape))
	case c.closed.Load():
		return nil, errors.New(about + "the client is closed; make it behind Start")
	}
	tape, left := c.tape(name, size)
	if tape != nil {
		return &Ring{tape, c.guard}, nil
	}
	if left == 0 {
		return nil, errors.New(about + "what could hold it holds events that wait; call it right behind Start")
	}
	need, all := blackbox.TapeRoom(min(size, 1<<30)), c.plan.shares.replay
	about += strconv.Itoa(size) + " bytes take " + strconv.Itoa(need) + ", where " + strconv.Itoa(left) + " of a sixteenth of Config.Memory are left; make it smaller"
	if more := int64(c.plan.Memory) + 16*int64(max(need-left, 0)); more <= mostMemory {
		about += ", or set Config.Memory to " + strconv.FormatInt(more, 10)
	}
	return nil, errors.New(about + " (rings have " + strconv.Itoa(all) + " now)")
}

func (c *Client) tape(name string, size int) (tape *blackbox.Tape, left int) {
	if c.guard != nil {
		defer c.letGo(c.guard.Hold())
	}
	if tape, left = c.recorder.Tape(name, size, c.plan.shares.replay); c.denied() {
		c.uses.Attachments.Forget(true)
	}
	return tape, left
}

// Write keeps the newest bytes of p, and all of it where that is no longer than the ring. It never fails, never blocks and does not allocate.
func (r *Ring) Write(p []byte) (int, error) {
	switch {
	case r == nil:
	case r.guard != nil:
		r.guarded(p)
	default:
		r.tape.Write(p)
	}
	return len(p), nil
}

// guarded is a write into memory that may be taken away.
func (r *Ring) guarded(p []byte) {
	var t taping
	t.was = r.guard.Hold()
	defer t.end(r)
	r.tape.Write(p)
	t.done = true
}

type taping struct{ was, done bool }

func (t *taping) end(r *Ring) {
	if !t.done {
		if v := recover(); !r.guard.Fault(v) {
			r.guard.Let(t.was)
			panic(v)
		}
	}
	r.guard.Let(t.was)
}
