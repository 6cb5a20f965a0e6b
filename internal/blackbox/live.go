package blackbox

import "sync/atomic"

// Live are the words of a block's head that change while the run lives, on a cache line for each of their writers. Each one is a
// single atomic store: it is never torn, and has no checksum, so whoever reads one of a dead run's believes it no more than it must.
type Live struct {
	_ [0]func() // no code to compare it
	Recorded
	Beats
	Ending

	Memory atomic.Uint64 // written by the watchdog; KiB: what the program uses in the upper half, its limit in the lower
	_      [56]byte
	Errors atomic.Uint64 // written by who captures at LevelError or above, also what finds no room
	_      [56]byte

	// Written by who goes on with the run after its death.
	Attempts         atomic.Uint64 // claims that led nowhere
	CrashHi, CrashLo atomic.Uint64 // id of the event that the crash text became
	_                [40]byte
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
	State            atomic.Uint64 // bits
	PanicHi, PanicLo atomic.Uint64 // id of the panic that is about to end the program
	PanicGid         atomic.Uint64
	_                [32]byte
}
