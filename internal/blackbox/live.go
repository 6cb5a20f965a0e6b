package blackbox

import (
	"encoding/binary"
	"sync/atomic"
)

// Live are the words of a block's head that change while the run lives, on a cache line for each of their writers. Each one is a
// single atomic store: it is never torn, and has no checksum, so whoever reads one of a dead run's believes it no more than it must.
type Live struct {
	_ [0]func() // no code to compare it
	Recorded
	Beats
	Ending

	Memory atomic.Uint64 // written by the watchdog, see Memory
	_      [56]byte

	Session Session

	Errors atomic.Uint64 // events at LevelError or above, also those that a limit refused; written by who captures one

	Afterlife
}

// Afterlife is written by who goes on with the run after its death.
type Afterlife struct {
	_        [0]func()     // no code to compare it
	Attempts atomic.Uint64 // Done << 8 | claims that led no further
	Ended    atomic.Int64  // Unix nanoseconds: when the run wrote last; 0 until somebody has looked, whose stores would change that
	Died     atomic.Uint64 // of what, for package verdict; 0: what tells of it is still there
	Cut      atomic.Uint64 // bytes of the block that still count, see Block.Cut; 0: all
	_        [24]byte
}

// EndedAt returns when the run wrote last, of a file that was written last at that moment.
func (a *Afterlife) EndedAt(modified int64) int64 {
	if at := a.Ended.Load(); at > 0 && at < modified {
		return at
	}
	return modified
}

// Recorded is owned by the recorder.
type Recorded struct {
	_     [0]func()
	_     [0]func()     // no code to compare it
	Done  atomic.Uint64 // every record of the ring before this position stands in outbox, batch, history or scope, or was counted
	Logs  atomic.Uint64 // log records before this position stand in the outbox or were counted
	Last  atomic.Uint64 // time of the newest of these: Unix microseconds << 10 | sequence
	Wall  atomic.Int64  // Unix nanoseconds of the run's start, as the clock told it last
	Base  atomic.Uint64 // address of a function, see stack.Fingerprint; 0 if not known
	Print atomic.Uint64 // fingerprint of the build; 0 if not known
	_     [16]byte
}

// Session is how far the run's session is, for package session. It is written by the sender. All but User and Player hold the number of a session in their upper 16 bits, from 1: another one's says nothing of this one.
type Session struct {
	_       [0]func()     // no code to compare it
	Begun   atomic.Uint64 // when it began, in milliseconds of the run; stored last
	Base    atomic.Uint64 // Errors before it
	Stage   atomic.Uint64 // what was told of it
	Started atomic.Uint64 // when it began as servers were told, in milliseconds since 1970
	Failed  atomic.Uint64 // when its first error was told, in milliseconds since it began
	Away    atomic.Uint64 // since when the game is in the background, as Begun; 0 if it is not
	User    atomic.Uint64 // hash of whose it is as servers were told, 0 if nobody said
	Player  atomic.Uint64 // hash of who plays now
}

// Beats is written by Client.Beat.
type Beats struct {
	_      [0]func()
	_      [0]func()     // no code to compare it
	Frame  atomic.Uint32 // number of the frame
	_      uint32
	BeatAt atomic.Int64 // nanoseconds since the start
	_      [48]byte
}

// Ending is what the run knows of its own end.
type Ending struct {
	_                [0]func()
	_                [0]func()     // no code to compare it
	State            atomic.Uint64 // of StateBackground and so on, changed by Or and And
	PanicHi, PanicLo atomic.Uint64 // id of the event of the panic that is about to end the program, big endian; 0: it has none
	PanicGid         atomic.Uint64 // number of the goroutine that it happened in
	PanicAt          atomic.Int64  // nanoseconds since the start; beats that come later say that somebody recovered it after all
	HangHi, HangLo   atomic.Uint64 // id of the event of the newest hang, as that of the panic
	_                [8]byte
}

// The bits of Ending.State. None of them is how a game begins: in the foreground.
const (
	StateBackground uint64 = 1 << iota // the game is not to be seen
	StateClosing                       // Close has begun
	StateClean                         // and has ended
	StateDrained                       // with everything delivered, or counted as dropped
	StateHung                          // beats have stopped, and have not come again
	StatePanicked                      // a panic is about to end the program: PanicHi and the like are valid
	StateReplayed                      // a heir is through with ring and batch
	StateTold                          // and with the crash text
	StateRefused                       // the policy wanted no event of the panic that is about to end the program
)

// Memory returns the word of Live.Memory: what the program uses and what it may use, in KiB; 0 is not known.
func Memory(used, limit uint64) uint64 {
	const most = 1<<32 - 1
	return min(used, most)<<32 | min(limit, most)
}

// PanicID returns the id of the event of the panic that is about to end the program, all zero if there is none.
func (e *Ending) PanicID() (id [16]byte) { return idOf(&e.PanicHi, &e.PanicLo) }

// HangID returns the id of the event of the newest hang, all zero if there was none.
func (e *Ending) HangID() (id [16]byte) { return idOf(&e.HangHi, &e.HangLo) }

func idOf(hi, lo *atomic.Uint64) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:], hi.Load())
	binary.BigEndian.PutUint64(id[8:], lo.Load())
	return id
}

// Hangs notes the event of a hang, all zero if it has none.
func (e *Ending) Hangs(id [16]byte) {
	e.HangHi.Store(binary.BigEndian.Uint64(id[:]))
	e.HangLo.Store(binary.BigEndian.Uint64(id[8:]))
}

// Panicked notes that a panic of a goroutine is about to end the program, since when, and its event, all zero if there is none.
func (e *Ending) Panicked(id [16]byte, goroutine uint64, at int64) {
	e.PanicHi.Store(binary.BigEndian.Uint64(id[:]))
	e.PanicLo.Store(binary.BigEndian.Uint64(id[8:]))
	e.PanicGid.Store(goroutine)
	e.PanicAt.Store(at)
	e.State.Or(StatePanicked)
}
