package session

import (
	"github.com/krunk-go/krunk/internal/ascii"
	"github.com/krunk-go/krunk/internal/blackbox"
	"github.com/krunk-go/krunk/internal/protocol"
	"github.com/krunk-go/krunk/internal/text"
)

// Death is how a run died, as far as its session is concerned.
type Death struct {
	_      [0]func() // no code to compare it
	Now    int64     // Unix nanoseconds
	Start  int64     // of the run, likewise
	Seen   int64     // nanoseconds of the run at which it was last seen: its last frame, or its last write
	Status Status    // Crashed, Abnormal or Exited; Running counts as Abnormal
	Hang   Hang
}

// Bury appends the items by which the session of a dead run ends, or reports false if there is nothing to tell: it had none, or its end
// stands in outbox or was told, or it is so old that no server wants to hear of it. Buried says that they stand in the outbox; a death in between is made good by Bury, which looks there.
// The words are input from outside: what they say is bounded, and checked by nobody else.
func Bury(dst []byte, live *blackbox.Live, run *Run, d *Death, outbox *blackbox.Outbox) ([]byte, bool) {
	v, ok := look(&live.Session, live.Errors.Load(), run, d.Start)
	if !ok || run.Release == "" {
		return dst, false
	}
	u := v.update(0, 0, Running, 0)
	if age := d.Now/1e6 - u.Started; age > 5*24*3600*1000 {
		return dst, false
	}
	id := u.ID
	if e, ok := outbox.Latest(uint8(protocol.CategorySession)); ok && ascii.LastIndex(string(e.Body), string(text.Hex(id[:]))) >= 0 {
		return dst, false
	}
	status := d.Status
	if status == Running {
		status = Abnormal
	}
	return v.appendEnd(dst, status, d.Hang, millis(d.Seen)), true
}

// Buried says that the end of a dead run's session stands in its outbox.
func Buried(live *blackbox.Live) {
	w := &live.Session
	n := w.Begun.Load() >> (64 - numberBits)
	w.Stage.Store(numbered(n, said(&w.Stage, n)|ended))
}

// TooOld reports whether items tell of a session that began so long ago that no server wants to hear of it, which is five days.
func TooOld(items []byte, now int64) bool {
	const key = `"started":"`
	var room [32]byte
	least := text.AppendTime(room[:0], now-5*24*3600e9, 3)
	i := ascii.LastIndex(string(items), key) + len(key)
	return i >= len(key) && i+len(least) <= len(items) && string(items[i:i+len(least)]) < string(least)
}
